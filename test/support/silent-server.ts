import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

/** Connections that a server of tests has. */
export interface OpenServer extends AsyncDisposable {
  /** Chosen by the system. */
  readonly port: number;
  readonly open: ReadonlySet<Socket>;
}

/** A server that accepts connections and never answers, closed at the end of the scope. @param serve answers after all */
export async function silentServer(serve: (socket: Socket) => void = () => {}): Promise<OpenServer> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    // Without reading it would not notice that a client leaves.
    socket.resume();
    serve(socket);
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
