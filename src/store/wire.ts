import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { systemClock } from "../base/clock.ts";
import { Deadline } from "../base/deadline.ts";
import { VitalsError } from "../base/errors.ts";
import { duration, quantity } from "../base/quantity.ts";
import { addressOf } from "./connection.ts";

/** Limit on the bytes of an answer, more than 10 000 rows of numbers and names have. */
const ANSWER_BYTES = 32 * 1024 * 1024;

/** How often the size of an answer that is being received is checked. Milliseconds. */
const CHECK_MS = 20;

/** A reason without a stack, for what ends at each query. */
const ENDED = "the answer was received";

/** The wire on whose behalf code runs. */
const current = new AsyncLocalStorage<Wire>();

// Node publishes each socket of a client when it is made.
subscribe("net.client.socket", (message) => current.getStore()?.own((message as { readonly socket: Socket }).socket));

/** What waiting for an answer may take. */
export interface AnswerLimits {
  readonly limitMs: number;
  /** Default: 32 MiB. */
  readonly maxBytes?: number | undefined;
}

/**
 * The sockets of one client library. Neither library closes a connection that is still being established, and neither limits what a server
 * sends; both are done here, from outside.
 */
export class Wire implements Disposable {
  readonly #url: string;
  readonly #sockets = new Set<Socket>();
  #isClosed = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Closes a socket with the wire. */
  own(socket: Socket): void {
    // Not at once: it is about to be connected, which would revive it.
    if (this.#isClosed) return queueMicrotask(() => void socket.destroy());
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /**
   * Waits for a server, but not for ever, and not for any amount of data.
   *
   * @param work may open sockets, which are closed with the wire; gets a signal that aborts at a limit, or with `signal`
   * @throws VitalsError `source_unreachable` for a server that does not answer, `source_failed` for an answer that is too large; what `work`
   *   throws
   */
  async answer<T>(
    { limitMs, maxBytes = ANSWER_BYTES }: AnswerLimits,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const silent = (): VitalsError => {
      const message = `${addressOf(this.#url)} did not answer within ${duration(limitMs)}`;
      return new VitalsError("source_unreachable", message, { retryable: true, errorType: "timeout" });
    };
    using deadline = new Deadline(systemClock, systemClock.monotonicMs() + limitMs, silent);
    const ended = new AbortController();
    void this.#watch(maxBytes, deadline, ended.signal);
    try {
      return await current.run(this, () => work(AbortSignal.any([signal, deadline.signal])));
    } finally {
      ended.abort(ENDED);
    }
  }

  /** Ends the wait for an answer that is too large. */
  async #watch(maxBytes: number, deadline: Deadline, ended: AbortSignal): Promise<void> {
    const limit = this.#bytesRead() + maxBytes;
    while (!ended.aborted) {
      await systemClock.sleepUntil(systemClock.monotonicMs() + CHECK_MS, ended);
      if (this.#bytesRead() > limit) return deadline.end(tooLarge(maxBytes));
    }
  }

  #bytesRead(): number {
    return [...this.#sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  }

  /** Closes the sockets at once, and those that are opened later. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
  }
}

const tooLarge = (maxBytes: number): VitalsError =>
  new VitalsError("source_failed", `the answer is larger than ${quantity(maxBytes, "By")}`, { errorType: TOO_LARGE });

/** The type of the error for an answer that was not read to its end. */
export const TOO_LARGE = "too_large";
