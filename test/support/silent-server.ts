import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

/** A server that accepts connections and never answers, closed at the end of the scope. */
export async function silentServer(): Promise<AsyncDisposable & { readonly port: number; readonly open: ReadonlySet<Socket> }> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    // Without reading it would not notice that a client leaves.
    socket.resume();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
