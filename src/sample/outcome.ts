/**
 * What came of one due tick.
 * - `success`: read and valid
 * - `failed`: the source answered with an error, or could not be reached
 * - `timeout`: no answer within the collection's timeout
 * - `invalid`: an answer that breaks the sample type
 * - `rejected`: the breaker was open; the source was not asked
 * - `missed`: the tick could not run, because the one before it still did or the event loop was blocked
 */
export type Outcome = "success" | "failed" | "timeout" | "invalid" | "rejected" | "missed";

export const OUTCOMES: readonly Outcome[] = ["success", "failed", "timeout", "invalid", "rejected", "missed"];

/** A count for each outcome. */
export type OutcomeCounts = Readonly<Record<Outcome, number>>;

export const noOutcomes = (): Record<Outcome, number> => ({ success: 0, failed: 0, timeout: 0, invalid: 0, rejected: 0, missed: 0 });

/** success / every tick that was answered or refused; null when there was none. A whole outage is 0, never "no data". */
export function successRate(counts: OutcomeCounts): number | null {
  const asked = counts.success + counts.failed + counts.timeout + counts.invalid + counts.rejected;
  return asked === 0 ? null : counts.success / asked;
}

/** Ticks that fell due: every one makes a sample, so their number is a count, not an estimate. */
export function ticksDue(counts: OutcomeCounts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
}

/** success / ticks due; null when none was due. */
export function coverage(counts: OutcomeCounts): number | null {
  const due = ticksDue(counts);
  return due === 0 ? null : counts.success / due;
}
