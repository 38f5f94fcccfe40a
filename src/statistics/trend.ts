import { orderStatistic } from "./quantile.ts";

/** Numbers with the times of their measurement, oldest first; times of any clock that does not step. */
export interface Series {
  readonly atMs: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** Slope of a series, with its significance. */
export interface Trend {
  /** Median of the slopes between all pairs, per minute. */
  readonly perMinute: number;
  /** Bounds of the 95 % confidence interval of the slope. */
  readonly low: number;
  readonly high: number;
  /** Confidence that the series rises or falls at all: 1 - p of a two-sided Mann-Kendall test. */
  readonly confidence: number;
}

/** A slope of at least this confidence is significant. */
export const CONFIDENT = 0.95;

/** Minimum length of a series: with seven numbers and ties the test can hardly reach its level. */
export const MIN_NUMBERS = 8;

/** The cost grows with the square of the length, so a longer series is reduced to the medians of this many blocks. */
const BLOCKS = 48;

/** More numbers than this do not improve the trend: nine for each median. */
export const TREND_NUMBERS = 9 * BLOCKS;

/** Two-sided 5 % point of the standard normal distribution. */
const Z_975 = 1.959964;

const slopes = new Float64Array((BLOCKS * (BLOCKS - 1)) / 2);

/**
 * A slope that is robust to outliers: Theil (1950) and Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau" (1968),
 * which defines the interval too, with the test of Mann (1945) and Kendall (1975), its variance corrected for ties. The test assumes
 * independent numbers; medians of blocks, which represent a long series, come closer to that than the numbers themselves.
 * Undefined with fewer than eight numbers, or with all of them at one time.
 */
export function trendOf(series: Series): Trend | undefined {
  if (series.values.length < MIN_NUMBERS) return undefined;
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

/** Kendall's score, and in `slopes` the slopes of the pairs with different times. */
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

/** Upper tail of the standard normal distribution at `z` >= 0, with an error below 7.5e-8: Abramowitz and Stegun (1964), 26.2.17. */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * z);
  const polynomial = t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
