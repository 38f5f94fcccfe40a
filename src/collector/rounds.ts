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
  #intervalMs: number;
  #lastMs: number;
  /** Aborted to end a sleep early. */
  #sleep = new AbortController();
  #isEnding = false;

  constructor(settings: RoundsSettings) {
    this.#settings = settings;
    this.#intervalMs = settings.intervalMs;
    this.#lastMs = settings.clock.monotonicMs();
  }

  /** The liveness check: fails once no assessment has come for too long. @param isRunning whether any is due */
  check(isRunning: boolean): SelfCheck {
    const { clock } = this.#settings;
    const quietMs = clock.monotonicMs() - this.#lastMs;
    const ok = !isRunning || quietMs <= Math.max(MIN_QUIET_MS, LIVE_INTERVALS * this.#intervalMs);
    return { name: "scheduler", ok, detail: `last round ${duration(quietMs)} ago` };
  }

  /** From now on so many milliseconds pass between two assessments. */
  change(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    this.#sleep.abort();
  }

  /** Assesses until `stopping` aborts. */
  async run(stopping: AbortSignal): Promise<void> {
    const { clock, eventLoop, monitor } = this.#settings;
    const end = (): void => {
      this.#isEnding = true;
      this.#sleep.abort();
    };
    stopping.addEventListener("abort", end, { once: true });
    while (!stopping.aborted) {
      this.#lastMs = clock.monotonicMs();
      monitor.assess();
      eventLoop.reset();
      const dueMs = await this.#untilDue();
      // After the event loop was blocked, ticks that are due as well come first: their samples are late, not missing.
      if (clock.monotonicMs() - dueMs > LATE_MS) await nextTurn();
    }
  }

  /** Sleeps until the next assessment is due. @returns when it was due */
  async #untilDue(): Promise<number> {
    const { clock, monitor } = this.#settings;
    for (;;) {
      this.#sleep = new AbortController();
      const dueMs = Math.min(this.#lastMs + this.#intervalMs, monitor.graceEndsMs ?? Number.POSITIVE_INFINITY);
      await clock.sleepUntil(dueMs, this.#sleep.signal);
      // Woken by another interval, or by the end.
      if (!this.#sleep.signal.aborted || this.#isEnding) return dueMs;
    }
  }
}
