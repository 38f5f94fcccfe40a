import { monitorEventLoopDelay } from "node:perf_hooks";

/** Milliseconds between two looks of the histogram; what it reports includes them. */
const RESOLUTION_MS = 10;

/** How late this process's event loop runs. */
export class EventLoop implements Disposable {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** Whether there is anything to tell since the last `reset`: the first look comes one resolution after it. */
  get hasLooked(): boolean {
    return this.#histogram.count > 0;
  }

  /** 99th percentile of the delay since the last `reset`, in milliseconds, without the histogram's own resolution. */
  get delayP99Ms(): number {
    return this.#histogram.count === 0 ? 0 : Math.max(0, this.#histogram.percentile(99) / 1e6 - RESOLUTION_MS);
  }

  reset(): void {
    this.#histogram.reset();
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
  }
}
