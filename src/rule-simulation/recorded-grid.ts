/** When a tick was due and when its reading started; milliseconds of the simulated clock. */
export interface GridTime {
  readonly dueMs: number;
  /** The due time, unless the reading started noticeably later. */
  readonly atMs: number;
}

/** Samples show their times in whole milliseconds. */
const ROUNDING_MS = 1;
/** As long as a reading starts within this share of the interval, and this time, the delay is noise: as in `collection/schedule`. */
const NOISE = { share: 0.01, maxMs: 10 } as const;
/** A shifted grid is believed once this many ticks in a row are on it. */
const CONFIRMED = 3;

/**
 * Finds the grid that ticks were due on. Samples have the time of the wall clock at which they started, in whole milliseconds; windows and
 * hold times need the due times, on which the real collector evaluated them. The grid follows a wall clock that drifts or steps.
 *
 * @param timesMs when the samples of one collection started, in order
 * @param firstMs when the first of them was due, if that is known
 */
export function gridTimes(timesMs: readonly number[], intervalMs: number, firstMs?: number): readonly GridTime[] {
  const toleranceMs = Math.min(intervalMs * NOISE.share, NOISE.maxMs) + ROUNDING_MS;
  const [startMs] = timesMs;
  if (startMs === undefined) return [];
  // The newest tick that was on time: by the wall clock, and on the grid.
  let [wallMs, onGridMs] = firstMs === undefined ? [startMs, startMs] : [firstMs, firstMs];
  let [latenessMs, count] = [0, 0];
  return timesMs.map((timeMs, n) => {
    // A tick is late by half an interval at most, and never early. Time does not run backwards, whatever the wall clock did.
    const passed = Math.floor((timeMs - wallMs + toleranceMs) / intervalMs);
    const isEarly = timeMs - wallMs - passed * intervalMs > intervalMs / 2 + toleranceMs;
    const ticks = Math.max(n === 0 ? 0 : 1, isEarly ? passed + 1 : passed);
    const dueMs = onGridMs + ticks * intervalMs;
    const lateMs = timeMs - wallMs - ticks * intervalMs;
    count = Math.abs(lateMs - latenessMs) <= toleranceMs ? count + 1 : 1;
    latenessMs = lateMs;
    const isOnTime = Math.abs(lateMs) <= toleranceMs;
    // Otherwise, and if all are equally late, the grid is another one.
    const isShifted = !isOnTime && (lateMs > intervalMs / 2 + toleranceMs || lateMs < 0 || count >= CONFIRMED);
    if (!isOnTime && !isShifted) return { dueMs, atMs: dueMs + lateMs };
    const shiftMs = isShifted && Math.abs(lateMs) <= intervalMs / 2 ? lateMs : 0;
    [wallMs, onGridMs] = [timeMs, dueMs + shiftMs];
    if (isShifted) [latenessMs, count] = [0, 0];
    return { dueMs: onGridMs, atMs: onGridMs };
  });
}

/** The usual time between two samples of a collection; undefined with fewer than two. */
export function usualIntervalMs(timesMs: readonly number[]): number | undefined {
  const gaps = timesMs.slice(1).map((timeMs, n) => timeMs - (timesMs[n] as number));
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)];
}
