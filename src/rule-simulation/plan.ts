import * as z from "zod";
import type { Clock } from "../base/clock.ts";
import { defineSource, reading, type AnySourceKind } from "../source/source.ts";

/** Wall time of the start of a simulated run. Arbitrary: it is never shown. */
const START_MS = Date.UTC(2000, 0, 1);

/** A clock that moves only by `moveTo`. Its sleepers wake up only when aborted. */
export class SteppedClock implements Clock {
  #nowMs = 0;

  /** Moves forward to `ms`; never back. */
  moveTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return START_MS + this.#nowMs;
  }

  sleepUntil(_monotonicMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/** Name of the source kind below. */
export const SERIES_KIND = "series";

/** The source kind of collections that a test file defines: has a reading for every sample type, and is never read. */
export const seriesKind: AnySourceKind = defineSource({
  kind: SERIES_KIND,
  options: z.strictObject({}),
  open: () => undefined,
  readings: (_, types) => [...types.values()].map((type) => reading(type, () => ({}))),
});
