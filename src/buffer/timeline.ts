import type { SampleRecord } from "../sample/sample.ts";
import { capacityOf, type Range } from "./column.ts";

/** A time on both clocks: windows are computed on the monotonic clock and labelled with the wall clock. */
export interface Timestamp {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The samples of a window by number. */
export interface Window {
  readonly range: Range;
  /** Index among the live windows; undefined for any other window. */
  readonly live: number | undefined;
}

/**
 * The times of the retained samples, and the windows that they make up.
 *
 * Samples are numbered by push. A window is a range of those numbers, because their times never decrease. The ranges of the live windows
 * advance with each push.
 */
export class Timeline {
  /** The first push in each live window as of the latest time that they advanced to. */
  readonly starts: number[];
  readonly #retain: number;
  /** Number of the first sample. */
  readonly #first: number;
  readonly #capacity: number;
  readonly #atMs: Float64Array;
  readonly #wallMs: Float64Array;
  /** Lengths of the live windows in milliseconds, ascending. */
  readonly #liveWindows: readonly number[];
  #liveMs = Number.NEGATIVE_INFINITY;
  /** Time of the newest sample; NaN if there is none, so that a push allocates nothing. */
  #newestMs = Number.NaN;
  #pushed: number;
  /** Total length of the suspensions of the process from a push on; rarely any. */
  #suspensions: { readonly push: number; readonly totalMs: number }[] = [];

  /**
   * @param retain maximum number of retained samples
   * @param liveWindows lengths in milliseconds of the windows that are read often, which are computed incrementally
   * @param first number of the first sample
   */
  constructor(retain: number, liveWindows: readonly number[], first: number) {
    this.#retain = retain;
    this.#first = this.#pushed = first;
    this.#capacity = capacityOf(retain);
    this.#atMs = new Float64Array(this.#capacity);
    this.#wallMs = new Float64Array(this.#capacity);
    this.#liveWindows = [...new Set(liveWindows)].toSorted((a, b) => a - b);
    this.starts = this.#liveWindows.map(() => first);
  }

  /** Number of retained samples. */
  get size(): number {
    return Math.min(this.#pushed - this.#first, this.#retain);
  }

  /** Number of the next sample. */
  get pushed(): number {
    return this.#pushed;
  }

  /** Number of the oldest retained sample. */
  get oldest(): number {
    return this.#pushed - this.size;
  }

  /** Monotonic time of the newest sample; NaN if there is none. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Adds the times of a sample; drops the oldest if `retain` is exceeded. @returns the number of the sample */
  push({ sample, atMs, suspendedMs = 0 }: SampleRecord): number {
    const n = this.#pushed;
    if (suspendedMs !== (this.#suspensions.at(-1)?.totalMs ?? 0)) this.#suspend(n, suspendedMs);
    this.#advance(Math.max(atMs, this.#liveMs), n + 1 - this.#retain);
    const slot = n % this.#capacity;
    this.#atMs[slot] = atMs;
    this.#wallMs[slot] = Date.parse(sample.time);
    this.#newestMs = atMs;
    this.#pushed = n + 1;
    return n;
  }

  /** The samples in `[now - windowMs, now)`. */
  window(windowMs: number, { monotonicMs }: Timestamp): Window {
    const live = this.#liveWindows.indexOf(windowMs);
    // The live ranges only advance: a time before the newest sample, or before an earlier call, needs a search.
    if (live !== -1 && monotonicMs >= this.#liveMs && !(monotonicMs <= this.#newestMs)) {
      this.#advance(monotonicMs, this.#pushed - this.#retain);
      return { range: { from: this.starts[live] as number, to: this.#pushed }, live };
    }
    return { range: { from: this.#firstSince(monotonicMs - windowMs), to: this.#firstSince(monotonicMs) }, live: undefined };
  }

  /** The same samples, as far as they are retained. It is a live window only until the next push. */
  asOfNow({ range, live }: Window): Window {
    const from = Math.max(range.from, this.oldest);
    const isLive = live !== undefined && this.starts[live] === range.from && this.#pushed === range.to;
    return { range: { from: Math.min(from, range.to), to: range.to }, live: isLive ? live : undefined };
  }

  /** Monotonic time of a retained sample. */
  readonly timeOf = (n: number): number => this.#atMs[n % this.#capacity] as number;

  /** Wall-clock time of a retained sample, in milliseconds since 1970. */
  readonly wallTimeOf = (n: number): number => this.#wallMs[n % this.#capacity] as number;

  /** Total length of the suspensions of the process before a push. */
  readonly suspendedOf = (n: number): number => this.#suspensions.findLast(({ push }) => push <= n)?.totalMs ?? 0;

  /** The time of a push on a clock that runs on while the process is suspended, as the counters of its sources do. */
  readonly elapsedOf = (n: number): number => this.timeOf(n) + this.suspendedOf(n);

  /** Advances the live windows to `[nowMs - length, nowMs)`, with `oldest` as the first retained push. */
  #advance(nowMs: number, oldest: number): void {
    this.#liveMs = nowMs;
    for (let live = 0; live < this.starts.length; live += 1) {
      const sinceMs = nowMs - (this.#liveWindows[live] as number);
      let start = this.starts[live] as number;
      while (start < this.#pushed && (start < oldest || this.timeOf(start) < sinceMs)) start += 1;
      this.starts[live] = start;
    }
  }

  /** The first retained push at `sinceMs` or later; the number of the next push if there is none. */
  #firstSince(sinceMs: number): number {
    let [low, high] = [this.oldest, this.#pushed];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.timeOf(middle) < sinceMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #suspend(push: number, totalMs: number): void {
    const oldest = this.#suspensions.findLastIndex((each) => each.push <= push - this.#retain);
    this.#suspensions = [...this.#suspensions.slice(Math.max(0, oldest)), { push, totalMs }];
  }
}
