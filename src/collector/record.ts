import type { Clock } from "../base/clock.ts";
import { UNIT_MS } from "../base/quantity.ts";
import { SampleBuffer } from "../buffer/buffer.ts";
import { windowMs, type Aggregate } from "../buffer/window.ts";
import type { EvaluationTime } from "../health/rule.ts";
import { watchedMs, type CollectionFacts } from "../health/rules/built-in.ts";
import type { RuleTarget } from "../health/rules/user.ts";
import { isDeepStrictEqual } from "node:util";
import { coverage, noOutcomes, type Outcome, type OutcomeCounts } from "../sample/outcome.ts";
import type { Field } from "../sample/field.ts";
import { PointTable, type ResolvedPoints } from "../sample/points.ts";
import { INSTANT_MS, type Missing, type Sample, type SampleRecord } from "../sample/sample.ts";
import { fitsType } from "./replay.ts";
import type { CollectionPlan } from "./resolve.ts";

export interface RecordSettings {
  readonly clock: Clock;
  /** Windows that are aggregated incrementally, such as `1m`. */
  readonly windows: readonly string[];
}

/** A point is retained this many samples longer than its column, which must not keep an id that a new point reuses. */
const POINT_LIVES_SAMPLES = 64;

const NOTHING_MISSING: Missing = { share: 0, text: "every reading is complete" };

/** When rules are evaluated on a new sample: windows end right after its start, so that they hold it, and hold times run on due times. */
export const evaluationTimeOf = ({ atMs, dueMs }: Pick<SampleRecord, "atMs" | "dueMs">): EvaluationTime => ({
  nowMs: atMs + INSTANT_MS,
  dueMs,
});

/** The samples and counts of one collection, read by aggregates, rules and built-in components. Rule simulations use it too. */
export class CollectionRecord {
  readonly plan: CollectionPlan;
  readonly buffer: SampleBuffer;
  /** Resolves the points of its samples. */
  readonly points: PointTable;
  readonly #clock: Clock;
  readonly #windows: readonly string[];
  readonly #outcomes: Record<Outcome, number> = noOutcomes();
  #sinceMs: number;
  /** Monotonic time up to which its ticks are those from before a restart; undefined if it has none. */
  restoredUntilMs: number | undefined;
  /** Monotonic time of the first success since then, or of the first time its source waited for a write; undefined before it. */
  #respondedMs: number | undefined;
  #last: Sample | undefined;
  /** What is missing of the newest successful reading. */
  #missing: Missing | undefined;
  /** Message of the newest error of the source, and whether it failed since it last succeeded. */
  #lastError: string | undefined;
  #isFailing = false;
  readonly #watchedMs: number;
  /** Monotonic time at which the newest sample was recorded. */
  #takenMs = Number.NEGATIVE_INFINITY;
  /** Seconds; stored, because the wall clock can step between two computations. */
  #lastSuccessTime: number | undefined;
  #hasTicked = false;
  /** Milliseconds without a success before a restart, until the start. */
  #restoredMs: number | undefined;
  /** Monotonic time from which the age of the newest success counts at the earliest. */
  #ageSinceMs: number;

  /** Samples of the collection up to this number of the journal are not its own: it began anew since. */
  begunAfter = 0;
  /** Whether it could not take over all samples of the record before, because they do not fit its type. */
  readonly hasMisfits: boolean = false;

  /** @param before the record of the collection so far, which this one continues with another plan or other windows; default: it begins anew */
  constructor(plan: CollectionPlan, { clock, windows }: RecordSettings, before?: CollectionRecord) {
    const { reading, retain } = plan;
    this.plan = plan;
    this.#clock = clock;
    this.#windows = windows;
    this.#watchedMs = watchedMs(plan.intervalMs);
    this.#sinceMs = this.#ageSinceMs = clock.monotonicMs();
    const isSameType = before?.plan.reading.type === reading.type;
    this.points = (isSameType && before?.points) || new PointTable(reading.type, 0);
    this.points.retain(retain + POINT_LIVES_SAMPLES);
    if (before && isSameType && before.plan.retain === retain && isDeepStrictEqual(before.#windows, windows)) this.buffer = before.buffer;
    else {
      const kept = before ? before.#fitting(plan) : [];
      this.buffer = new SampleBuffer(plan.name, reading.type, retain, windows.map(windowMs), (before?.buffer.taken ?? 0) - kept.length);
      this.hasMisfits = before !== undefined && kept.length < Math.min(retain, before.buffer.size);
      for (const record of kept) this.restore(record);
    }
    if (before) this.#continue(before);
  }

  /** Milliseconds since the newest success, the start or the resumption, without the time that no collector ran. */
  get withoutSuccessMs(): number {
    return this.#clock.monotonicMs() - Math.max(this.#ageSinceMs, this.buffer.newest.successMs ?? Number.NEGATIVE_INFINITY);
  }

  /** At the start it has been without a success for this long already. */
  continueWithoutSuccess(ms: number): void {
    this.#restoredMs = ms;
  }

  /** From now on a missing sample counts as missing data: the collection was started or resumed. */
  start(): void {
    this.#sinceMs = this.#clock.monotonicMs();
    this.#ageSinceMs = this.#sinceMs - (this.#restoredMs ?? 0);
    this.#restoredMs = undefined;
    this.#respondedMs = undefined;
  }

  /** Samples by outcome since the start. */
  get outcomes(): OutcomeCounts {
    return this.#outcomes;
  }

  /** Whether a tick has ended since the collector was created. */
  get hasTicked(): boolean {
    return this.#hasTicked;
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
      intervalMs: this.plan.intervalMs,
      sinceMs: () => this.#ageSinceMs,
      judgedSinceMs: () => this.#respondedMs ?? this.#sinceMs,
      lastError: () => (this.#isFailing ? this.#lastError : undefined),
      cadence,
      wallMs: () => this.#clock.wallMs(),
    };
  }

  /** Records a sample from before a restart, or of an earlier buffer: for windows and reports. It is no evidence of the present. */
  restore(record: Pick<SampleRecord, "sample" | "atMs" | "suspendedMs">): void {
    const { sample, atMs } = record;
    this.buffer.push({ ...record, dueMs: atMs, latenessMs: 0 }, this.points.resolve(sample.values), true);
    this.#last = sample;
    if (sample.outcome === "success") this.#lastSuccessTime = Date.parse(sample.time) / 1_000;
  }

  /** Records a sample. @param points the points of the sample, resolved by `points` */
  take(record: SampleRecord, points: ResolvedPoints): void {
    const { sample } = record;
    this.buffer.push(record, points);
    this.#hasTicked = true;
    this.#outcomes[sample.outcome] += 1;
    this.#last = sample;
    if (sample.outcome === "success") this.#missing = record.missing;
    if (sample.outcome === "success") this.#lastSuccessTime = Date.parse(sample.time) / 1_000;
    this.#takenMs = this.#clock.monotonicMs();
    if (sample.error && sample.outcome !== "waiting") this.#noteError(sample.outcome, sample.error.message);
    else this.#isFailing = false;
    if (sample.outcome === "success" || sample.outcome === "waiting") this.#respondedMs ??= record.atMs;
  }

  aggregate(window: string): Aggregate {
    return this.buffer.aggregate(window, windowMs(window), this.#at(this.#clock.monotonicMs()));
  }

  aggregateInSteps(window: string): Generator<undefined, Aggregate> {
    return this.buffer.aggregateInSteps(window, windowMs(window), this.#at(this.#clock.monotonicMs()));
  }

  /** What the built-in rules of the collection evaluate. @param readingSinceMs when the reading in flight started: the time since then is not without a sample */
  facts(nowMs: number, readingSinceMs: number | undefined): CollectionFacts {
    const at = this.#at(nowMs);
    // What failed before the first response says that the source started later, or was not ready yet, and nothing once it responds.
    const judgedMs = Math.min(this.#watchedMs, nowMs - (this.#respondedMs ?? this.#sinceMs) + INSTANT_MS);
    return {
      sinceSampleMs: Math.max(0, (readingSinceMs ?? nowMs) - Math.max(this.#takenMs, this.#sinceMs)),
      outcomes: this.buffer.outcomes(judgedMs, at),
      durationP95Ms: this.buffer.durations(judgedMs, at)?.p95,
      lastError: this.#lastError,
      missing: this.#hasTicked && this.#last?.outcome === "success" ? (this.#missing ?? NOTHING_MISSING) : undefined,
    };
  }

  /** Why its source has nothing to read yet; undefined unless the newest tick was `waiting`. */
  get waitingReason(): string | undefined {
    return this.#last?.outcome === "waiting" ? this.#last.error?.message : undefined;
  }

  /** Outcomes of the last minute, since the start or the latest resumption. */
  outcomes1m(nowMs: number): OutcomeCounts {
    return this.buffer.outcomes(Math.min(UNIT_MS.m, nowMs - this.#sinceMs + INSTANT_MS), this.#at(nowMs));
  }

  /** Share of the retained due ticks that succeeded; null before the first. */
  get coverage(): number | null {
    return coverage(this.buffer.retained);
  }

  /** The newest samples that a record of another plan can hold. */
  #fitting({ reading: { type }, retain }: CollectionPlan): readonly Pick<SampleRecord, "sample" | "atMs" | "suspendedMs">[] {
    const { fields } = this.plan.reading.type;
    const isOther = (key: string): boolean => !isSameMeasure(fields[key], type.fields[key]);
    return [...this.buffer.records(retain)].filter(
      ({ sample }) => fitsType(type, sample) && !Object.keys(sample.values ?? {}).some(isOther),
    );
  }

  /** Everything that is not in the buffer. */
  #continue(before: CollectionRecord): void {
    this.begunAfter = before.begunAfter;
    Object.assign(this.#outcomes, before.#outcomes);
    this.#sinceMs = before.#sinceMs;
    this.#ageSinceMs = before.#ageSinceMs;
    this.#restoredMs = before.#restoredMs;
    this.#respondedMs = before.#respondedMs;
    this.#last = before.#last;
    this.#missing = before.#missing;
    this.#lastError = before.#lastError;
    this.#isFailing = before.#isFailing;
    this.#takenMs = before.#takenMs;
    this.#lastSuccessTime = before.#lastSuccessTime;
    this.#hasTicked = before.#hasTicked;
  }

  /** A tick that did not read the source says nothing new about it, unless the source failed for another collection since. */
  #noteError(outcome: Outcome, message: string): void {
    const isOfSource = outcome !== "missed" && outcome !== "rejected";
    if (isOfSource || !this.#isFailing) this.#lastError = message;
    if (isOfSource || outcome === "rejected") this.#isFailing = true;
  }

  #at(monotonicMs: number): { readonly wallMs: number; readonly monotonicMs: number } {
    return { wallMs: this.#clock.wallMs(), monotonicMs };
  }
}

/** Whether the numbers of two fields mean the same. */
const isSameMeasure = (a: Field | undefined, b: Field | undefined): boolean =>
  a?.kind === b?.kind &&
  a?.unit === b?.unit &&
  isDeepStrictEqual(
    a?.by.map((axis) => axis.attribute),
    b?.by.map((axis) => axis.attribute),
  );
