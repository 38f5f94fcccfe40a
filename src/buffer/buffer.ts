import {
  coverage,
  noOutcomes,
  OUTCOMES,
  successRate,
  ticksDue,
  WITH_DURATION,
  type Outcome,
  type OutcomeCounts,
} from "../sample/outcome.ts";
import type { ResolvedPoints } from "../sample/points.ts";
import { isRunningTotal, type Field } from "../sample/field.ts";
import { assemble, type SampleType, type Values } from "../sample/sample-type.ts";
import type { Sample, SampleError, SampleRecord } from "../sample/sample.ts";
import { capacityOf, Column, TILE, type Range } from "./column.ts";
import { Columns, type PointColumn } from "./columns.ts";
import { TREND_NUMBERS, trendOf, type Trend } from "../statistics/trend.ts";
import type { SampleTable } from "./table.ts";
import type { Aggregate } from "./window.ts";
import type { Statistics } from "../statistics/moments.ts";

/** A time on both clocks: windows are computed on the monotonic clock and labelled with the wall clock. */
export interface Timestamp {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

interface Window {
  readonly range: Range;
  /** Index among the live windows; undefined for any other window. */
  readonly live: number | undefined;
}

/**
 * The last `retain` samples of one collection, in columns. A column is created at the first measurement of its point and removed once the
 * point is absent from all retained samples.
 *
 * Samples are numbered by push. A window is a range of those numbers, because their times never decrease. The ranges of the live windows
 * advance with each push, and columns keep histograms of them, so that their quantiles need no sorting.
 */
export class SampleBuffer<T extends SampleType = SampleType> {
  readonly type: T;
  readonly #collection: string;
  readonly #retain: number;
  readonly #capacity: number;
  readonly #atMs: Float64Array;
  readonly #wallMs: Float64Array;
  readonly #outcome: Uint8Array;
  readonly #errors: (SampleError | undefined)[];
  readonly #columns: Columns;
  /** Durations of the readings; NaN for ticks without one. */
  readonly #durations: Column;
  readonly #retained: Record<Outcome, number> = noOutcomes();
  /** Lengths of the live windows in milliseconds, ascending, and the first push in each as of `#liveMs`. */
  readonly #liveWindows: readonly number[];
  readonly #starts: number[];
  #liveMs = Number.NEGATIVE_INFINITY;
  /** Times of the newest sample and the newest success; NaN if there is none, so that a push allocates nothing. */
  #newestMs = Number.NaN;
  #successMs = Number.NaN;
  #pushed = 0;
  readonly #table: SampleTable;
  /** Total length of the suspensions of the process from a push on; rarely any. */
  #suspensions: { readonly push: number; readonly totalMs: number }[] = [];

  /**
   * @param collection name of the collection, for its samples
   * @param retain maximum number of retained samples
   * @param liveWindows lengths in milliseconds of the windows that are read often, which are computed incrementally
   */
  constructor(collection: string, type: T, retain: number, liveWindows: readonly number[] = []) {
    this.type = type;
    this.#collection = collection;
    this.#retain = retain;
    this.#capacity = capacityOf(retain);
    this.#atMs = new Float64Array(this.#capacity);
    this.#wallMs = new Float64Array(this.#capacity);
    this.#outcome = new Uint8Array(this.#capacity);
    this.#errors = Array.from<SampleError | undefined>({ length: this.#capacity }).fill(undefined);
    this.#liveWindows = [...new Set(liveWindows)].toSorted((a, b) => a - b);
    this.#starts = this.#liveWindows.map(() => 0);
    const shape = { retain, starts: this.#starts };
    this.#columns = new Columns(shape);
    this.#durations = new Column(shape, 0);
    this.#table = this.#asTable();
  }

  /** Number of retained samples. */
  get size(): number {
    return Math.min(this.#pushed, this.#retain);
  }

  /** Number of samples since the creation, retained or not. */
  get taken(): number {
    return this.#pushed;
  }

  /** Bytes of the columns. */
  get bytes(): number {
    const shared = this.#capacity * (3 * 8 + 1);
    return this.#columns.all.reduce((bytes, { column }) => bytes + column.bytes, shared + this.#durations.bytes);
  }

  /** Number of values that were not retained because they are not finite or beyond ±1e150. */
  get notRetained(): number {
    return this.#columns.notRetained;
  }

  /** Adds a sample with its resolved `points`; drops the oldest if `retain` is exceeded. */
  push({ sample, atMs, suspendedMs = 0 }: SampleRecord, points: ResolvedPoints): void {
    const n = this.#pushed;
    if (suspendedMs !== (this.#suspensions.at(-1)?.totalMs ?? 0)) this.#suspend(n, suspendedMs);
    if (n >= this.#retain) this.#retained[this.#outcomeOf(n - this.#retain)] -= 1;
    this.#retained[sample.outcome] += 1;
    this.#advance(Math.max(atMs, this.#liveMs), n + 1 - this.#retain);
    const slot = n % this.#capacity;
    this.#atMs[slot] = atMs;
    this.#wallMs[slot] = Date.parse(sample.time);
    this.#outcome[slot] = OUTCOMES.indexOf(sample.outcome);
    this.#errors[slot] = sample.error;
    if (n % TILE === 0) this.#durations.beginTile(n);
    if (WITH_DURATION.has(sample.outcome)) this.#durations.put(n, sample.durationMs);
    this.#columns.put(n, points);
    this.#newestMs = atMs;
    if (sample.outcome === "success") this.#successMs = atMs;
    this.#pushed = n + 1;
  }

  /** The newest `count` samples, newest first. */
  recent(count: number): readonly Sample<Values<T>>[] {
    const length = Math.max(0, Math.min(count, this.size));
    return Array.from({ length }, (_, back) => this.#sample(this.#pushed - 1 - back));
  }

  /** The retained samples by number. */
  get table(): SampleTable {
    return this.#table;
  }

  /** Monotonic start times in milliseconds of the newest sample and of the newest success; undefined if there is none. */
  get newest(): { readonly atMs: number | undefined; readonly successMs: number | undefined } {
    const known = (ms: number): number | undefined => (Number.isNaN(ms) ? undefined : ms);
    return { atMs: known(this.#newestMs), successMs: known(this.#successMs) };
  }

  /** Outcomes of all retained samples. */
  get retained(): OutcomeCounts {
    return this.#retained;
  }

  /** Outcomes of the samples in `[now - windowMs, now)`. */
  outcomes(windowMs: number, now: Timestamp): OutcomeCounts {
    return this.#count(this.#window(windowMs, now).range);
  }

  /** Durations of the readings in `[now - windowMs, now)`; null if there are none. */
  durations(windowMs: number, now: Timestamp): Aggregate["durationMs"] {
    return this.#durationsIn(this.#window(windowMs, now));
  }

  /** Statistics of one point in `[now - windowMs, now)`; undefined if it was not measured. */
  statistics(field: string, path: readonly string[], windowMs: number, now: Timestamp): Statistics | undefined {
    const found = this.#columns.find(field, path);
    return found && this.#statisticsOf(found, this.#window(windowMs, now));
  }

  /** Whether one point was measured in `[now - windowMs, now)` or later. */
  isMeasured(field: string, path: readonly string[], windowMs: number, now: Timestamp): boolean {
    const found = this.#columns.find(field, path);
    if (!found) return false;
    return found.column.measured >= this.#window(windowMs, now).range.from;
  }

  /** Paths of the retained points of a field. */
  paths(field: string): readonly (readonly string[])[] {
    return this.#columns.all.filter((each) => each.field === field).map(({ path }) => path);
  }

  /** Trend of one point in `[now - windowMs, now)`; undefined if there are too few measurements. */
  trend(field: string, path: readonly string[], windowMs: number, now: Timestamp): Trend | undefined {
    const found = this.#columns.find(field, path);
    if (!found) return undefined;
    const { values, pushes } = found.column.measuredIn(this.#window(windowMs, now).range, TREND_NUMBERS);
    return trendOf({ atMs: pushes.map(this.#timeOf), values });
  }

  /** Statistics of all samples in `[now - windowMs, now)`. Exact at any time: a window becomes empty if no samples arrive. */
  aggregate(window: string, windowMs: number, now: Timestamp): Aggregate<T> {
    const steps = this.aggregateInSteps(window, windowMs, now);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    return step.value;
  }

  /** `aggregate` in steps of one point each. The samples are those of the first step, without those that are dropped between two steps. */
  *aggregateInSteps(window: string, windowMs: number, now: Timestamp): Generator<undefined, Aggregate<T>> {
    const inside = this.#window(windowMs, now);
    const outcomes = this.#count(inside.range);
    const durationMs = this.#durationsIn(inside);
    const statistics: (readonly [PointColumn, Statistics])[] = [];
    for (const each of this.#columns.all) {
      const found = this.#statisticsOf(each, this.#asOfNow(inside));
      if (found) statistics.push([each, found]);
      yield;
    }
    return {
      window,
      from: new Date(now.wallMs - windowMs).toISOString(),
      to: new Date(now.wallMs).toISOString(),
      due: ticksDue(outcomes),
      outcomes,
      successRate: successRate(outcomes),
      coverage: coverage(outcomes),
      durationMs,
      fields: assemble(statistics) as Values<T, Statistics>,
    };
  }

  #window(windowMs: number, { monotonicMs }: Timestamp): Window {
    const live = this.#liveWindows.indexOf(windowMs);
    // The live ranges only advance: a time before the newest sample, or before an earlier call, needs a search.
    if (live !== -1 && monotonicMs >= this.#liveMs && !(monotonicMs <= this.#newestMs)) {
      this.#advance(monotonicMs, this.#pushed - this.#retain);
      return { range: { from: this.#starts[live] as number, to: this.#pushed }, live };
    }
    return { range: { from: this.#firstSince(monotonicMs - windowMs), to: this.#firstSince(monotonicMs) }, live: undefined };
  }

  /** Advances the live windows to `[nowMs - length, nowMs)`, with `oldest` as the first retained push. */
  #advance(nowMs: number, oldest: number): void {
    this.#liveMs = nowMs;
    for (let live = 0; live < this.#starts.length; live += 1) {
      const sinceMs = nowMs - (this.#liveWindows[live] as number);
      let start = this.#starts[live] as number;
      while (start < this.#pushed && (start < oldest || this.#timeOf(start) < sinceMs)) start += 1;
      this.#starts[live] = start;
    }
  }

  /** The first retained push at `sinceMs` or later; the number of the next push if there is none. */
  #firstSince(sinceMs: number): number {
    let [low, high] = [this.#pushed - this.size, this.#pushed];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#timeOf(middle) < sinceMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #count({ from, to }: Range): OutcomeCounts {
    const counts = noOutcomes();
    for (let n = from; n < to; n += 1) counts[this.#outcomeOf(n)] += 1;
    return counts;
  }

  #durationsIn({ range, live }: Window): Aggregate["durationMs"] {
    const found = this.#durations.statistics(range, live);
    return found ? { mean: found.mean, min: found.min, max: found.max, p95: found.p95 } : null;
  }

  /** The same samples, as far as they are retained. It is a live window only until the next push. */
  #asOfNow({ range, live }: Window): Window {
    const from = Math.max(range.from, this.#pushed - this.size);
    const isLive = live !== undefined && this.#starts[live] === range.from && this.#pushed === range.to;
    return { range: { from: Math.min(from, range.to), to: range.to }, live: isLive ? live : undefined };
  }

  #statisticsOf({ column, field }: PointColumn, { range, live }: Window): Statistics | undefined {
    const { fields } = this.type;
    const described = fields[field] as Field;
    if (!isRunningTotal(described, fields)) return column.statistics(range, live);
    const found = column.statistics(range, live, this.#elapsedOf);
    if (!found || described.kind === "counter") return found;
    // A total of counters falls when one of them restarts: only its parts have an increase and a rate.
    const { increase: _, rate: __, ...known } = found;
    return known;
  }

  #asTable(): SampleTable {
    // Its getters read the private state of this buffer at the time of the call.
    const oldest = (): number => this.#pushed - this.size;
    const taken = (): number => this.#pushed;
    const columns = this.#columns;
    const wallMs = (n: number): number => this.#wallMs[n % this.#capacity] as number;
    return {
      get oldest() {
        return oldest();
      },
      get taken() {
        return taken();
      },
      get columns() {
        return columns.all.map(({ field, path, column }) => ({
          field,
          path,
          at: (n: number) => column.at(n),
          isMeasuredIn: (from: number, to: number) => column.isMeasuredIn({ from: Math.max(from, oldest()), to }),
        }));
      },
      timeMs: wallMs,
      row: (n) => {
        const outcome = this.#outcomeOf(n);
        return {
          time: new Date(wallMs(n)).toISOString(),
          outcome,
          durationMs: WITH_DURATION.has(outcome) ? this.#durations.at(n) : 0,
          error: this.#errors[n % this.#capacity],
        };
      },
    };
  }

  #sample(n: number): Sample<Values<T>> {
    const { time, outcome, durationMs, error } = this.#table.row(n);
    return {
      time,
      collection: this.#collection,
      outcome,
      durationMs,
      ...(outcome === "success" ? { values: assemble(this.#measuredAt(n)) as Values<T> } : {}),
      ...(error === undefined ? {} : { error }),
    };
  }

  *#measuredAt(n: number): Generator<readonly [PointColumn, number]> {
    for (const each of this.#columns.all) {
      const value = each.column.at(n);
      if (!Number.isNaN(value)) yield [each, value];
    }
  }

  readonly #timeOf = (n: number): number => this.#atMs[n % this.#capacity] as number;

  /** The time of a push on a clock that runs on while the process is suspended, as the counters of its sources do. */
  readonly #elapsedOf = (n: number): number => this.#timeOf(n) + (this.#suspensions.findLast(({ push }) => push <= n)?.totalMs ?? 0);

  #suspend(push: number, totalMs: number): void {
    const oldest = this.#suspensions.findLastIndex((each) => each.push <= push - this.#retain);
    this.#suspensions = [...this.#suspensions.slice(Math.max(0, oldest)), { push, totalMs }];
  }

  #outcomeOf(n: number): Outcome {
    return OUTCOMES[this.#outcome[n % this.#capacity] as number] as Outcome;
  }
}
