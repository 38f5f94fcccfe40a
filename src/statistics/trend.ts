import { orderStatistic } from "./quantile.ts";

/** Numbers with the moments they were measured, oldest first; moments on any clock that does not step. */
export interface Series {
  readonly atMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** How a series moves. */
export interface Trend {
  /** Median of the slopes between all pairs, per minute. */
  readonly perMinute: number;
  /** Ends of the interval that holds the slope with 95 % confidence. */
  readonly low: number;
  readonly high: number;
  /** How sure it is that the series rises or falls at all: 1 - p of a two-sided Mann-Kendall test; from 0.95 on, call it a trend. */
  readonly confidence: number;
}

/** A trend of at least this confidence is one. */
export const CONFIDENT = 0.95;

/** Fewer numbers say nothing: with seven and ties the test can hardly reach its level. */
export const FEWEST = 8;

/** The work grows with the square of this: a longer series goes in as the medians of so many blocks. */
const BLOCKS = 48;

/** Most numbers that are worth giving: nine for each median. */
export const TREND_NUMBERS = 9 * BLOCKS;

/** Two-sided 5 % point of the standard normal distribution. */
const Z_975 = 1.959964;

const slopes = new Float64Array((BLOCKS * (BLOCKS - 1)) / 2);

/**
 * A slope that a few outliers do not move: Theil (1950) and Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau"
 * (1968), which has the interval too, with the test of Mann (1945) and Kendall (1975), its variance corrected for ties. The test
 * takes the numbers for independent of each other; of a long series it sees medians of blocks, which are nearer to that.
 * Undefined of fewer than eight.
 */
export function trendOf(series: Series): Trend | undefined {
  if (series.values.length < FEWEST) return undefined;
  const { atMs, values } = series.values.length > BLOCKS ? blockMedians(series) : series;
  const { score, pairs } = compare(atMs, values);
  if (pairs === 0) return undefined;
  const spread = Math.sqrt(variance(values));
  const z = score === 0 ? 0 : (score - Math.sign(score)) / spread;
  const found = slopes.subarray(0, pairs);
  const reach = (Z_975 * spread) / 2;
  const slopeAt = (rank: number): number => orderStatistic(found, Math.max(0, Math.min(pairs - 1, rank))) * 60_000;
  return {
    perMinute: (slopeAt(Math.floor((pairs - 1) / 2)) + slopeAt(Math.ceil((pairs - 1) / 2))) / 2,
    low: slopeAt(Math.round(pairs / 2 - reach) - 1),
    high: slopeAt(Math.round(pairs / 2 + reach)),
    confidence: 1 - 2 * upperTail(Math.abs(z)),
  };
}

/** Kendall's score, and the slopes of the pairs that are apart in time. */
function compare(atMs: ArrayLike<number>, values: ArrayLike<number>): { readonly score: number; readonly pairs: number } {
  let [score, pairs] = [0, 0];
  for (let i = 0; i < values.length; i += 1) {
    for (let j = i + 1; j < values.length; j += 1) {
      const rise = (values[j] as number) - (values[i] as number);
      const run = (atMs[j] as number) - (atMs[i] as number);
      score += Math.sign(rise);
      if (run > 0) slopes[pairs++] = rise / run;
    }
  }
  return { score, pairs };
}

/** Variance of Kendall's score when there is no trend. */
function variance(values: ArrayLike<number>): number {
  const term = (t: number): number => t * (t - 1) * (2 * t + 5);
  const sorted = Float64Array.from(values).sort();
  let sum = term(sorted.length);
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (sorted[to] === sorted[from]) to += 1;
    sum -= term(to - from);
  }
  return sum / 18;
}

function blockMedians({ atMs, values }: Series): Series {
  const medians = { atMs: new Float64Array(BLOCKS), values: new Float64Array(BLOCKS) };
  const block = new Float64Array(Math.ceil(values.length / BLOCKS));
  for (let i = 0; i < BLOCKS; i += 1) {
    const from = Math.floor((i * values.length) / BLOCKS);
    const length = Math.floor(((i + 1) * values.length) / BLOCKS) - from;
    for (let n = 0; n < length; n += 1) block[n] = values[from + n] as number;
    medians.values[i] = orderStatistic(block.subarray(0, length), length >>> 1);
    medians.atMs[i] = atMs[from + (length >>> 1)] as number;
  }
  return medians;
}

/** Share of the standard normal distribution above `z` >= 0, to 7.5e-8: Abramowitz and Stegun (1964), 26.2.17. */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * z);
  const polynomial = t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
