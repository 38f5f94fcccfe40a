/** A number at a moment; `atMs` on any clock that does not step. */
export interface Observation {
  readonly atMs: number;
  readonly value: number;
}

export interface Slope {
  /** Median of the slopes between all pairs, per minute. */
  readonly perMinute: number;
  /** Whether the observations rise or fall at all, at the 5 % level of a two-sided Mann-Kendall test. */
  readonly significant: boolean;
}

/** Fewer say nothing: with seven observations and ties the test can hardly reach its level. */
const FEWEST = 8;

/** Two-sided 5 % point of the standard normal distribution. */
const Z_975 = 1.959964;

/**
 * A slope that a few outliers do not move (Theil 1950; Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau",
 * 1968), with the test of Mann (1945) and Kendall (1975), variance corrected for ties. Quadratic in the number of
 * observations: give it a bounded number. Undefined of fewer than eight.
 */
export function slopeOf(observations: readonly Observation[]): Slope | undefined {
  const n = observations.length;
  if (n < FEWEST) return undefined;
  const slopes: number[] = [];
  let score = 0;
  for (let i = 0; i < n; i += 1) {
    const a = observations[i] as Observation;
    for (let j = i + 1; j < n; j += 1) {
      const b = observations[j] as Observation;
      score += Math.sign(b.value - a.value);
      if (b.atMs > a.atMs) slopes.push((b.value - a.value) / (b.atMs - a.atMs));
    }
  }
  if (slopes.length === 0) return undefined;
  const z = score === 0 ? 0 : (score - Math.sign(score)) / Math.sqrt(variance(observations));
  return { perMinute: median(slopes) * 60_000, significant: Math.abs(z) > Z_975 };
}

/** Variance of Kendall's score when there is no trend. */
function variance(observations: readonly Observation[]): number {
  const ties = new Map<number, number>();
  for (const { value } of observations) ties.set(value, (ties.get(value) ?? 0) + 1);
  const term = (t: number): number => t * (t - 1) * (2 * t + 5);
  let sum = term(observations.length);
  for (const size of ties.values()) sum -= term(size);
  return sum / 18;
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length / 2;
  return values.length % 2 === 1
    ? (values[Math.floor(middle)] as number)
    : ((values[middle - 1] as number) + (values[middle] as number)) / 2;
}
