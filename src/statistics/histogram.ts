import { bucketOf, BUCKETS_PER_OCTAVE, middleOf } from "./bucket.ts";

/** Pages allocated at first; most series stay within two octaves. */
const FIRST_PAGES = 2;

/** Above every octave. */
const NO_OCTAVE = 0xffff;

/**
 * Counts by bucket of the numbers in each of several nested windows, from which quantiles are read without visiting the numbers.
 * Octaves that are not empty have a page of counts, up to `pageLimit` of them, ordered by size.
 */
export class WindowHistogram {
  readonly #windows: number;
  readonly #pageLimit: number;
  readonly #wide: boolean;
  /** Octaves with a page, ascending, and at the same index the page of each. */
  readonly #octaves: Uint16Array;
  readonly #pages: Uint16Array;
  readonly #free: Uint16Array;
  #used = 0;
  #freed = 0;
  #after = 0;
  /** By page, window, bucket; and by page, window. */
  #counts: Uint16Array | Uint32Array;
  #totals: Uint32Array;
  /** Cache of an octave's page by the octave's last byte; valid where `#octaveOf` agrees, which fails only for numbers 2^256 apart. */
  readonly #pageOf = new Uint16Array(256);
  readonly #octaveOf: Uint16Array;

  /**
   * @param windows number of windows, narrowest first: a number in one is in all wider ones
   * @param retain maximum count of numbers in a window
   * @param pageLimit maximum number of octaves that are not empty
   */
  constructor(windows: number, retain: number, pageLimit: number) {
    this.#windows = windows;
    this.#pageLimit = pageLimit;
    this.#wide = retain > 0xffff;
    this.#octaves = new Uint16Array(pageLimit);
    this.#pages = new Uint16Array(pageLimit);
    this.#octaveOf = new Uint16Array(pageLimit).fill(NO_OCTAVE);
    this.#free = new Uint16Array(pageLimit);
    this.#counts = this.#countsOf(FIRST_PAGES);
    this.#totals = new Uint32Array(FIRST_PAGES * windows);
  }

  get bytes(): number {
    return this.#counts.byteLength + this.#totals.byteLength + 4 * this.#octaves.byteLength + this.#pageOf.byteLength;
  }

  /** Counts a number in window `narrowest` and all wider ones. False when its octave needs a page and none is left. */
  add(value: number, narrowest = 0): boolean {
    const bucket = bucketOf(value);
    const octave = bucket >>> 6;
    let page = this.#pageOf[octave & 255] as number;
    if (this.#octaveOf[page] !== octave) {
      const found = this.#pageFor(octave);
      if (found === undefined) return false;
      page = found;
    }
    const counts = this.#counts;
    const totals = this.#totals;
    const end = (page + 1) * this.#windows;
    for (let row = end - this.#windows + narrowest; row < end; row += 1) {
      counts[row * BUCKETS_PER_OCTAVE + (bucket & 63)]! += 1;
      totals[row]! += 1;
    }
    return true;
  }

  /** Removes a number from one window; it must have been removed from all narrower ones before. */
  remove(value: number, window: number): void {
    const bucket = bucketOf(value);
    const octave = bucket >>> 6;
    let page = this.#pageOf[octave & 255] as number;
    if (this.#octaveOf[page] !== octave) page = this.#pageFor(octave) as number;
    const row = page * this.#windows + window;
    this.#counts[row * BUCKETS_PER_OCTAVE + (bucket & 63)]! -= 1;
    this.#totals[row]! -= 1;
    if (window === this.#windows - 1 && this.#totals[row] === 0) this.#release(octave);
  }

  /**
   * The `q`-quantile of the `count` numbers in a window, as `quantile` defines it, with both numbers that it is interpolated from
   * replaced by the middle of their buckets: within 0.8 %. Undefined where one of them is negative and the other positive, because
   * near zero their errors are not proportional to the result.
   */
  quantile(window: number, q: number, count: number): number | undefined {
    const rank = q * (count - 1);
    const low = middleOf(this.#bucketAt(window, Math.floor(rank)));
    if (this.#after > 0 || Number.isInteger(rank)) return low;
    const high = middleOf(this.#bucketAt(window, Math.ceil(rank)));
    return low < 0 && high > 0 ? undefined : low + (high - low) * (rank - Math.floor(rank));
  }

  /** Bucket of the number at a rank, counted from 0. `#after` is set to the count of numbers behind that one in its bucket. */
  #bucketAt(window: number, rank: number): number {
    const counts = this.#counts;
    let left = rank;
    let at = 0;
    let row = (this.#pages[0] as number) * this.#windows + window;
    while (left >= (this.#totals[row] as number)) {
      left -= this.#totals[row] as number;
      at += 1;
      if (at === this.#used) throw new RangeError(`expected a rank within the window, found ${rank}`);
      row = (this.#pages[at] as number) * this.#windows + window;
    }
    const first = row * BUCKETS_PER_OCTAVE;
    let cell = first;
    while ((left -= counts[cell] as number) >= 0) cell += 1;
    this.#after = -left - 1;
    return (this.#octaves[at] as number) * BUCKETS_PER_OCTAVE + cell - first;
  }

  /** Page of an octave that the cache does not have: its own or a new one; undefined where none is left. */
  #pageFor(octave: number): number | undefined {
    const at = this.#indexOf(octave);
    const known = at < this.#used && this.#octaves[at] === octave;
    if (!known && this.#used === this.#pageLimit) return undefined;
    const page = known ? (this.#pages[at] as number) : this.#insert(at, octave);
    this.#pageOf[octave & 255] = page;
    return page;
  }

  /** Index of an octave among those with a page, or the index at which to insert it. */
  #indexOf(octave: number): number {
    let at = 0;
    while (at < this.#used && (this.#octaves[at] as number) < octave) at += 1;
    return at;
  }

  #insert(at: number, octave: number): number {
    const page = this.#freed > 0 ? (this.#free[(this.#freed -= 1)] as number) : this.#used;
    if (page * this.#windows >= this.#totals.length) this.#grow();
    this.#octaves.copyWithin(at + 1, at, this.#used);
    this.#pages.copyWithin(at + 1, at, this.#used);
    this.#octaves[at] = octave;
    this.#pages[at] = page;
    this.#octaveOf[page] = octave;
    this.#used += 1;
    return page;
  }

  #release(octave: number): void {
    const at = this.#indexOf(octave);
    const page = this.#pages[at] as number;
    this.#octaveOf[page] = NO_OCTAVE;
    this.#free[this.#freed] = page;
    this.#freed += 1;
    this.#octaves.copyWithin(at, at + 1, this.#used);
    this.#pages.copyWithin(at, at + 1, this.#used);
    this.#used -= 1;
  }

  #grow(): void {
    const pages = Math.min(this.#pageLimit, (2 * this.#totals.length) / this.#windows);
    const [counts, totals] = [this.#countsOf(pages), new Uint32Array(pages * this.#windows)];
    counts.set(this.#counts);
    totals.set(this.#totals);
    [this.#counts, this.#totals] = [counts, totals];
  }

  #countsOf(pages: number): Uint16Array | Uint32Array {
    const length = pages * this.#windows * BUCKETS_PER_OCTAVE;
    return this.#wide ? new Uint32Array(length) : new Uint16Array(length);
  }
}
