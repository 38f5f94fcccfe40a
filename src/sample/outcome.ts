/**
 * The result of a due tick.
 * - `success`: read and valid
 * - `failed`: the source returned an error or could not be reached
 * - `timeout`: no response within the collection's timeout
 * - `invalid`: the response violates the sample type
 * - `rejected`: the breaker was open; the source was not queried
 * - `missed`: the tick could not run, because the previous one was still running or the event loop was blocked
 * - `waiting`: the source answers but has nothing to read yet: it waits for its first write
 */
export type Outcome = "success" | "failed" | "timeout" | "invalid" | "rejected" | "missed" | "waiting";

/** Every outcome, in the order in which reports list them. */
export const OUTCOMES: readonly Outcome[] = ["success", "failed", "timeout", "invalid", "rejected", "missed", "waiting"];

/** Outcomes of ticks whose reading ended with a result or a failure: only these have a duration. */
export const WITH_DURATION: ReadonlySet<Outcome> = new Set(["success", "failed", "timeout", "invalid"]);

/** A count for each outcome. */
export type OutcomeCounts = Readonly<Record<Outcome, number>>;

/** A count of 0 for each outcome. */
export const noOutcomes = (): Record<Outcome, number> => ({
  success: 0,
  failed: 0,
  timeout: 0,
  invalid: 0,
  rejected: 0,
  missed: 0,
  waiting: 0,
});

/** Number of ticks that read the source, or would have if its breaker were closed: all but the missed and the waiting ones. */
export const attempted = (counts: OutcomeCounts): number =>
  counts.success + counts.failed + counts.timeout + counts.invalid + counts.rejected;

/** success / attempted ticks; null if there were none. During an outage it is 0, not "no data". */
export function successRate(counts: OutcomeCounts): number | null {
  const ticks = attempted(counts);
  return ticks === 0 ? null : counts.success / ticks;
}

/** Number of due ticks. Every one makes a sample, so this is a count, not an estimate. */
export function ticksDue(counts: OutcomeCounts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/** success / due ticks; null if none was due. */
export function coverage(counts: OutcomeCounts): number | null {
  const due = ticksDue(counts);
  return due === 0 ? null : counts.success / due;
}

/** A success, and the newest value of a series, count as current for this many of its own intervals. */
export const LIVE_INTERVALS = 3;
