import { attempted, successRate, ticksDue, type OutcomeCounts } from "../../sample/outcome.ts";
import type { Observation } from "../rule.ts";

/** Readings from which on a rate or a quantile is judged. */
export const MIN_READINGS = 3;

/** A window of a success rate, and what is bad in it. */
export interface RateWindow {
  /** Ticks of a window that is full, as far as samples are retained. */
  readonly ticks: number;
  /** The rate below which it is bad. */
  readonly badBelow: number;
}

/**
 * The success rate of a window, and whether it can be judged. A rate needs three readings. While the window is not full yet, as many ticks
 * without success are needed as are bad in a full one: a short outage would otherwise be a large share. That all readings succeeded is
 * certain at once.
 */
export function observedRate(outcomes: OutcomeCounts, { ticks, badBelow }: RateWindow): Pick<Observation, "value" | "inconclusive"> {
  const value = successRate(outcomes);
  if (value === null) return { value: undefined };
  const readings = attempted(outcomes);
  const failures = readings - outcomes.success;
  const due = ticksDue(outcomes);
  // A reading that hangs makes ticks miss as well.
  const unsuccessful = due - outcomes.success - outcomes.waiting;
  const isEnough = due >= ticks || (readings >= MIN_READINGS && unsuccessful > (1 - badBelow) * ticks);
  if (failures === 0 || isEnough) return { value };
  return { value, inconclusive: `too few to judge: ${failures} of ${readings} readings failed` };
}
