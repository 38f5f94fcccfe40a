import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Where a client's bytes go. Adapters: Node's socket, a web stream, an array in tests. */
export interface Client {
  /** Writes bytes that other clients share, and never changes them. */
  write(bytes: Uint8Array): void;
  /** What is written from here on is sent together, at `uncork`. */
  cork(): void;
  uncork(): void;
  /** Requests a call of the hub's `catchUp` once the client has read some of its backlog. */
  whenRead(): void;
  /** Bytes written and not yet read. */
  readonly backlogBytes: number;
  readonly closed: boolean;
  /** Ends the stream once what was written is sent. A client that does not read is cut off. */
  close(): void;
}

/** A client with this backlog is behind: its samples wait, and are dropped when a newer one of their collection follows. */
export const BEHIND_BYTES = 32 * 1024;

/** A client whose backlog would exceed this is disconnected. */
export const MAX_BACKLOG_BYTES = 64 * 1024;

const NOTHING = Buffer.alloc(0);

/**
 * A client on a connection of Node's HTTP/1 server. The body ends with the connection and not with a last chunk, so that shared bytes
 * are written to the socket unchanged: `docs/decisions/0026`.
 */
export class NodeClient implements Client {
  readonly #outgoing: ServerResponse;
  readonly #socket: Socket;
  readonly #onRead: () => void;
  #isClosed = false;
  #isWaiting = false;

  /** @param onRead called after `whenRead`, one turn of the event loop after some of the backlog was sent */
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
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    // A socket emits `drain` only above a mark that we cannot choose. An empty write ends when everything before it was sent.
    this.#socket.write(NOTHING, this.#wasSent);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  close(): void {
    this.#isClosed = true;
    // A client that does not read would delay a graceful end for ever. The limit is not 0, because the last write is always still unsent.
    if (this.backlogBytes >= BEHIND_BYTES) this.#outgoing.destroy();
    else this.#outgoing.end();
  }

  readonly #wasSent = (): void => {
    this.#isWaiting = false;
    setImmediate(this.#onRead);
  };
}

const QUEUE_BYTES = 1024 * 1024;

/** Events of a web stream's reader. */
export interface WebClientEvents {
  readonly read: () => void;
  readonly cancel: () => void;
}

/**
 * A client on a web stream, where there is no HTTP/1 connection of Node's own: HTTP/2, other runtimes, `app.request` in tests.
 *
 * @param join gets the client before anything else can happen to it
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
          // A web stream pulls without a request.
          whenRead() {},
          get backlogBytes() {
            return QUEUE_BYTES - (controller.desiredSize ?? QUEUE_BYTES);
          },
          get closed() {
            return isClosed;
          },
          close() {
            if (isClosed) return;
            isClosed = true;
            controller.close();
          },
        });
      },
      pull: () => events?.read(),
      cancel() {
        isClosed = true;
        events?.cancel();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES }),
  );
}
