/** Serves one healthy endpoint, `/good`, and endpoints that answer with what is meant to harm the reader. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { answerParent } from "./child.ts";

const BODY_BYTES = 800_000;

/** A body of at least `BODY_BYTES`: a start, then parts, then an end. */
function body(start: string, part: (n: number) => string, end: string): Buffer {
  const parts = [start];
  let length = 0;
  for (let n = 0; length < BODY_BYTES; n += 1) length += parts[parts.push(part(n)) - 1]?.length ?? 0;
  return Buffer.from(parts.join("") + end);
}

const json =
  (text: Buffer, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(200, { "content-type": "application/json", ...headers }).end(text);

/** Writes the same bytes to the socket as long as the client reads them. */
function flood(response: ServerResponse, bytes: Buffer): void {
  const socket = response.socket as Socket;
  socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n");
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
    if (!socket.destroyed) socket.once("drain", more);
  };
  more();
}

/** Sends one byte after another, a hundred a second. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => void response.write(" "), 10);
  response.once("close", () => clearInterval(timer));
}

const oneByteChunks = Buffer.from("1\r\n \r\n".repeat(20_000));
const bigChunk = Buffer.from(`10000\r\n${"x".repeat(65_536)}\r\n`);

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/good": json(Buffer.from('{"value": 1}')),
  "/lists": json(body("", () => "[", "")),
  "/maps": json(body("", () => '{"a":', "")),
  "/numbers": json(body('{"value": 1, "other": [0', () => ",1", "]}")),
  "/shapes": json(body('{"value": 1, "other": [{}', (n) => `,{"a${n}":${n}}`, "]}")),
  "/keys": json(body('{"value": 1, "other": {"": 0', (n) => `,"a${n}":${n}`, "}}")),
  "/bytes": (response) => flood(response, oneByteChunks),
  "/endless": (response) => flood(response, bigChunk),
  "/drip": drip,
  "/bomb": json(gzipSync(Buffer.alloc(200_000_000, " ")), { "content-encoding": "gzip" }),
  "/redirect": (response) => void response.writeHead(302, { location: "/redirect" }).end(Buffer.alloc(BODY_BYTES)),
};

/** Paths of the hostile endpoints. */
export const HOSTILE = ["/lists", "/maps", "/numbers", "/shapes", "/keys", "/bytes", "/endless", "/drip", "/bomb", "/redirect"] as const;

if (process.send) {
  const server = createServer(({ url = "" }, response) => (answers[url] ?? answers["/good"])?.(response));
  server.listen(0, "127.0.0.1", () => answerParent(() => (server.address() as AddressInfo).port));
}
