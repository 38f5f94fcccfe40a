import type { BatchObservableCallback, BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import type { SampleRecord } from "../sample/sample.ts";
import { SECONDS_BOUNDARIES } from "./instruments.ts";
import { COLLECTION_ATTRIBUTE } from "./names.ts";

/** A collection as its metrics tell it. */
export interface CollectionState {
  readonly name: string;
  readonly source: string;
  readonly intervalMs: number;
  /** Whether its newest tick succeeded and is not older than three intervals. */
  readonly up: boolean;
  /** Unix time in seconds; undefined before the first success. */
  readonly lastSuccessTime: number | undefined;
  readonly samples: number;
  readonly bufferBytes: number;
  /** Numbers that got no series of their own, in all. */
  readonly refused: number;
  /** Numbers that its buffer did not keep, in all. */
  readonly unkept: number;
}

/** A source's breaker as its metrics tell it. */
export interface BreakerStates {
  readonly source: string;
  readonly state: string;
  /** Every state there is: each is a series, of which one is 1. */
  readonly states: readonly string[];
}

/** How the collections themselves fare, as OpenTelemetry metrics. */
export class CollectionMetrics {
  readonly #meter: Meter;
  readonly #clock: Pick<Clock, "wallMs">;
  readonly #collections: () => Iterable<CollectionState>;
  readonly #breakers: () => Iterable<BreakerStates>;
  readonly #duration;
  readonly #lateness;
  readonly #ticks;
  readonly #violations;
  readonly #subscriberErrors;
  #unobserve = (): void => {};

  /**
   * @param collections asked at each collect; must answer from memory
   * @param breakers likewise
   */
  constructor(
    meter: Meter,
    clock: Pick<Clock, "wallMs">,
    collections: () => Iterable<CollectionState>,
    breakers: () => Iterable<BreakerStates>,
  ) {
    this.#meter = meter;
    this.#clock = clock;
    this.#collections = collections;
    this.#breakers = breakers;
    const seconds = { unit: "s", advice: { explicitBucketBoundaries: SECONDS_BOUNDARIES } };
    this.#duration = meter.createHistogram("vitals.collection.duration", {
      ...seconds,
      description: "Time from asking a source to having its answer.",
    });
    this.#lateness = meter.createHistogram("vitals.collection.lateness", {
      ...seconds,
      description: "Time from a tick's due moment to its beginning.",
    });
    this.#ticks = meter.createCounter("vitals.collection.ticks", { unit: "{tick}", description: "Ticks that fell due, by outcome." });
    this.#violations = meter.createCounter("vitals.validation.violations", {
      unit: "{reading}",
      description: "Readings that broke a check.",
    });
    this.#subscriberErrors = meter.createCounter("vitals.subscriber.errors", {
      unit: "{error}",
      description: "Errors thrown by subscribers of the event journal.",
    });
  }

  /** Counts a tick. */
  record({ sample, latenessMs, brokenCheck }: SampleRecord): void {
    const name = { [COLLECTION_ATTRIBUTE]: sample.collection };
    const outcome = { ...name, "vitals.outcome": sample.outcome, ...(sample.error ? { "error.type": sample.error.type } : {}) };
    this.#ticks.add(1, outcome);
    if (brokenCheck !== undefined) this.#violations.add(1, { ...name, "vitals.check.name": brokenCheck });
    if (sample.outcome === "missed") return;
    this.#lateness.record(latenessMs / 1_000, name);
    if (sample.outcome !== "rejected") this.#duration.record(sample.durationMs / 1_000, outcome);
  }

  /** A subscriber of the journal threw. */
  countSubscriberError(): void {
    this.#subscriberErrors.add(1);
  }

  /** From now on the gauges are observed, until `close`. */
  observe(): void {
    this.#unobserve = this.#observe();
  }

  /** Removes the callback. */
  close(): void {
    this.#unobserve();
  }

  #observe(): () => void {
    const gauge = (name: string, unit: string, description: string): Observable =>
      this.#meter.createObservableGauge(name, { unit, description });
    const now = gauge("vitals.clock.time", "s", "Unix time by this process's clock, when the metrics were collected.");
    const interval = gauge("vitals.collection.interval", "s", "Time between two ticks.");
    const up = gauge("vitals.collection.up", "{state}", "1 when the newest tick succeeded within three intervals, else 0.");
    const last = gauge("vitals.collection.last_success.time", "s", "Unix time of the newest successful tick.");
    const samples = gauge("vitals.buffer.samples", "{sample}", "Samples retained.");
    const size = gauge("vitals.buffer.size", "By", "Bytes of retained samples.");
    const breaker = gauge("vitals.breaker.status", "{breaker}", "1 for the state a source's breaker is in, 0 for the others.");
    const refused = this.#meter.createObservableCounter("vitals.series.refused", {
      unit: "{point}",
      description: "Numbers that got no series of their own because their axis was full.",
    });
    const unkept = this.#meter.createObservableCounter("vitals.buffer.refused", {
      unit: "{point}",
      description: "Numbers beyond 1e150, which windows do not keep.",
    });
    const tell: BatchObservableCallback = (result) => {
      result.observe(now, this.#clock.wallMs() / 1_000);
      for (const state of this.#collections()) {
        const name = { [COLLECTION_ATTRIBUTE]: state.name };
        result.observe(interval, state.intervalMs / 1_000, { ...name, "vitals.source.name": state.source });
        result.observe(up, state.up ? 1 : 0, name);
        if (state.lastSuccessTime !== undefined) result.observe(last, state.lastSuccessTime, name);
        result.observe(samples, state.samples, name);
        result.observe(size, state.bufferBytes, name);
        result.observe(refused, state.refused, name);
        result.observe(unkept, state.unkept, name);
      }
      for (const each of this.#breakers()) observeBreaker(result, breaker, each);
    };
    const all = [now, interval, up, last, samples, size, breaker, refused, unkept];
    this.#meter.addBatchObservableCallback(tell, all);
    return () => this.#meter.removeBatchObservableCallback(tell, all);
  }
}

function observeBreaker(result: BatchObservableResult, breaker: Observable, { source, state, states }: BreakerStates): void {
  for (const each of states)
    result.observe(breaker, each === state ? 1 : 0, { "vitals.source.name": source, "vitals.breaker.state": each });
}
