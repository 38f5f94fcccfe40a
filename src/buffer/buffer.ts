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
import { Timeline, type Timestamp, type Window } from "./timeline.ts";
import type { Aggregate } from "./window.ts";
import type { Statistics } from "../statistics/moments.ts";

/**
 * The last `retain` samples of one collection, in columns. A column is created at the first measurement of its point and removed once the
 * point is absent from all retained samples.
 *
 * Columns keep histograms of the live windows, so that their quantiles need no sorting.
 */
export class SampleBuffer<T extends SampleType = SampleType> {
  readonly type: T;
  readonly #collection: string;
  readonly #retain: number;
  /** Number of the first sample. */
  readonly #first: number;
  readonly #capacity: number;
  readonly #timeline: Timeline;
  readonly #outcome: Uint8Array;
  readonly #errors: (SampleError | undefined)[];
  readonly #columns: Columns;
  /** Durations of the readings; NaN for ticks without one. */
  readonly #durations: Column;
  readonly #retained: Record<Outcome, number> = noOutcomes();
  /** Time of the newest success; NaN if there is none, so that a push allocates nothing. */
  #successMs = Number.NaN;
  readonly #table: SampleTable;
  /**
   * @param collection name of the collection, for its samples
   * @param retain maximum number of retained samples
   * @param liveWindows lengths in milliseconds of the windows that are read often, which are computed incrementally
   * @param first number of the first sample, where the buffer continues another one; default: 0
   */
  constructor(collection: string, type: T, retain: number, liveWindows: readonly number[] = [], first = 0) {
    this.type = type;
    this.#collection = collection;
    this.#retain = retain;
    this.#first = first;
    this.#capacity = capacityOf(retain);
    this.#timeline = new Timeline(retain, liveWindows, first);
    this.#outcome = new Uint8Array(this.#capacity);
    this.#errors = Array.from<SampleError | undefined>({ length: this.#capacity }).fill(undefined);
    const shape = { retain, starts: this.#timeline.starts };
    this.#columns = new Columns(shape);
    this.#durations = new Column(shape, first);
    this.#table = this.#asTable();
  }

  /** Number of retained samples. */
  get size(): number {
    return this.#timeline.size;
  }

  /** Number of the next sample: of those so far, retained or not. */
  get taken(): number {
    return this.#timeline.pushed;
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

  /**
   * Adds a sample with its resolved `points`; drops the oldest if `retain` is exceeded.
   *
   * @param isReplayed whether many samples follow before anything is read: they cost less then, and the next read more. Default: false
   */
  push(record: SampleRecord, points: ResolvedPoints, isReplayed = false): void {
    const { sample, atMs } = record;
    const n = this.#timeline.push(record);
    if (n - this.#retain >= this.#first) this.#retained[this.#outcomeOf(n - this.#retain)] -= 1;
    this.#retained[sample.outcome] += 1;
    const slot = n % this.#capacity;
    this.#outcome[slot] = OUTCOMES.indexOf(sample.outcome);
    this.#errors[slot] = sample.error;
    if (n % TILE === 0) this.#durations.beginTile(n, isReplayed);
    if (WITH_DURATION.has(sample.outcome)) this.#durations.put(n, sample.durationMs);
    this.#columns.put(n, points, isReplayed);
    if (sample.outcome === "success") this.#successMs = atMs;
  }

  /** The newest `count` samples, newest first. */
  recent(count: number): readonly Sample<Values<T>>[] {
    const length = Math.max(0, Math.min(count, this.size));
    return Array.from({ length }, (_, back) => this.#sample(this.#timeline.pushed - 1 - back));
  }

  /** The newest `count` retained samples with their times, oldest first, as another buffer takes them over. */
  *records(count: number): Generator<Pick<SampleRecord, "sample" | "atMs" | "suspendedMs">> {
    const to = this.taken;
    for (let n = to - Math.min(count, this.size); n < to; n += 1)
      yield { sample: this.#sample(n), atMs: this.#timeline.timeOf(n), suspendedMs: this.#timeline.suspendedOf(n) };
  }

  /** The retained samples by number. */
  get table(): SampleTable {
    return this.#table;
  }

  /** Monotonic start times in milliseconds of the newest sample and of the newest success; undefined if there is none. */
  get newest(): { readonly atMs: number | undefined; readonly successMs: number | undefined } {
    const known = (ms: number): number | undefined => (Number.isNaN(ms) ? undefined : ms);
    return { atMs: known(this.#timeline.newestMs), successMs: known(this.#successMs) };
  }

  /** Outcomes of all retained samples. */
  get retained(): OutcomeCounts {
    return this.#retained;
  }

  /** Outcomes of the samples in `[now - windowMs, now)`. */
  outcomes(windowMs: number, now: Timestamp): OutcomeCounts {
    return this.#count(this.#timeline.window(windowMs, now).range);
  }

  /** Durations of the readings in `[now - windowMs, now)`; null if there are none. */
  durations(windowMs: number, now: Timestamp): Aggregate["durationMs"] {
    return this.#durationsIn(this.#timeline.window(windowMs, now));
  }

  /** Statistics of one point in `[now - windowMs, now)`; undefined if it was not measured. */
  statistics(field: string, path: readonly string[], windowMs: number, now: Timestamp): Statistics | undefined {
    const found = this.#columns.find(field, path);
    return found && this.#statisticsOf(found, this.#timeline.window(windowMs, now));
  }

  /** Whether one point was measured in `[now - windowMs, now)` or later. */
  isMeasured(field: string, path: readonly string[], windowMs: number, now: Timestamp): boolean {
    const found = this.#columns.find(field, path);
    if (!found) return false;
    return found.column.measured >= this.#timeline.window(windowMs, now).range.from;
  }

  /** Paths of the retained points of a field. */
  paths(field: string): readonly (readonly string[])[] {
    return this.#columns.all.filter((each) => each.field === field).map(({ path }) => path);
  }

  /** Trend of one point in `[now - windowMs, now)`; undefined if there are too few measurements. */
  trend(field: string, path: readonly string[], windowMs: number, now: Timestamp): Trend | undefined {
    const found = this.#columns.find(field, path);
    if (!found) return undefined;
    const { values, pushes } = found.column.measuredIn(this.#timeline.window(windowMs, now).range, TREND_NUMBERS);
    return trendOf({ atMs: pushes.map(this.#timeline.timeOf), values });
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
    const inside = this.#timeline.window(windowMs, now);
    const outcomes = this.#count(inside.range);
    const durationMs = this.#durationsIn(inside);
    const statistics: (readonly [PointColumn, Statistics])[] = [];
    for (const each of this.#columns.all) {
      const found = this.#statisticsOf(each, this.#timeline.asOfNow(inside));
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

  #count({ from, to }: Range): OutcomeCounts {
    const counts = noOutcomes();
    for (let n = from; n < to; n += 1) counts[this.#outcomeOf(n)] += 1;
    return counts;
  }

  #durationsIn({ range, live }: Window): Aggregate["durationMs"] {
    const found = this.#durations.statistics(range, live);
    return found ? { mean: found.mean, min: found.min, max: found.max, p95: found.p95 } : null;
  }

  #statisticsOf({ column, field }: PointColumn, { range, live }: Window): Statistics | undefined {
    const { fields } = this.type;
    const described = fields[field] as Field;
    if (!isRunningTotal(described, fields)) return column.statistics(range, live);
    const found = column.statistics(range, live, this.#timeline.elapsedOf);
    if (!found || described.kind === "counter") return found;
    // A total of counters falls when one of them restarts: only its parts have an increase and a rate.
    const { increase: _, rate: __, ...known } = found;
    return known;
  }

  #asTable(): SampleTable {
    // Its getters read the private state of this buffer at the time of the call.
    const timeline = this.#timeline;
    const columns = this.#columns;
    const { wallTimeOf } = timeline;
    return {
      get oldest() {
        return timeline.oldest;
      },
      get taken() {
        return timeline.pushed;
      },
      get columns() {
        return columns.all.map(({ field, path, column }) => ({
          field,
          path,
          at: (n: number) => column.at(n),
          isMeasuredIn: (from: number, to: number) => column.isMeasuredIn({ from: Math.max(from, timeline.oldest), to }),
        }));
      },
      timeMs: wallTimeOf,
      row: (n) => {
        const outcome = this.#outcomeOf(n);
        return {
          time: new Date(wallTimeOf(n)).toISOString(),
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

  #outcomeOf(n: number): Outcome {
    return OUTCOMES[this.#outcome[n % this.#capacity] as number] as Outcome;
  }
}
