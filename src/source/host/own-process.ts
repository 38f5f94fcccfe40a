import { EventLoop } from "../../event-loop.ts";
import type { SystemMetrics } from "../../sample/system-metrics.ts";

type ProcessReading = Pick<SystemMetrics, "processCpuTime" | "processMemory" | "eventLoopDelayP99">;

const MICROSECONDS = 1e6;

/** This process: its CPU time, its memory, and its event loop's delay since the last reading. */
export class OwnProcess implements Disposable {
  readonly #eventLoop = new EventLoop();

  read(): ProcessReading {
    const { user, system } = process.cpuUsage();
    const eventLoopDelayP99 = this.#eventLoop.delayP99Ms / 1_000;
    this.#eventLoop.reset();
    return {
      processCpuTime: { user: user / MICROSECONDS, system: system / MICROSECONDS },
      processMemory: process.memoryUsage.rss(),
      eventLoopDelayP99,
    };
  }

  [Symbol.dispose](): void {
    this.#eventLoop[Symbol.dispose]();
  }
}
