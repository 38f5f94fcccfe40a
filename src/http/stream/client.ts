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
