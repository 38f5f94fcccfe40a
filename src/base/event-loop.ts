import { monitorEventLoopDelay } from "node:perf_hooks";

/**
 * Measures the delay of this process's event loop with a repeating timer. Each time it fires it wakes the process, which costs about
 * 30 µs: at Node's default of 10 ms that is 0.3 % of a core, more than reading all of `/proc` once a second. A block as long as the
 * resolution or longer is always detected, and underestimated by at most the resolution; a shorter one is detected by chance.
 */
export class EventLoop implements Disposable {
  readonly #resolutionMs: number;
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;

  /** @param resolutionMs milliseconds between two timer ticks */
  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
    this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  }

  /** Starts measuring the delay, until this is disposed of. */
  start(): void {
    this.#histogram.enable();
  }

  /** Whether the delay has been measured since the last `reset`: the first timer tick follows one resolution after it. */
  get hasMeasured(): boolean {
    return this.#histogram.count > 0;
  }

  /**
   * 99th percentile of the delay since the last `reset`, in milliseconds, without the resolution, which Node's histogram includes; 0
   * without data.
   */
  get delayP99Ms(): number {
    return this.#histogram.count === 0 ? 0 : Math.max(0, this.#histogram.percentile(99) / 1e6 - this.#resolutionMs);
  }

  /** Discards the measurements. */
  reset(): void {
    this.#histogram.reset();
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
  }
}

/** Resolves after the timers that are due now have run. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
