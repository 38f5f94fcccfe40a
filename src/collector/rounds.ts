import type { Clock } from "../base/clock.ts";
import { nextTurn, type EventLoop } from "../base/event-loop.ts";
import { duration } from "../base/quantity.ts";
import type { HealthMonitor } from "../health/monitor.ts";
import { LIVE_INTERVALS } from "../sample/outcome.ts";
import type { SelfCheck } from "./collector.ts";

/** A full assessment that starts this much later than it was due follows a block of the event loop. */
const LATE_MS = 20;

/** A process is alive that has assessed health within this time, however short its interval: who is not alive is restarted. */
const MIN_QUIET_MS = 5_000;

export interface RoundsSettings {
  readonly clock: Clock;
  readonly monitor: HealthMonitor;
  /** Its measurements are discarded after each assessment, which has read them. */
  readonly eventLoop: EventLoop;
  /** Milliseconds between two assessments. */
  readonly intervalMs: number;
}

/** The full assessments of health, at their own interval. */
export class Rounds {
  readonly #settings: RoundsSettings;
  #lastMs: number;

  constructor(settings: RoundsSettings) {
    this.#settings = settings;
    this.#lastMs = settings.clock.monotonicMs();
  }

  /** The liveness check: fails once no assessment has come for too long. @param isRunning whether any is due */
  check(isRunning: boolean): SelfCheck {
    const { clock, intervalMs } = this.#settings;
    const quietMs = clock.monotonicMs() - this.#lastMs;
    const ok = !isRunning || quietMs <= Math.max(MIN_QUIET_MS, LIVE_INTERVALS * intervalMs);
    return { name: "scheduler", ok, detail: `last round ${duration(quietMs)} ago` };
  }

  /** Assesses until `stopping` aborts. */
  async run(stopping: AbortSignal): Promise<void> {
    const { clock, eventLoop, intervalMs, monitor } = this.#settings;
    while (!stopping.aborted) {
      this.#lastMs = clock.monotonicMs();
      monitor.assess();
      eventLoop.reset();
      const dueMs = Math.min(this.#lastMs + intervalMs, monitor.graceEndsMs ?? Number.POSITIVE_INFINITY);
      await clock.sleepUntil(dueMs, stopping);
      // After the event loop was blocked, ticks that are due as well come first: their samples are late, not missing.
      if (clock.monotonicMs() - dueMs > LATE_MS) await nextTurn();
    }
  }
}
