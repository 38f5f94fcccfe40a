import { WindowHistogram } from "../statistics/histogram.ts";
import { Moments, RECORD, summarize, type Statistics } from "../statistics/moments.ts";
import { quantile } from "../statistics/quantile.ts";

/** Pushes whose moments are kept together, so that a window looks at a tile instead of its numbers. */
export const TILE = 60;

/** Bytes of histogram for each number retained; a series that spans more octaves than they hold sorts its quantiles. */
const HISTOGRAM_SHARE = 4;
const LEAST_PAGES = 8;

/** Places in a ring that keeps `retain` numbers: whole tiles, and one more, so that a tile never mixes old and new. */
export const capacityOf = (retain: number): number => (Math.ceil(retain / TILE) + 1) * TILE;

/** Numbers of pushes: from the first to before the second. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What all columns of a buffer share. */
export interface Shape {
  readonly retain: number;
  /** First push in each live window, narrowest first; the buffer moves them. */
  readonly starts: readonly number[];
}

/** What statistics are worked out in, one after the other. */
const total = new Moments();
const part = new Float64Array(RECORD);

/**
 * One series of a buffer: its numbers in a ring, NaN where it was not measured; their moments by tile; and their counts by
 * magnitude in each live window. All of it is made once. A push writes one number; moments and counts follow a tile at a time,
 * or when somebody asks, which costs a fraction of following each push.
 */
export class Column {
  readonly #shape: Shape;
  readonly #values: Float64Array;
  readonly #tiles: Float64Array;
  #histogram: WindowHistogram | undefined;
  /** What moments and counts know of: pushes before `#known`, in each live window those from `#starts` on. */
  #known: number;
  readonly #starts: Float64Array;
  /** Push that measured it last. */
  #measured = -1;

  /** @param n the push that measures it first */
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

  /** Makes place for the tile that push `n` begins. */
  beginTile(n: number): void {
    this.#catchUp(n);
    const slot = n % this.#values.length;
    this.#values.fill(Number.NaN, slot, slot + TILE);
  }

  /** The number of push `n`. */
  put(n: number, value: number): void {
    this.#values[n % this.#values.length] = value;
    this.#measured = n;
  }

  /** NaN where it was not measured. */
  at(n: number): number {
    return this.#values[this.#slotOf(n)] as number;
  }

  /**
   * What a range comes to; undefined where it was not measured at all.
   * @param window the live window that the range is, undefined where it is none
   * @param momentOf of a counter, the moment of a push
   */
  statistics(range: Range, window: number | undefined, momentOf?: (n: number) => number): Statistics | undefined {
    this.#catchUp(range.to);
    this.#addUp(range);
    const { count, min, max, first, last } = total;
    if (count === 0) return undefined;
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
      ...(momentOf ? growthOver(momentOf(this.#lastIn(range)) - momentOf(this.#firstIn(range))) : {}),
    };
  }

  /** Adds up a range into `total`: whole tiles as they are, of the first and the last as much as is inside. */
  #addUp({ from, to }: Range): void {
    total.clear();
    const first = Math.min(Math.ceil(from / TILE) * TILE, to);
    // The newest tile is whole too where nothing was measured beyond the range.
    const last = this.#measured < to ? to : Math.max(first, to - (to % TILE));
    this.#addPart(from, first);
    for (let n = first, o = this.#recordOf(n); n < last; n += TILE, o = o + RECORD === this.#tiles.length ? 0 : o + RECORD) {
      total.add(this.#tiles, o);
    }
    this.#addPart(last, to);
  }

  /** The first and the last push of a range that measured it: there is one. */
  #firstIn({ from }: Range): number {
    let n = from;
    while (Number.isNaN(this.at(n))) n += 1;
    return n;
  }

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

  /** Place of the record of push `n`'s tile. */
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

  /** The numbers of a range with their pushes, oldest first: all, or of more than `most` one in two, in three or as needed. */
  measuredIn({ from, to }: Range, most = Number.POSITIVE_INFINITY): { readonly values: Float64Array; readonly pushes: Float64Array } {
    const count = this.#countIn(from, to);
    const stride = Math.max(1, Math.ceil(count / most));
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

  /** Takes pushes before `to` into moments and counts, and what has left a live window out of its counts. */
  #catchUp(to: number): void {
    if (to < this.#known) return;
    this.#forget();
    if (to === this.#known) return;
    for (let tile = this.#known - (this.#known % TILE); tile < to; tile += TILE) {
      summarize(this.#tiles, this.#recordOf(tile), this.#values, tile, Math.min(tile + TILE, to));
    }
    this.#count(this.#known, to);
    this.#known = to;
  }

  #forget(): void {
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

  /** Counts pushes in the windows they are in. Where there was no room for their octaves, it tries again with all that is live. */
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

  /** The slot of the next push: a remainder for each would cost as much as the rest. */
  #after(slot: number): number {
    return slot + 1 === this.#values.length ? 0 : slot + 1;
  }

  #emptyHistogram(): WindowHistogram | undefined {
    const { retain, starts } = this.#shape;
    if (starts.length === 0) return undefined;
    const pages = Math.floor((HISTOGRAM_SHARE * retain) / (2 * 64 * starts.length));
    return new WindowHistogram(starts.length, retain, Math.max(LEAST_PAGES, Math.min(pages, 4_093)));
  }
}

function growthOver(elapsedMs: number): Pick<Statistics, "increase" | "rate"> {
  const { increase } = total;
  return elapsedMs > 0 ? { increase, rate: increase / (elapsedMs / 1_000) } : { increase };
}
