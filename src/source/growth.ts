import * as z from "zod";
import { UNIT_MS } from "../base/quantity.ts";

/** Counts by their age in milliseconds, oldest first. */
export const savedGrowth = z.array(z.tuple([z.number(), z.number()]));
type SavedGrowth = z.output<typeof savedGrowth>;

interface Count {
  readonly atMs: number;
  readonly count: number;
}

/** Relative growth of a number over an hour, from one count per minute. */
export class Growth {
  #counts: Count[] = [];

  /** Stores a count, unless the previous one is less than a minute old. */
  record(count: number, nowMs: number): void {
    const last = this.#counts.at(-1);
    if (last && nowMs - last.atMs < UNIT_MS.m) return;
    this.#counts.push({ atMs: nowMs, count });
    // The newest count that is at least an hour old is the base; older ones are no longer needed.
    const base = this.#counts.findLastIndex(({ atMs }) => nowMs - atMs >= UNIT_MS.h);
    if (base > 0) this.#counts = this.#counts.slice(base);
  }

  save(nowMs: number): SavedGrowth {
    return this.#counts.map(({ atMs, count }) => [Math.round(nowMs - atMs), count]);
  }

  /** Continues from what was saved at `savedMs`. */
  restore(saved: SavedGrowth, savedMs: number): void {
    this.#counts = saved.map(([age, count]) => ({ atMs: savedMs - age, count }));
  }

  /** Relative change over the last hour, or since the start if that is at least a minute ago; otherwise, and from zero, undefined. */
  rate(count: number, nowMs: number): number | undefined {
    const base = this.#counts.findLast(({ atMs }) => nowMs - atMs >= UNIT_MS.h) ?? this.#counts[0];
    if (!base || base.count === 0 || nowMs - base.atMs < UNIT_MS.m) return undefined;
    return (count - base.count) / base.count;
  }
}
