import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Where a client's bytes go. Adapters: node's socket, a web stream, an array in a test. */
export interface Client {
  /** Takes bytes that others share, and never changes them. */
  write(bytes: Uint8Array): void;
  /** What is written from here on goes out together, at `uncork`. */
  cork(): void;
  uncork(): void;
  /** Asks for the hub's `catchUp` once some of the backlog has been taken. */
  whenRead(): void;
  /** Bytes written and not yet taken. */
  readonly backlogBytes: number;
  readonly closed: boolean;
  /** Ends the stream, once what was written is out. A client that does not read is cut off. */
  close(): void;
}

/** From this backlog on a client is behind: its samples wait, and those that a newer one of their collection follows are left out. */
export const BEHIND_BYTES = 32 * 1024;

/** No client has more than this unsent: above it, it is disconnected. */
export const MOST_BYTES = 64 * 1024;

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

const QUEUE_BYTES = 1024 * 1024;

/** What a web stream's client is told of its reader. */
export interface WebClientEvents {
  readonly read: () => void;
  readonly gone: () => void;
}

/**
 * A client behind a web stream, where there is no HTTP/1 connection of node's own: HTTP/2, other runtimes, a test's `app.request`.
 *
 * @param join is given the client before anything else can happen to it
 */
export function webStream(join: (client: Client) => WebClientEvents): ReadableStream<Uint8Array> {
  let events: WebClientEvents | undefined;
  let isClosed = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        events = join({
          write: (bytes) => (isClosed ? undefined : controller.enqueue(bytes)),
          cork() {},
          uncork() {},
          // A web stream pulls without being asked.
          whenRead() {},
          get backlogBytes() {
            return QUEUE_BYTES - (controller.desiredSize ?? QUEUE_BYTES);
          },
          get closed() {
            return isClosed;
          },
          close() {
            isClosed = true;
            controller.close();
          },
        });
      },
      pull: () => events?.read(),
      cancel() {
        isClosed = true;
        events?.gone();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES }),
  );
}
