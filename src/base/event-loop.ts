import { monitorEventLoopDelay } from "node:perf_hooks";

/**
 * How late this process's event loop runs, by a timer that is due again and again. Each look wakes the process, which costs some 30 µs:
 * at Node's own 10 ms that is 0.3 % of a core, more than reading all of `/proc` once a second. A block at least as long as the time
 * between two looks is always seen, at most that much shorter than it was; a shorter one by chance.
 */
export class EventLoop implements Disposable {
  readonly #resolutionMs: number;
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;

  /** @param resolutionMs between two looks */
  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
    this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  }

  /** From now on the delay is sampled, until it is disposed of. */
  start(): void {
    this.#histogram.enable();
  }

  /** Whether there is anything to tell since the last `reset`: the first look comes one resolution after it. */
  get hasLooked(): boolean {
    return this.#histogram.count > 0;
  }

  /** 99th percentile of the delay since the last `reset`, in milliseconds, without the time between two looks, which the histogram includes. */
  get delayP99Ms(): number {
    return this.#histogram.count === 0 ? 0 : Math.max(0, this.#histogram.percentile(99) / 1e6 - this.#resolutionMs);
  }

  reset(): void {
    this.#histogram.reset();
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
  }
}

/** Clients written to in one turn of the event loop: a few milliseconds. */
const TURN = 500;

/**
 * Visits everything in `all`, so many in a turn of the event loop: ten thousand writes at once would hold up every tick and every
 * other request for a tenth of a second. The first turn is at once. `rest` is called after each turn, with whether it was the last.
 */
export function forEachYielding<T>(all: Iterable<T>, visit: (each: T) => void, rest: (isLast: boolean) => void): void {
  const iterator = all[Symbol.iterator]();
  const turn = (): void => {
    for (let n = 0; n < TURN; n += 1) {
      const next = iterator.next();
      if (next.done === true) return rest(true);
      visit(next.value);
    }
    rest(false);
    setImmediate(turn);
  };
  turn();
}
