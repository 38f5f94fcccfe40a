import { WindowHistogram } from "../statistics/histogram.ts";
import { Moments, RECORD, summarize, type Statistics } from "../statistics/moments.ts";
import { quantile } from "../statistics/quantile.ts";

/** Number of pushes whose statistics are stored together, so that a window reads one record per tile instead of all values. */
export const TILE = 60;

/** Bytes of histogram for each retained value. Quantiles of a series that spans more octaves than fit are computed by sorting. */
const HISTOGRAM_SHARE = 4;
const MIN_PAGES = 8;

/** Capacity of a ring that retains `retain` values: whole tiles, plus one, so that a tile never mixes old and new values. */
export const capacityOf = (retain: number): number => (Math.ceil(retain / TILE) + 1) * TILE;

/** A half-open range of push numbers, `[from, to)`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Parameters that all columns of a buffer share. */
export interface Shape {
  readonly retain: number;
  /** First push in each live window, shortest window first; the buffer advances them. */
  readonly starts: readonly number[];
}

/** Statistics of a value that rises and falls. */
export type LevelStatistics = Omit<Required<Statistics>, "increase" | "rate">;

/** Scratch memory for computing statistics, reused by all columns. */
const total = new Moments();
const part = new Float64Array(RECORD);

/**
 * One series of a buffer: a ring of values, NaN where it was not measured; their statistical moments by tile; and a histogram of each
 * live window. All memory is allocated at creation. A push writes one value; moments and histograms are updated once per tile or when
 * they are read, which costs a fraction of updating them at each push.
 */
export class Column {
  readonly #shape: Shape;
  readonly #values: Float64Array;
  readonly #tiles: Float64Array;
  #histogram: WindowHistogram | undefined;
  /** Moments and histograms include the pushes before `#known`, and in each live window those from `#starts` on. */
  #known: number;
  readonly #starts: Float64Array;
  /** Newest push that measured it; -1 before the first. */
  #measured = -1;

  /** @param n the first push that measures it */
  constructor(shape: Shape, n: number) {
    const capacity = capacityOf(shape.retain);
    this.#shape = shape;
    this.#values = new Float64Array(capacity).fill(Number.NaN);
    this.#tiles = new Float64Array((capacity / TILE) * RECORD);
    this.#known = n;
    this.#starts = new Float64Array(shape.starts.length).fill(n);
    this.#histogram = this.#emptyHistogram();
  }

  get measured(): number {
    return this.#measured;
  }

  get bytes(): number {
    return this.#values.byteLength + this.#tiles.byteLength + (this.#histogram?.bytes ?? 0);
  }

  /**
   * Clears the slots of the tile that starts at push `n`.
   *
   * @param isReplayed whether many pushes follow before the next read: then that read adds them up, and not each tile
   */
  beginTile(n: number, isReplayed: boolean): void {
    const slot = n % this.#values.length;
    const isOpen = n - this.#values.length + TILE > Math.min(this.#known, this.#starts.at(-1) ?? this.#known);
    // Pushes that moments or histograms still need must not be overwritten.
    if (!isReplayed || isOpen) this.#catchUp(n);
    this.#values.fill(Number.NaN, slot, slot + TILE);
  }

  /** Stores the value of push `n`. */
  put(n: number, value: number): void {
    this.#values[n % this.#values.length] = value;
    this.#measured = n;
  }

  /** The value of push `n`; NaN if it was not measured. */
  at(n: number): number {
    return this.#values[this.#slotOf(n)] as number;
  }

  /** Whether any push of a retained range measured it. */
  isMeasuredIn({ from, to }: Range): boolean {
    if (this.#measured < from) return false;
    if (this.#measured < to) return true;
    for (let n = from; n < to; n += 1) if (!Number.isNaN(this.at(n))) return true;
    return false;
  }

  /**
   * Statistics of a range; undefined if it has no measurement.
   * @param window index of the live window that the range covers; undefined for any other range
   * @param timeOf only for a counter: time of a push in milliseconds, suspensions included, for its increase and rate, which it has instead of a mean
   *   and quantiles
   */
  statistics(range: Range, window: number | undefined): LevelStatistics | undefined;
  statistics(range: Range, window: number | undefined, timeOf: ((n: number) => number) | undefined): Statistics | undefined;
  statistics(range: Range, window: number | undefined, timeOf?: (n: number) => number): Statistics | undefined {
    this.#catchUp(range.to);
    this.#addUp(range);
    const { count, min, max, first, last } = total;
    if (count === 0) return undefined;
    if (timeOf) return { count, min, max, first, last, ...growthOver(timeOf(this.#lastIn(range)) - timeOf(this.#firstIn(range))) };
    const [p50, p95, p99] = this.#quantiles(range, window, count);
    return {
      count,
      mean: total.mean,
      min,
      max,
      stddev: total.deviation,
      p50: total.within(p50),
      p95: total.within(p95),
      p99: total.within(p99),
      first,
      last,
    };
  }

  /** Sums a range into `total`: the records of whole tiles, and the values of the parts before and after them. */
  #addUp({ from, to }: Range): void {
    total.clear();
    const first = Math.min(Math.ceil(from / TILE) * TILE, to);
    // The record of the newest tile can be used too if nothing was measured after the range.
    const last = this.#measured < to ? to : Math.max(first, to - (to % TILE));
    this.#addPart(from, first);
    for (let n = first, o = this.#recordOf(n); n < last; n += TILE, o = o + RECORD === this.#tiles.length ? 0 : o + RECORD) {
      total.add(this.#tiles, o);
    }
    this.#addPart(last, to);
  }

  /** The first push of a range that measured it; the range must have one. */
  #firstIn({ from }: Range): number {
    let n = from;
    while (Number.isNaN(this.at(n))) n += 1;
    return n;
  }

  /** The last push of a range that measured it; the range must have one. */
  #lastIn({ to }: Range): number {
    let n = to - 1;
    while (Number.isNaN(this.at(n))) n -= 1;
    return n;
  }

  #addPart(from: number, to: number): void {
    if (from === to) return;
    summarize(part, 0, this.#values, from, to);
    total.add(part, 0);
  }

  /** Offset of the record of push `n`'s tile. */
  #recordOf(n: number): number {
    return Math.floor((n % this.#values.length) / TILE) * RECORD;
  }

  #quantiles(range: Range, window: number | undefined, count: number): readonly [number, number, number] {
    if (this.#histogram && window !== undefined) {
      const p50 = this.#histogram.quantile(window, 0.5, count);
      const p95 = this.#histogram.quantile(window, 0.95, count);
      const p99 = this.#histogram.quantile(window, 0.99, count);
      if (p50 !== undefined && p95 !== undefined && p99 !== undefined) return [p50, p95, p99];
    }
    const sorted = this.measuredIn(range).values.sort();
    return [quantile(sorted, 0.5), quantile(sorted, 0.95), quantile(sorted, 0.99)];
  }

  /** The values of a range with their pushes, oldest first; if there are more than `max`, every second, third and so on. */
  measuredIn({ from, to }: Range, max = Number.POSITIVE_INFINITY): { readonly values: Float64Array; readonly pushes: Float64Array } {
    const count = this.#countIn(from, to);
    const stride = Math.max(1, Math.ceil(count / max));
    const values = new Float64Array(Math.ceil(count / stride));
    const pushes = new Float64Array(values.length);
    let seen = 0;
    for (let n = from, slot = this.#slotOf(n); n < to; n += 1, slot = this.#after(slot)) {
      const value = this.#values[slot] as number;
      if (Number.isNaN(value)) continue;
      if (seen % stride === 0) {
        values[seen / stride] = value;
        pushes[seen / stride] = n;
      }
      seen += 1;
    }
    return { values, pushes };
  }

  #countIn(from: number, to: number): number {
    let count = 0;
    for (let n = from, slot = this.#slotOf(n); n < to; n += 1, slot = this.#after(slot)) {
      if (!Number.isNaN(this.#values[slot])) count += 1;
    }
    return count;
  }

  /** Adds the pushes before `to` to moments and histograms, and removes those that have left a live window from its histogram. */
  #catchUp(to: number): void {
    if (to < this.#known) return;
    this.#removeExpired();
    if (to === this.#known) return;
    for (let tile = this.#known - (this.#known % TILE); tile < to; tile += TILE) {
      summarize(this.#tiles, this.#recordOf(tile), this.#values, tile, Math.min(tile + TILE, to));
    }
    this.#count(this.#known, to);
    this.#known = to;
  }

  #removeExpired(): void {
    const { starts } = this.#shape;
    const histogram = this.#histogram;
    const values = this.#values;
    for (let window = 0; window < starts.length; window += 1) {
      const from = this.#starts[window] as number;
      const to = Math.min(starts[window] as number, this.#known);
      for (let n = from, slot = this.#slotOf(n); n < to; n += 1, slot = this.#after(slot)) {
        const value = values[slot] as number;
        if (!Number.isNaN(value)) histogram?.remove(value, window);
      }
      this.#starts[window] = starts[window] as number;
    }
  }

  /** Adds pushes to the histograms of their windows. After one ran out of octaves, it starts again with all live pushes. */
  #count(from: number, to: number): void {
    const { starts } = this.#shape;
    const isNew = !this.#histogram;
    this.#histogram ??= this.#emptyHistogram();
    const live = starts.at(-1) ?? to;
    let window = starts.length;
    let n = isNew ? live : Math.max(from, live);
    for (let slot = this.#slotOf(n); n < to; n += 1, slot = this.#after(slot)) {
      while (window > 0 && n >= (starts[window - 1] as number)) window -= 1;
      const value = this.#values[slot] as number;
      if (Number.isNaN(value) || this.#histogram?.add(value, window) !== false) continue;
      this.#histogram = undefined;
      return;
    }
  }

  #slotOf(n: number): number {
    return n % this.#values.length;
  }

  /** The slot of the next push, without a remainder, which would cost as much as the rest of the loop. */
  #after(slot: number): number {
    return slot + 1 === this.#values.length ? 0 : slot + 1;
  }

  #emptyHistogram(): WindowHistogram | undefined {
    const { retain, starts } = this.#shape;
    if (starts.length === 0) return undefined;
    const pages = Math.floor((HISTOGRAM_SHARE * retain) / (2 * 64 * starts.length));
    return new WindowHistogram(starts.length, retain, Math.max(MIN_PAGES, Math.min(pages, 4_093)));
  }
}

function growthOver(elapsedMs: number): Pick<Statistics, "increase" | "rate"> {
  const { increase } = total;
  return elapsedMs > 0 ? { increase, rate: increase / (elapsedMs / 1_000) } : { increase };
}
