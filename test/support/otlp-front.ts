import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** Encoding and compression of a request. */
interface Request {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/**
 * A proxy in front of an OTLP receiver that does not support gzip: decompresses with Node's zlib and forwards the rest unchanged. It can be
 * stopped and restarted on the same port. Closed at the end of the scope.
 */
export async function startFront(target: string) {
  const requests: Request[] = [];
  let next = Promise.withResolvers<void>();
  let port = 0;
  let server: Server | undefined;
  const open = async (): Promise<void> => {
    server = createServer((request, response) => {
      void passOn(request, target, requests)
        .catch((error: unknown) => ({ status: 500, text: String(error) }))
        .then(({ status, text }) => {
          next.resolve();
          next = Promise.withResolvers();
          return response.writeHead(status, { "content-type": "application/json" }).end(text);
        });
    }).listen(port, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  };
  const close = async (): Promise<void> => {
    if (!server?.listening) return;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  await open();
  // `next` resolves when another request has been forwarded.
  return { endpoint: `http://127.0.0.1:${port}/v1/metrics`, requests, next: () => next.promise, open, close, [Symbol.asyncDispose]: close };
}

async function passOn(request: IncomingMessage, target: string, requests: Request[]): Promise<{ status: number; text: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { "content-type": contentType, "content-encoding": contentEncoding } = request.headers;
  requests.push({ contentType, contentEncoding });
  const sent = Buffer.concat(chunks);
  const body = contentEncoding === "gzip" ? gunzipSync(sent) : sent;
  const answer = await fetch(target, { method: "POST", headers: { "content-type": contentType ?? "" }, body });
  return { status: answer.status, text: await answer.text() };
}
