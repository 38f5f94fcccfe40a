import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { BEHIND_BYTES, type Client } from "./client.ts";

const NOTHING = Buffer.alloc(0);

/**
 * A client on a connection of node's HTTP/1 server. The body ends with the connection and not with a last chunk, so that shared bytes
 * go to the socket as they are: `docs/decisions/0026`.
 */
export class NodeClient implements Client {
  readonly #outgoing: ServerResponse;
  readonly #socket: Socket;
  readonly #onRead: () => void;
  #isClosed = false;
  #isAsked = false;

  /** @param onRead called after `whenRead`, a turn of the event loop after some of the backlog has gone out */
  constructor(outgoing: ServerResponse, socket: Socket, headers: Readonly<Record<string, string>>, onRead: () => void) {
    this.#outgoing = outgoing;
    this.#socket = socket;
    this.#onRead = onRead;
    outgoing.removeHeader("transfer-encoding");
    outgoing.writeHead(200, { ...headers, connection: "close" });
    outgoing.flushHeaders();
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  get closed(): boolean {
    return this.#isClosed || !this.#socket.writable;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  whenRead(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    // A socket says `drain` only above a mark that is not ours to choose. An empty write ends when what is before it has gone out.
    this.#socket.write(NOTHING, this.#wentOut);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  close(): void {
    this.#isClosed = true;
    // One that does not read would keep a graceful end waiting for ever; what was written just now is always unsent yet.
    if (this.backlogBytes >= BEHIND_BYTES) this.#outgoing.destroy();
    else this.#outgoing.end();
  }

  readonly #wentOut = (): void => {
    this.#isAsked = false;
    setImmediate(this.#onRead);
  };
}
