import type { CollectionReport, FieldReport, PauseReport } from "../answer/collection.ts";
import type { Clock } from "../base/clock.ts";
import { VitalsError } from "../base/errors.ts";
import type { Pauser } from "../base/pauser.ts";
import type { SampleTable } from "../buffer/table.ts";
import type { Aggregate } from "../buffer/window.ts";
import { Collection, type ReadingInFlight } from "../collection/collection.ts";
import type { ThresholdReport } from "../health/rules/user.ts";
import { LIVE_INTERVALS } from "../sample/outcome.ts";
import { isAdditive, titleOf, type Field } from "../sample/field.ts";
import type { SampleType, Values } from "../sample/sample-type.ts";
import type { Sample, SampleRecord } from "../sample/sample.ts";
import type { CollectionState } from "../telemetry/collection-metrics.ts";
import type { CollectionHandle, SelfCheck } from "./collector.ts";
import { CollectionRecord } from "./record.ts";
import type { CollectionPlan } from "./resolve.ts";
import type { SourceWithBreaker } from "./sources.ts";

export interface RuntimeSettings extends SourceWithBreaker {
  readonly clock: Clock;
  readonly windows: readonly string[];
  /** Thresholds of its rules, for its report. */
  readonly thresholds: readonly ThresholdReport[];
  /** Receives each of its samples, in order. */
  readonly pipeline: { take(record: SampleRecord, runtime: CollectionRuntime): void };
}

/** One collection: its schedule, its record, and its source's breaker. */
export class CollectionRuntime implements CollectionHandle {
  readonly name: string;
  #plan: CollectionPlan;
  #record: CollectionRecord;
  readonly #collection: Collection;
  #settings: RuntimeSettings;
  #pause: PauseReport | undefined;

  constructor(plan: CollectionPlan, settings: RuntimeSettings) {
    this.name = plan.name;
    this.#plan = plan;
    this.#record = new CollectionRecord(plan, settings);
    const { pipeline } = settings;
    this.#collection = new Collection({ ...plan, ...settings }, (record) => {
      pipeline.take(record, this);
      if (record.sample.outcome === "success") this.#settings.explained.refresh();
    });
    this.#settings = settings;
  }

  get type(): SampleType {
    return this.#plan.reading.type;
  }

  get plan(): CollectionPlan {
    return this.#plan;
  }

  get record(): CollectionRecord {
    return this.#record;
  }

  /** The reading in flight; undefined if there is none. */
  get inFlight(): ReadingInFlight | undefined {
    return this.#collection.inFlight;
  }

  get state(): CollectionReport["state"] {
    return this.#collection.state;
  }

  /** Monotonic time at which the reading in flight started; undefined if there is none. */
  get readingSinceMs(): number | undefined {
    return this.#collection.readingSinceMs;
  }

  get taken(): number {
    return this.record.buffer.taken;
  }

  /** Ticks until `stop`. Resolves once the last tick has ended. */
  run(): Promise<void> {
    this.record.start();
    return this.#collection.run(this.record.restoredUntilMs);
  }

  /** Continues with another plan of the same sample type: its samples that fit, its counts, its pause and, with the same interval, its ticks stay. */
  change(plan: CollectionPlan, settings: RuntimeSettings): void {
    this.#record = new CollectionRecord(plan, settings, this.#record);
    this.#plan = plan;
    this.#settings = settings;
    this.#collection.change({ ...plan, ...settings });
  }

  /** @param pauser who pauses it; ignored if it is paused */
  pause(pauser: Pauser): void {
    if (this.state === "paused" || this.state === "stopped") return;
    this.#collection.pause();
    this.#pause = { since: new Date(this.#settings.clock.wallMs()).toISOString(), ...pauser };
  }

  /** Its pause; undefined if it is not paused. */
  get paused(): PauseReport | undefined {
    return this.state === "paused" ? this.#pause : undefined;
  }

  /** What happened before the pause is no longer missing data. */
  resume(): void {
    if (this.state === "paused") this.record.start();
    this.#collection.resume();
  }

  /** Starts no further tick; a tick in flight continues. */
  stop(): void {
    this.#collection.stop();
  }

  /** Aborts the tick in flight, which then makes no sample. */
  abandon(): void {
    this.#collection.abandon();
  }

  recent(count: number): readonly Sample<Values<SampleType>>[] {
    return this.record.buffer.recent(count);
  }

  get table(): SampleTable {
    return this.record.buffer.table;
  }

  aggregateInSteps(window: string): Generator<undefined, Aggregate> {
    return this.record.aggregateInSteps(window);
  }

  aggregate(window: string): Aggregate {
    return this.record.aggregate(window);
  }

  report(): CollectionReport {
    const { buffer, last } = this.record;
    const { source, sourceUi, intervalMs, timeoutMs, retain, cadence } = this.plan;
    return {
      name: this.name,
      source,
      ...(sourceUi === "" ? {} : { sourceUi }),
      type: this.type.name,
      intervalMs,
      timeoutMs,
      retain,
      state: this.state,
      ...(this.paused ? { pause: this.paused } : {}),
      samples: buffer.size,
      lastOutcome: last?.outcome ?? null,
      lastTime: last?.time ?? null,
      coverage: this.record.coverage,
      breaker: this.#settings.policy.state,
      fields: Object.fromEntries(
        Object.entries(this.type.fields).map(([key, field]) => [key, fieldReport(key, field, cadence.get(key) ?? intervalMs)]),
      ),
      unmeasured: this.#settings.explained.of(this.type.name),
      thresholds: this.#settings.thresholds,
    };
  }

  /** The state that its metrics report. */
  metrics(): CollectionState {
    const { buffer, last, lastSuccessTime } = this.record;
    const { intervalMs, slowMs, source } = this.plan;
    const { successMs } = buffer.newest;
    const ageMs = successMs === undefined ? Number.POSITIVE_INFINITY : this.#settings.clock.monotonicMs() - successMs;
    return {
      name: this.name,
      source,
      intervalMs,
      slowMs,
      up: last?.outcome === "success" && ageMs <= LIVE_INTERVALS * intervalMs,
      waiting: last?.outcome === "waiting",
      lastSuccessTime,
      coverage: this.record.coverage,
      samples: buffer.size,
      bufferBytes: buffer.bytes,
      overLimit: this.#collection.overLimit,
      notRetained: buffer.notRetained,
    };
  }
}

/** The readiness check of a collection. */
export function tickedCheck({ name, record, state }: CollectionRuntime): SelfCheck {
  const ok = record.hasTicked || state === "paused";
  return { name: `collection:${name}`, ok, detail: ok ? "has ticked" : "has not ticked yet" };
}

function fieldReport(key: string, field: Field, intervalMs: number): FieldReport {
  const { kind, instrument, unit, good, description, sums, min, max, by } = field;
  return {
    title: titleOf(key),
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
    intervalMs,
  };
}

/** The handle typed with the fields of `type`. @throws VitalsError `unknown_name` if the collection has another type */
export function handleOf<T extends SampleType>(handle: CollectionHandle, type: T): CollectionHandle<T> {
  if (handle.type !== type) {
    throw new VitalsError("unknown_name", `collection "${handle.name}" has the sample type "${handle.type.name}", not "${type.name}"`);
  }
  return handle as unknown as CollectionHandle<T>; // sound: the handle's type is `type` itself
}
