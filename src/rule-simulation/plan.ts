import * as z from "zod";
import type { Clock } from "../base/clock.ts";
import { defineSource, reading, type AnySourceKind } from "../source/source.ts";

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

/** How a configuration without sources names the kind below. */
export const SERIES_KIND = "series";

/** The kind of source of collections that exist in a test alone: it could be read as any sample type, and never is. */
export const seriesKind: AnySourceKind = defineSource({
  kind: SERIES_KIND,
  options: z.strictObject({}),
  open: () => undefined,
  readings: (_, types) => [...types.values()].map((type) => reading(type, () => ({}))),
});
