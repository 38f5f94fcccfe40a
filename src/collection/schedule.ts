import { hashShare } from "../base/hash.ts";

/** A fixed grid of due times on the monotonic clock: tick `n` is due at `firstMs + n * intervalMs`. Late ticks do not shift it. */
export interface Schedule {
  readonly firstMs: number;
  readonly intervalMs: number;
}

/** Maximum offset of a grid, which spreads the ticks of different collections; short, because it delays their first samples. */
const MAX_OFFSET_MS = 200;

/** Maximum lateness of a tick, as a share of its interval: a later one would come too close to the next tick. */
const MAX_LATENESS = 0.5;

/** The grid of a collection that starts at `startMs`, offset by a hash of its name, so that not all collections tick at once. */
export function scheduleOf(name: string, intervalMs: number, startMs: number): Schedule {
  return { firstMs: startMs + hashShare(name) * Math.min(intervalMs, MAX_OFFSET_MS), intervalMs };
}

/** Monotonic time at which tick `n` is due. */
export const dueMs = (schedule: Schedule, n: number): number => schedule.firstMs + n * schedule.intervalMs;

/** The ticks that are due at some time: which are missed, and which one runs. */
export interface DueTicks {
  /** Ticks from `next` up to, not including, this one are missed. */
  readonly missedUntil: number;
  /** The tick to run now; undefined if none is due, or the newest is too late. */
  readonly run: number | undefined;
}

/**
 * The due ticks at `nowMs`, from `next` on. Never a burst: only the newest one runs, and only up to half an interval late; all others are
 * missed.
 */
export function dueTicks(schedule: Schedule, next: number, nowMs: number): DueTicks {
  const newest = Math.floor((nowMs - schedule.firstMs) / schedule.intervalMs);
  if (newest < next) return { missedUntil: next, run: undefined };
  const inTime = nowMs - dueMs(schedule, newest) <= schedule.intervalMs * MAX_LATENESS;
  return inTime ? { missedUntil: newest, run: newest } : { missedUntil: newest + 1, run: undefined };
}

/** The greatest lateness that is noise: a hundredth of the interval, up to ten milliseconds. Prometheus aligns its scrapes likewise. */
const NOISE = { share: 0.01, maxMs: 10 } as const;

/** The time of a sample that was due at `due` and started at `startMs`: the due time, unless it started noticeably later. */
export function aligned(startMs: number, due: number, intervalMs: number): number {
  return startMs - due <= Math.min(intervalMs * NOISE.share, NOISE.maxMs) ? due : startMs;
}
