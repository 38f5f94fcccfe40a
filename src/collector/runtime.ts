import type { SampleBuffer } from "../buffer/buffer.ts";
import { windowMs, type Aggregate } from "../buffer/window.ts";
import type { Clock } from "../base/clock.ts";
import type { Collection } from "../collection/collection.ts";
import type { SourcePolicy } from "../collection/policy.ts";
import type { CollectionHandle } from "./collector.ts";
import type { CollectionReport, FieldReport } from "../answer/collection.ts";
import type { RuleTarget, ThresholdReport } from "../health/rules/user.ts";
import { VitalsError } from "../base/errors.ts";
import { WATCHED_MS, type CollectionFacts } from "../health/rules/built-in.ts";
import { coverage, noOutcomes, successRate, ticksDue, type Outcome, type OutcomeCounts } from "../sample/outcome.ts";
import { isAdditive, type Field } from "../sample/field.ts";
import type { SampleType, Values } from "../sample/sample-type.ts";
import type { CollectionState } from "../telemetry/collection-metrics.ts";
import type { Sample, SampleRecord } from "../sample/sample.ts";

export interface RuntimeParts {
  readonly collection: Collection;
  readonly buffer: SampleBuffer;
  readonly policy: SourcePolicy;
  readonly source: string;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly slowMs: number;
  readonly retain: number;
  /** What its report says it is judged by. Default: nothing. */
  readonly thresholds?: readonly ThresholdReport[];
}

/** A collection that succeeded this many intervals ago is not up any more. */
const UP_INTERVALS = 3;

/** One collection with what it has gathered: its buffer, and counts since the start. */
export class CollectionRuntime implements CollectionHandle {
  readonly name: string;
  readonly type: SampleType;
  readonly parts: RuntimeParts;
  /** Monotonic moment of its making. */
  readonly startedMs: number;
  readonly #outcomes: Record<Outcome, number> = noOutcomes();
  #last: Sample | undefined;
  #lastError: string | undefined;
  /** Seconds; kept, because worked out anew from two clocks it would differ a little each time it is told. */
  #lastSuccessTime: number | undefined;

  constructor(parts: RuntimeParts) {
    this.parts = parts;
    this.name = parts.collection.name;
    this.type = parts.collection.type;
    this.startedMs = parts.clock.monotonicMs();
  }

  /** Samples by outcome since the start. */
  get outcomes(): OutcomeCounts {
    return this.#outcomes;
  }

  /** The newest sample; undefined before the first. */
  get last(): Sample | undefined {
    return this.#last;
  }

  take(record: SampleRecord): void {
    const { sample } = record;
    this.parts.buffer.push(record);
    this.#outcomes[sample.outcome] += 1;
    this.#last = sample;
    if (sample.outcome === "success") this.#lastSuccessTime = Date.parse(sample.time) / 1_000;
    if (sample.error) this.#lastError = sample.error.message;
  }

  recent(count: number): readonly Sample<Values<SampleType>>[] {
    return this.parts.buffer.recent(count);
  }

  aggregate(window: string): Aggregate {
    const { buffer, clock } = this.parts;
    return buffer.aggregate(window, windowMs(window), { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() });
  }

  report(): CollectionReport {
    const { buffer, collection, policy, source, intervalMs, timeoutMs, retain } = this.parts;
    return {
      name: this.name,
      source,
      type: this.type.name,
      intervalMs,
      timeoutMs,
      retain,
      state: collection.state,
      samples: buffer.size,
      lastOutcome: this.#last?.outcome ?? null,
      lastTime: this.#last?.time ?? null,
      coverage: coverage(buffer.retained),
      breaker: policy.state,
      fields: fieldsOf(this.type),
      thresholds: this.parts.thresholds ?? [],
    };
  }

  /** What its metrics tell. */
  state(): CollectionState {
    const { buffer, clock, collection, intervalMs } = this.parts;
    const { successMs } = buffer.newest;
    const ageMs = successMs === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - successMs;
    return {
      name: this.name,
      source: this.parts.source,
      intervalMs,
      up: this.#last?.outcome === "success" && ageMs <= UP_INTERVALS * intervalMs,
      lastSuccessTime: this.#lastSuccessTime,
      samples: buffer.size,
      bufferBytes: buffer.bytes,
      refused: collection.refused,
      unkept: buffer.refused,
    };
  }

  /** What health judges the collection by. */
  facts(nowMs: number): CollectionFacts {
    const { buffer, clock, intervalMs } = this.parts;
    const now = { wallMs: clock.wallMs(), monotonicMs: nowMs };
    const outcomes = buffer.outcomes(WATCHED_MS, now);
    return {
      intervalMs,
      sinceSampleMs: nowMs - (buffer.newest.atMs ?? this.startedMs),
      successRate: successRate(outcomes),
      due: ticksDue(outcomes),
      durationP95Ms: buffer.durations(WATCHED_MS, now)?.p95,
      lastError: this.#lastError,
    };
  }

  /** What the rules of a configuration are evaluated on. */
  get ruleTarget(): RuleTarget {
    const { buffer, clock } = this.parts;
    return { name: this.name, type: this.type, measurements: buffer, startedMs: this.startedMs, wallMs: () => clock.wallMs() };
  }

  /** Outcomes of the last minute. */
  outcomes1m(nowMs: number): OutcomeCounts {
    return this.parts.buffer.outcomes(WATCHED_MS, { wallMs: this.parts.clock.wallMs(), monotonicMs: nowMs });
  }

  /** What health judges the buffer by. */
  bufferFacts(): { readonly due: number; readonly coverage: number | null } {
    const { retained } = this.parts.buffer;
    return { due: ticksDue(retained), coverage: coverage(retained) };
  }
}

function fieldsOf(type: SampleType): CollectionReport["fields"] {
  return Object.fromEntries(Object.entries(type.fields).map(([key, field]) => [key, fieldOf(field)]));
}

function fieldOf(field: Field): FieldReport {
  const { kind, instrument, unit, good, description, sums, min, max, by } = field;
  return {
    kind,
    additive: isAdditive(field),
    instrument,
    unit,
    ...(good === undefined ? {} : { good }),
    ...(description === undefined ? {} : { description }),
    ...(sums === undefined ? {} : { sums }),
    ...(Number.isFinite(min) ? { min } : {}),
    ...(Number.isFinite(max) ? { max } : {}),
    by: by.map((axis) => axis.attribute),
  };
}

/** The handle as one of `type`; its samples and aggregates then have the type's fields. */
export function handleOf<T extends SampleType>(handle: CollectionHandle, type: T): CollectionHandle<T> {
  if (handle.type !== type) {
    throw new VitalsError("unknown_name", `collection "${handle.name}" has the sample type "${handle.type.name}", not "${type.name}"`);
  }
  return handle as unknown as CollectionHandle<T>; // sound: the handle's type is `type` itself
}
