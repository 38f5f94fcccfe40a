import * as z from "zod";
import type { Clock } from "../base/clock.ts";
import { defineSource, reading, type AnySourceKind } from "../source/source.ts";

/** Wall time of the start of a run of written series. Arbitrary: it is never shown. */
const START_MS = Date.UTC(2000, 0, 1);

/** A clock that moves only by `moveTo`. Its sleepers wake up only when aborted. */
export class SteppedClock implements Clock {
  readonly #startWallMs: number;
  #nowMs = 0;

  /** @param startWallMs wall time at the start, when monotonic time is 0 */
  constructor(startWallMs = START_MS) {
    this.#startWallMs = startWallMs;
  }

  /** Moves forward to `ms`; never back. */
  moveTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs;
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
