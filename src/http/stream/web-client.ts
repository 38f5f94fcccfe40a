import type { Client } from "./client.ts";

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
