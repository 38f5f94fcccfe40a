import { attempted, successRate, type OutcomeCounts } from "../../sample/outcome.ts";
import type { Observation } from "../rule.ts";

/** Readings from which on a rate is judged. */
export const MIN_READINGS = 3;

/** Readings from which on a single failure is judged too: of fewer, one failure would be a large share. */
export const FULL_READINGS = 6;

/**
 * The success rate of a window, and whether it can be judged: a rate needs three readings, and with only one failure six, so that one
 * failed reading is never an outage. That all of them succeeded is certain from the first on.
 */
export function observedRate(outcomes: OutcomeCounts): Pick<Observation, "value" | "inconclusive"> {
  const rate = successRate(outcomes);
  if (rate === null) return { value: undefined };
  const readings = attempted(outcomes);
  const needed = readings - outcomes.success === 1 ? FULL_READINGS : MIN_READINGS;
  if (rate === 1 || readings >= needed) return { value: rate };
  return { value: rate, inconclusive: `${readings} of the ${needed} readings needed to judge it` };
}
