import type { Clock } from "../clock.ts";

/** Wall time of a simulated run's beginning. Any would do: nothing shows it. */
const BEGIN_MS = Date.UTC(2000, 0, 1);

/** Time that moves only when it is told to. Nothing sleeps on it but until it is aborted. */
export class SteppedClock implements Clock {
  #nowMs = 0;

  /** Never back. */
  moveTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return BEGIN_MS + this.#nowMs;
  }

  sleepUntil(_monotonicMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
