/**
 * A summary of consecutive numbers in eight elements of a Float64Array. Many records lie side by side in one array, each in one line of a
 * processor's cache, without garbage. The records of consecutive runs add up to the record of all of them.
 */
const COUNT = 0;
/** Distance of the mean from the first number: of large numbers it keeps the digits that the mean itself has no room for. */
const OFFSET = 1;
/** Sum of squared distances from the mean. */
const M2 = 2;
const MIN = 3;
const MAX = 4;
/** Growth of a counter; a value below the previous one means that the counter restarted at zero. */
const INCREASE = 5;
const FIRST = 6;
const LAST = 7;
export const RECORD = 8;

/** Numbers beyond this are not summarized, because the sum of their squares would not be finite. */
export const LARGEST = 1e150;

const growth = (before: number, now: number): number => (now >= before ? now - before : now);

/**
 * Writes the record of pushes `from` (inclusive) to `to` (exclusive) at offset `o`, from the ring of their values, where NaN is missing.
 * Squared distances are from the first number: as it is one of the run, cancellation loses no more than the run's length.
 */
export function summarize(record: Float64Array, o: number, ring: Float64Array, from: number, to: number): void {
  const start = from % ring.length;
  const end = start + to - from;
  let count = 0;
  let distances = 0;
  let squares = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let increase = 0;
  let first = 0;
  let last = 0;
  for (let slot = start; slot < end; slot += 1) {
    const value = ring[slot] as number;
    if (Number.isNaN(value)) continue;
    if (count === 0) first = value;
    else increase += growth(last, value);
    count += 1;
    const distance = value - first;
    distances += distance;
    squares += distance * distance;
    if (value < min) min = value;
    if (value > max) max = value;
    last = value;
  }
  record[o + COUNT] = count;
  record[o + OFFSET] = count === 0 ? 0 : distances / count;
  record[o + M2] = count === 0 ? 0 : Math.max(0, squares - (distances * distances) / count);
  record[o + MIN] = min;
  record[o + MAX] = max;
  record[o + INCREASE] = increase;
  record[o + FIRST] = first;
  record[o + LAST] = last;
}

/**
 * Adds up the records of consecutive runs, by the update of Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing
 * Sample Variances" (1979), which subtracts no large squares from each other.
 */
export class Moments {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  increase = 0;
  first = 0;
  last = 0;
  /** Distance of the mean from the first number. */
  #offset = 0;
  /** Sum of squared distances from the mean. */
  #m2 = 0;

  clear(): void {
    this.count = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    this.increase = 0;
    this.#offset = 0;
    this.#m2 = 0;
  }

  add(record: Float64Array, o: number): void {
    const count = record[o + COUNT] as number;
    if (count === 0) return;
    const first = record[o + FIRST] as number;
    if (this.count === 0) this.first = first;
    else this.increase += growth(this.last, first);
    const before = this.count;
    this.count += count;
    const distance = first - this.first + (record[o + OFFSET] as number) - this.#offset;
    this.#offset += (distance * count) / this.count;
    this.#m2 += (record[o + M2] as number) + distance * distance * ((before * count) / this.count);
    if ((record[o + MIN] as number) < this.min) this.min = record[o + MIN] as number;
    if ((record[o + MAX] as number) > this.max) this.max = record[o + MAX] as number;
    this.increase += record[o + INCREASE] as number;
    this.last = record[o + LAST] as number;
  }

  get mean(): number {
    return this.within(this.first + this.#offset);
  }

  /** Standard deviation of the population. */
  get deviation(): number {
    return Math.sqrt(this.#m2 / this.count);
  }

  /** Clamps a result that rounding has moved beyond the minimum or the maximum. */
  within(value: number): number {
    return Math.min(this.max, Math.max(this.min, value));
  }
}

/**
 * Statistics of one point over the samples of a window that measured it. A running total has no mean, standard deviation or quantiles: they
 * would depend on when it started, and mean nothing.
 */
export interface Statistics {
  /** Number of samples that measured it. */
  readonly count: number;
  /** Absent for a counter, and for a total of one. */
  readonly mean?: number;
  /** Smallest value. */
  readonly min: number;
  /** Largest value. */
  readonly max: number;
  /** Standard deviation of the population: divided by n. Absent for a counter, and for a total of one. */
  readonly stddev?: number;
  /** Absent for a counter, and for a total of one; likewise `p95` and `p99`. */
  readonly p50?: number;
  /** As `p50`: 95 of 100 values are at most this. */
  readonly p95?: number;
  /** As `p50`: 99 of 100 values are at most this. */
  readonly p99?: number;
  /** Oldest value. */
  readonly first: number;
  /** Newest value. */
  readonly last: number;
  /** Counters only: increase over the window, a reset counted from zero. */
  readonly increase?: number;
  /** Counters only: `increase` per second between the first and the last sample; absent with fewer than two. */
  readonly rate?: number;
}
