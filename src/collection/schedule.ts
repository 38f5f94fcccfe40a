import { hashShare } from "../base/hash.ts";

/** A fixed grid of moments on the monotonic clock: `first + n * interval`. Nothing that happens moves it. */
export interface Schedule {
  readonly firstMs: number;
  readonly intervalMs: number;
}

/** Ticks of different collections are spread over at most this: enough that not all begin at once, too little to wait for. */
const WIDEST_OFFSET_MS = 200;

/** How late a tick may still begin, as a share of its interval: later, it would come too close to the next one. */
const LATEST_START = 0.5;

/** The grid of a collection that starts at `startMs`; its name decides where in the first interval it begins, so that not all begin at once. */
export function scheduleOf(name: string, intervalMs: number, startMs: number): Schedule {
  return { firstMs: startMs + hashShare(name) * Math.min(intervalMs, WIDEST_OFFSET_MS), intervalMs };
}

/** Moment at which tick `n` is due. */
export const dueMs = (schedule: Schedule, n: number): number => schedule.firstMs + n * schedule.intervalMs;

/** What to do at `nowMs` when `next` is the first tick not yet accounted for. */
export interface Turn {
  /** Ticks that fell due and cannot run any more: `next` up to, not including, this one. */
  readonly missedUntil: number;
  /** The tick to run now, if one is due and not too late. */
  readonly run: number | undefined;
}

/**
 * Never a burst: of all ticks due, only the newest may still run, and only within half an interval of its moment.
 * Every other one is missed.
 */
export function turnAt(schedule: Schedule, next: number, nowMs: number): Turn {
  const newest = Math.floor((nowMs - schedule.firstMs) / schedule.intervalMs);
  if (newest < next) return { missedUntil: next, run: undefined };
  const inTime = nowMs - dueMs(schedule, newest) <= schedule.intervalMs * LATEST_START;
  return inTime ? { missedUntil: newest, run: newest } : { missedUntil: newest + 1, run: undefined };
}
