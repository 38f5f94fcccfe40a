import { once } from "node:events";
import { connect, type AddressInfo, type Socket } from "node:net";
import { createServer } from "node:tls";
import type { Certificates } from "./certificates.ts";

/** Accepts TLS on a port chosen by the system and passes the bytes to a server that does not; closed at the end of the scope. */
export async function tlsFront(
  target: number,
  { ca, server: { cert, key } }: Certificates,
  isMutual: boolean,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer({ cert, key, ca: ca.cert, requestCert: isMutual, rejectUnauthorized: isMutual }, (client) => {
    const inner = connect(target, "127.0.0.1");
    const join = (from: Socket, to: Socket): void => {
      sockets.add(from);
      from.pipe(to);
      // "close" follows an error; without a listener the error would end the tests.
      from.on("error", () => {});
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    };
    join(client, inner);
    join(inner, client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
