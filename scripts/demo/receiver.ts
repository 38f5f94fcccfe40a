import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A minimal OTLP backend that accepts and counts every export. It can be closed and opened again on the same port. */
export class Receiver implements AsyncDisposable {
  exports = 0;
  #port = 0;
  #server: Server | undefined;

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}/v1/metrics`;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      request.resume().on("end", () => {
        this.exports += 1;
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      });
    });
    this.#server = server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
