import type { Clock } from "../base/clock.ts";
import { SampleBuffer } from "../buffer/buffer.ts";
import { windowMs, type Aggregate } from "../buffer/window.ts";
import { WATCHED_MS, type CollectionFacts } from "../health/rules/built-in.ts";
import type { RuleTarget } from "../health/rules/user.ts";
import { coverage, noOutcomes, successRate, ticksDue, type Outcome, type OutcomeCounts } from "../sample/outcome.ts";
import { PointTable, type ResolvedPoints } from "../sample/points.ts";
import type { Sample, SampleRecord } from "../sample/sample.ts";
import type { CollectionPlan } from "./resolve.ts";

export interface RecordSettings {
  readonly clock: Clock;
  /** Windows that are aggregated incrementally, such as `1m`. */
  readonly windows: readonly string[];
}

/** A point is retained this many samples longer than its column and its series, so that neither keeps an id that a new point reuses. */
const POINT_LIVES_SAMPLES = 64;

/** The samples and counts of one collection, read by aggregates, rules and built-in components. Rule simulations use it too. */
export class CollectionRecord {
  readonly plan: CollectionPlan;
  readonly buffer: SampleBuffer;
  /** Resolves the points of its samples. */
  readonly points: PointTable;
  readonly #clock: Clock;
  readonly #outcomes: Record<Outcome, number> = noOutcomes();
  #sinceMs: number;
  #last: Sample | undefined;
  #lastError: string | undefined;
  /** Seconds; stored, because the wall clock can step between two computations. */
  #lastSuccessTime: number | undefined;

  constructor(plan: CollectionPlan, { clock, windows }: RecordSettings) {
    this.plan = plan;
    this.buffer = new SampleBuffer(plan.name, plan.reading.type, plan.retain, windows.map(windowMs));
    this.points = new PointTable(plan.reading.type, plan.retain + POINT_LIVES_SAMPLES);
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Starts the time from which missing samples count as missing data. */
  start(): void {
    this.#sinceMs = this.#clock.monotonicMs();
  }

  /** Monotonic time of the start; before the start, of the creation. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Samples by outcome since the start. */
  get outcomes(): OutcomeCounts {
    return this.#outcomes;
  }

  /** The newest sample; undefined before the first. */
  get last(): Sample | undefined {
    return this.#last;
  }

  /** Unix time of the newest successful sample in seconds; undefined before the first. */
  get lastSuccessTime(): number | undefined {
    return this.#lastSuccessTime;
  }

  /** What user-defined rules are evaluated on. */
  get ruleTarget(): RuleTarget {
    const { name, reading, cadence } = this.plan;
    return {
      name,
      type: reading.type,
      measurements: this.buffer,
      startedMs: () => this.#sinceMs,
      cadence,
      wallMs: () => this.#clock.wallMs(),
    };
  }

  /** Records a sample. @param points the points of the sample, resolved by `points` */
  take(record: SampleRecord, points: ResolvedPoints): void {
    const { sample } = record;
    this.buffer.push(record, points);
    this.#outcomes[sample.outcome] += 1;
    this.#last = sample;
    if (sample.outcome === "success") this.#lastSuccessTime = Date.parse(sample.time) / 1_000;
    if (sample.error && sample.outcome !== "waiting") this.#lastError = sample.error.message;
  }

  aggregate(window: string): Aggregate {
    return this.buffer.aggregate(window, windowMs(window), this.#at(this.#clock.monotonicMs()));
  }

  /** What the built-in rules of the collection evaluate. */
  facts(nowMs: number): CollectionFacts {
    const { buffer } = this;
    const outcomes = this.outcomes1m(nowMs);
    return {
      intervalMs: this.plan.intervalMs,
      sinceSampleMs: nowMs - (buffer.newest.atMs ?? this.#sinceMs),
      successRate: successRate(outcomes),
      due: ticksDue(outcomes),
      durationP95Ms: buffer.durations(WATCHED_MS, this.#at(nowMs))?.p95,
      lastError: this.#lastError,
      waiting: this.#last?.outcome === "waiting" ? this.#last.error?.message : undefined,
    };
  }

  /** Outcomes of the last minute. */
  outcomes1m(nowMs: number): OutcomeCounts {
    return this.buffer.outcomes(WATCHED_MS, this.#at(nowMs));
  }

  /** Share of the retained due ticks that succeeded; null before the first. */
  get coverage(): number | null {
    return coverage(this.buffer.retained);
  }

  #at(monotonicMs: number): { readonly wallMs: number; readonly monotonicMs: number } {
    return { wallMs: this.#clock.wallMs(), monotonicMs };
  }
}
