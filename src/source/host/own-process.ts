import { EventLoop } from "../../base/event-loop.ts";
import type { SystemMetrics } from "../../sample/types/system.ts";
import { measured } from "./measured.ts";

const MICROSECONDS = 1e6;
const MILLISECONDS = 1e3;

/** Resolution of the event-loop delay: twenty samples between two readings a second apart. */
const RESOLUTION_MS = 50;

/** This process: its CPU time, its memory, and its event loop's delay since the last reading. */
export class OwnProcess implements Disposable {
  readonly #eventLoop = new EventLoop(RESOLUTION_MS);

  constructor() {
    this.#eventLoop.start();
  }

  /** The delay is absent until it was sampled, some 50 ms after the previous reading, and after a suspension of the process. */
  read(): SystemMetrics {
    const { user, system } = process.cpuUsage();
    const delayMs = this.#eventLoop.delayP99Ms;
    this.#eventLoop.reset();
    return measured({
      processCpuTime: { user: user / MICROSECONDS, system: system / MICROSECONDS },
      processMemory: process.memoryUsage.rss(),
      eventLoopDelayP99: delayMs === undefined ? undefined : delayMs / MILLISECONDS,
    });
  }

  [Symbol.dispose](): void {
    this.#eventLoop[Symbol.dispose]();
  }
}
