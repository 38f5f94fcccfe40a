import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock } from "./clock.ts";
import { MIN_SUSPENSION_MS } from "./suspension.ts";

/**
 * Measures the delay of this process's event loop with a repeating timer. Each time it fires it wakes the process, which costs about
 * 30 µs: at Node's default of 10 ms that is 0.3 % of a core, more than reading all of `/proc` once a second. A block as long as the
 * resolution or longer is always detected, and underestimated by at most twice the resolution; a shorter one is detected by chance.
 *
 * A loop cannot be blocked for longer than it was active. If the longest delay says otherwise, the process was suspended, and all
 * measurements of that period are discarded.
 */
export class EventLoop implements Disposable {
  readonly #resolutionMs: number;
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;
  /** Time of the last `reset`; in the future while nothing is measured. */
  #sinceMs = Number.POSITIVE_INFINITY;
  #activeMs = 0;

  /** @param resolutionMs milliseconds between two timer ticks */
  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
    this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  }

  /** Starts measuring the delay, until this is disposed of. */
  start(): void {
    this.#histogram.enable();
    this.reset();
  }

  /**
   * 99th percentile of the delay since the last `reset`, in milliseconds, without the resolution, which Node's histogram includes.
   * Undefined until the second timer tick after the `reset`, and after a suspension.
   */
  get delayP99Ms(): number | undefined {
    const { count, max } = this.#histogram;
    const unrecordedMs = this.#unrecordedMs;
    const longestMs = Math.max(this.#withoutResolution(max), unrecordedMs);
    if (longestMs > Math.max(0, activeMs() - this.#activeMs) + MIN_SUSPENSION_MS) {
      this.reset();
      return undefined;
    }
    if (count === 0) return unrecordedMs > 0 ? unrecordedMs : undefined;
    return Math.max(this.#withoutResolution(this.#histogram.percentile(99)), unrecordedMs);
  }

  /** Discards the measurements. */
  reset(): void {
    this.#histogram.reset();
    this.#sinceMs = performance.now();
    this.#activeMs = activeMs();
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
    this.#sinceMs = Number.POSITIVE_INFINITY;
  }

  /**
   * A delay that the histogram lacks, 0 if there is none: Node records the time between two ticks, and so neither the time from a reset to
   * the first tick nor the time since the last one. Each takes at most the resolution unless the loop was blocked. Only known among fewer
   * than a hundred delays, of which the longest is the 99th percentile: the mean of more is too coarse.
   */
  get #unrecordedMs(): number {
    const { count, mean } = this.#histogram;
    if (count >= 99) return 0;
    const recordedMs = count === 0 ? 0 : (count * mean) / 1e6;
    return Math.max(0, performance.now() - this.#sinceMs - recordedMs - 2 * this.#resolutionMs);
  }

  #withoutResolution(nanoseconds: number): number {
    return Math.max(0, nanoseconds / 1e6 - this.#resolutionMs);
  }
}

/** Milliseconds that the event loop has run code since it started. A suspension that starts in waiting makes this too small. */
const activeMs = (): number => performance.eventLoopUtilization().active - systemClock.suspendedMs();

/** Resolves after the timers that are due now have run. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Shares the event loop: of all that wait for a turn, one gets it in each turn of the loop, in the order in which they asked. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Resolves in a turn of the event loop that no other waiter gets. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}

/** Items visited in one turn of the event loop: a few milliseconds of writes to clients. */
const BATCH_SIZE = 500;

/**
 * Visits all items in batches of 500 and yields to the event loop between them: ten thousand writes at once would delay every tick and
 * every other request by a tenth of a second. The first batch is visited synchronously.
 *
 * @param afterBatch called after each batch, with whether it was the last
 */
export function forEachYielding<T>(all: Iterable<T>, visit: (each: T) => void, afterBatch: (isLast: boolean) => void): void {
  const iterator = all[Symbol.iterator]();
  const visitBatch = (): void => {
    for (let n = 0; n < BATCH_SIZE; n += 1) {
      const next = iterator.next();
      if (next.done === true) return afterBatch(true);
      visit(next.value);
    }
    afterBatch(false);
    setImmediate(visitBatch);
  };
  visitBatch();
}
