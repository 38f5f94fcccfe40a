import type { Clock } from "./clock.ts";

/** Settles like `promise`, or rejects with the signal's reason if it aborts first; a later result of the promise is dropped. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

const DISPOSED = "the deadline was disposed of";

/**
 * A deadline for asynchronous work: its signal aborts at that time, or earlier when `end` is called. Dispose of it once the work is done.
 */
export class Deadline implements Disposable {
  readonly #work = new AbortController();
  readonly #timer = new AbortController();

  /**
   * @param deadlineMs monotonic time in milliseconds
   * @param expired creates the reason of the abort at the deadline
   */
  constructor(clock: Clock, deadlineMs: number, expired: () => Error) {
    void this.#expire(clock, deadlineMs, expired);
  }

  /** The signal to pass to the work. */
  get signal(): AbortSignal {
    return this.#work.signal;
  }

  /** Aborts the signal before the deadline. */
  end(reason: Error): void {
    this.#work.abort(reason);
  }

  /** Stops the timer. The signal no longer aborts. */
  [Symbol.dispose](): void {
    // An explicit reason, because without one each tick would create a DOMException with a stack.
    this.#timer.abort(DISPOSED);
  }

  async #expire(clock: Clock, deadlineMs: number, expired: () => Error): Promise<void> {
    await clock.sleepUntil(deadlineMs, this.#timer.signal);
    if (!this.#timer.signal.aborted) this.#work.abort(expired());
  }
}
