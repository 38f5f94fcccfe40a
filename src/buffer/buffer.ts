import { coverage, noOutcomes, OUTCOMES, successRate, ticksDue, type Outcome, type OutcomeCounts } from "../sample/outcome.ts";
import { assemble, pointKey, pointsOf, type Point, type SampleType, type Values } from "../sample/sample-type.ts";
import type { Sample, SampleError, SampleRecord } from "../sample/sample.ts";
import { quantile } from "./quantile.ts";
import { statisticsOf, type Series } from "./statistics.ts";
import type { Aggregate, Statistics } from "./window.ts";

/** Samples of these outcomes asked the source. */
const ASKED: ReadonlySet<Outcome> = new Set(["success", "failed", "timeout", "invalid"]);

/** A moment on both clocks: windows are cut on the monotonic one and labelled with the other. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

interface Newest {
  readonly atMs: number | undefined;
  readonly successMs: number | undefined;
}

/** One point's numbers, a place for each retained sample; NaN where it was not measured. */
interface Column extends Pick<Point, "field" | "path"> {
  readonly values: Float64Array;
  /** Number of the last push that measured it. */
  measured: number;
}

/**
 * The last `retain` samples of one collection, in columns. A column begins with its point's first measurement and goes once
 * the point has been absent from everything retained.
 */
export class SampleBuffer<T extends SampleType = SampleType> {
  readonly #collection: string;
  readonly #type: T;
  readonly #retain: number;
  readonly #seq: Float64Array;
  readonly #atMs: Float64Array;
  readonly #wallMs: Float64Array;
  readonly #durationMs: Float64Array;
  readonly #outcome: Uint8Array;
  readonly #errors: (SampleError | undefined)[];
  readonly #columns = new Map<string, Column>();
  readonly #retained: Record<Outcome, number> = noOutcomes();
  #newest: Newest = { atMs: undefined, successMs: undefined };
  #pushed = 0;

  /**
   * @param collection name that the samples carry
   * @param retain how many samples are kept
   */
  constructor(collection: string, type: T, retain: number) {
    this.#collection = collection;
    this.#type = type;
    this.#retain = retain;
    this.#seq = new Float64Array(retain);
    this.#atMs = new Float64Array(retain);
    this.#wallMs = new Float64Array(retain);
    this.#durationMs = new Float64Array(retain);
    this.#outcome = new Uint8Array(retain);
    this.#errors = Array.from<SampleError | undefined>({ length: retain }).fill(undefined);
  }

  /** Samples retained now. */
  get size(): number {
    return Math.min(this.#pushed, this.#retain);
  }

  /** Bytes of the columns. */
  get bytes(): number {
    return this.#retain * (4 * 8 + 1 + this.#columns.size * 8);
  }

  /** Keeps a sample; the oldest goes when there is no room. */
  push({ sample, atMs }: SampleRecord): void {
    const slot = this.#pushed % this.#retain;
    if (this.#pushed >= this.#retain) this.#retained[this.#outcomeAt(slot)] -= 1;
    this.#retained[sample.outcome] += 1;
    this.#pushed += 1;
    this.#seq[slot] = sample.seq;
    this.#atMs[slot] = atMs;
    this.#wallMs[slot] = Date.parse(sample.time);
    this.#durationMs[slot] = sample.durationMs;
    this.#outcome[slot] = OUTCOMES.indexOf(sample.outcome);
    this.#errors[slot] = sample.error;
    this.#newest = { atMs, successMs: sample.outcome === "success" ? atMs : this.#newest.successMs };
    for (const column of this.#columns.values()) column.values[slot] = Number.NaN;
    if (sample.values) for (const point of pointsOf(this.#type, sample.values)) this.#measure(point, slot);
    for (const [key, column] of this.#columns) if (this.#pushed - column.measured >= this.#retain) this.#columns.delete(key);
  }

  /** The newest `count` samples, newest first. */
  recent(count: number): readonly Sample<Values<T>>[] {
    const length = Math.max(0, Math.min(count, this.size));
    return Array.from({ length }, (_, back) => this.#sample((this.#pushed - 1 - back) % this.#retain));
  }

  /** When the newest sample began, and the newest successful one, on the monotonic clock; undefined where there is none. */
  get newest(): Newest {
    return this.#newest;
  }

  /** Outcomes of everything retained. */
  get retained(): OutcomeCounts {
    return this.#retained;
  }

  /** Outcomes of the samples in `[now - windowMs, now)`. */
  outcomes(windowMs: number, now: Moment): OutcomeCounts {
    return this.#count(this.#slots(now.monotonicMs - windowMs, now.monotonicMs));
  }

  /** Durations of the samples in `[now - windowMs, now)` that asked the source; null when there are none. */
  durations(windowMs: number, now: Moment): Aggregate["durationMs"] {
    return this.#durations(this.#slots(now.monotonicMs - windowMs, now.monotonicMs));
  }

  /** Everything the samples in `[now - windowMs, now)` come to. Right at every moment: a window empties when nothing arrives. */
  aggregate(window: string, windowMs: number, now: Moment): Aggregate<T> {
    const slots = this.#slots(now.monotonicMs - windowMs, now.monotonicMs);
    const outcomes = this.#count(slots);
    return {
      window,
      from: new Date(now.wallMs - windowMs).toISOString(),
      to: new Date(now.wallMs).toISOString(),
      due: ticksDue(outcomes),
      outcomes,
      successRate: successRate(outcomes),
      coverage: coverage(outcomes),
      durationMs: this.#durations(slots),
      fields: assemble(this.#statistics(slots)) as Values<T, Statistics>,
    };
  }

  #measure(point: Point, slot: number): void {
    const key = pointKey(point);
    let column = this.#columns.get(key);
    if (!column) {
      column = { field: point.field, path: point.path, values: new Float64Array(this.#retain).fill(Number.NaN), measured: 0 };
      this.#columns.set(key, column);
    }
    column.values[slot] = point.value;
    column.measured = this.#pushed;
  }

  /** Places of the samples from `fromMs` to before `toMs`, oldest first. */
  #slots(fromMs: number, toMs: number): number[] {
    const slots: number[] = [];
    // From the newest back: moments never decrease, so a short window looks at no more than it holds.
    for (let n = this.#pushed - 1; n >= this.#pushed - this.size; n -= 1) {
      const slot = n % this.#retain;
      const atMs = this.#atMs[slot] as number;
      if (atMs < fromMs) break;
      if (atMs < toMs) slots.push(slot);
    }
    return slots.toReversed();
  }

  #count(slots: Iterable<number>): OutcomeCounts {
    const counts = noOutcomes();
    for (const slot of slots) counts[this.#outcomeAt(slot)] += 1;
    return counts;
  }

  #durations(slots: readonly number[]): Aggregate["durationMs"] {
    const asked = slots.filter((slot) => ASKED.has(this.#outcomeAt(slot)));
    if (asked.length === 0) return null;
    const sorted = Float64Array.from(asked, (slot) => this.#durationMs[slot] as number).sort();
    const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    return { mean, min: sorted[0] as number, max: sorted.at(-1) as number, p95: quantile(sorted, 0.95) };
  }

  *#statistics(slots: readonly number[]): Generator<readonly [Column, Statistics]> {
    for (const column of this.#columns.values()) {
      const field = this.#type.fields[column.field];
      const statistics = field && statisticsOf(this.#series(column, slots), field.kind);
      if (statistics) yield [column, statistics];
    }
  }

  #series(column: Column, slots: readonly number[]): Series {
    const measured = slots.filter((slot) => !Number.isNaN(column.values[slot]));
    return {
      values: Float64Array.from(measured, (slot) => column.values[slot] as number),
      atMs: Float64Array.from(measured, (slot) => this.#atMs[slot] as number),
    };
  }

  #sample(slot: number): Sample<Values<T>> {
    const outcome = this.#outcomeAt(slot);
    const error = this.#errors[slot];
    return {
      seq: this.#seq[slot] as number,
      time: new Date(this.#wallMs[slot] as number).toISOString(),
      collection: this.#collection,
      outcome,
      durationMs: this.#durationMs[slot] as number,
      ...(outcome === "success" ? { values: assemble(this.#measured(slot)) as Values<T> } : {}),
      ...(error === undefined ? {} : { error }),
    };
  }

  *#measured(slot: number): Generator<readonly [Column, number]> {
    for (const column of this.#columns.values()) {
      const value = column.values[slot] as number;
      if (!Number.isNaN(value)) yield [column, value];
    }
  }

  #outcomeAt(slot: number): Outcome {
    return OUTCOMES[this.#outcome[slot] as number] as Outcome;
  }
}
