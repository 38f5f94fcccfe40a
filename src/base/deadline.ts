import type { Clock } from "./clock.ts";

/** `promise`, or a rejection with the signal's reason, whichever comes first; what comes of the promise later is dropped. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

const FORGOTTEN = "the work is over";

/** A wait that somebody else can end: its signal aborts at the deadline, or when `end` is called. */
export class Deadline implements Disposable {
  readonly #work = new AbortController();
  readonly #timer = new AbortController();

  /** @param expired makes the reason of the abort at the deadline */
  constructor(clock: Clock, deadlineMs: number, expired: () => Error) {
    void this.#expire(clock, deadlineMs, expired);
  }

  /** For the work that is waited for. */
  get signal(): AbortSignal {
    return this.#work.signal;
  }

  /** Ends the wait before its deadline. */
  end(reason: Error): void {
    this.#work.abort(reason);
  }

  /** The work is over; the deadline is forgotten. */
  [Symbol.dispose](): void {
    // With a reason of its own: without one a DOMException is made, stack and all, at every tick.
    this.#timer.abort(FORGOTTEN);
  }

  async #expire(clock: Clock, deadlineMs: number, expired: () => Error): Promise<void> {
    await clock.sleepUntil(deadlineMs, this.#timer.signal);
    if (!this.#timer.signal.aborted) this.#work.abort(expired());
  }
}
