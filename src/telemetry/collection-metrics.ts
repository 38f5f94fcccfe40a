import type { BatchObservableCallback, BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import { WITH_DURATION } from "../sample/outcome.ts";
import type { SampleRecord } from "../sample/sample.ts";
import { SECONDS_BOUNDARIES } from "./field-recorder.ts";
import { COLLECTION_ATTRIBUTE, SOURCE_ATTRIBUTE } from "./names.ts";

/** State of a collection that the metrics report. */
export interface CollectionState {
  readonly name: string;
  readonly source: string;
  readonly intervalMs: number;
  /** It is degraded if the p95 of its readings' duration exceeds this. */
  readonly slowMs: number;
  /** Whether the newest tick succeeded and is at most three intervals old. */
  readonly up: boolean;
  /** Whether its source waits for its first write, as of the newest tick. */
  readonly waiting: boolean;
  /** Unix time of the newest success in seconds; undefined before the first. */
  readonly lastSuccessTime: number | undefined;
  /** Share of its retained due ticks that succeeded; null before the first. */
  readonly coverage: number | null;
  readonly samples: number;
  readonly bufferBytes: number;
  /** Data points over the cardinality limit, since the start. */
  readonly overLimit: number;
  /** Values that its buffer did not retain, since the start. */
  readonly notRetained: number;
}

/** State of a source's breaker that the metrics report. */
export interface BreakerStates {
  readonly source: string;
  readonly state: string;
  /** All possible states: each is a series, and that of the current state is 1. */
  readonly states: readonly string[];
}

/** Metrics about the collections themselves. */
export class CollectionMetrics {
  readonly #meter: Meter;
  readonly #clock: Pick<Clock, "wallMs">;
  readonly #collections: () => Iterable<CollectionState>;
  readonly #breakers: () => Iterable<BreakerStates>;
  readonly #duration;
  readonly #lateness;
  readonly #ticks;
  readonly #violations;
  readonly #skipped;
  readonly #subscriberErrors;
  #unobserve = (): void => {};

  /**
   * @param collections called at each metric collection; must return from memory
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
      description: "Duration of a reading.",
    });
    this.#lateness = meter.createHistogram("vitals.collection.lateness", {
      ...seconds,
      description: "Delay between a tick's due time and its start.",
    });
    this.#ticks = meter.createCounter("vitals.collection.ticks", { unit: "{tick}", description: "Due ticks, by outcome." });
    this.#violations = meter.createCounter("vitals.validation.violations", {
      unit: "{reading}",
      description: "Readings that violated a check.",
    });
    this.#skipped = meter.createCounter("vitals.reading.skipped", {
      unit: "{value}",
      description: "Values of successful readings that were left out, because they could not be understood or were not allowed.",
    });
    this.#subscriberErrors = meter.createCounter("vitals.subscriber.errors", {
      unit: "{error}",
      description: "Errors thrown by subscribers of the event journal.",
    });
  }

  /** Counts a tick. */
  record({ sample, latenessMs, brokenCheck, missing }: SampleRecord): void {
    const name = { [COLLECTION_ATTRIBUTE]: sample.collection };
    const outcome = { ...name, "vitals.outcome": sample.outcome, ...(sample.error ? { "error.type": sample.error.type } : {}) };
    this.#ticks.add(1, outcome);
    if (brokenCheck !== undefined) this.#violations.add(1, { ...name, "vitals.check.name": brokenCheck });
    if (missing?.count !== undefined) this.#skipped.add(missing.count, name);
    if (sample.outcome === "missed") return;
    this.#lateness.record(latenessMs / 1_000, name);
    if (WITH_DURATION.has(sample.outcome)) this.#duration.record(sample.durationMs / 1_000, outcome);
  }

  /** A subscriber of the journal threw. */
  countSubscriberError(): void {
    this.#subscriberErrors.add(1);
  }

  /** Adds the callback, until `close`. */
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
    const now = gauge("vitals.clock.time", "s", "Unix time by the process's clock when the metrics were collected.");
    const interval = gauge("vitals.collection.interval", "s", "Time between two ticks.");
    const slow = gauge("vitals.collection.slow.threshold", "s", "Reading duration whose excess by the p95 makes the collection degraded.");
    const up = gauge("vitals.collection.up", "{state}", "1 if the newest tick succeeded and is at most three intervals old, else 0.");
    const waiting = gauge("vitals.collection.waiting", "{state}", "1 while the source waits for its first write, else 0.");
    const last = gauge("vitals.collection.last_success.time", "s", "Unix time of the newest successful tick.");
    const coverage = gauge("vitals.collection.coverage", "1", "Share of the retained due ticks that succeeded.");
    const samples = gauge("vitals.buffer.samples", "{sample}", "Retained samples.");
    const size = gauge("vitals.buffer.size", "By", "Memory of the retained samples.");
    const breaker = gauge("vitals.breaker.status", "{breaker}", "1 for the current state of a source's breaker, 0 for the others.");
    const overLimit = this.#meter.createObservableCounter("vitals.series.refused", {
      unit: "{point}",
      description: "Data points over the cardinality limit of an attribute.",
    });
    const notRetained = this.#meter.createObservableCounter("vitals.buffer.refused", {
      unit: "{point}",
      description: "Values beyond 1e150 in size, which windows do not retain.",
    });
    const observe: BatchObservableCallback = (result) => {
      result.observe(now, this.#clock.wallMs() / 1_000);
      for (const state of this.#collections()) {
        const name = { [COLLECTION_ATTRIBUTE]: state.name };
        result.observe(interval, state.intervalMs / 1_000, { ...name, [SOURCE_ATTRIBUTE]: state.source });
        result.observe(slow, state.slowMs / 1_000, name);
        result.observe(up, state.up ? 1 : 0, name);
        result.observe(waiting, state.waiting ? 1 : 0, name);
        if (state.lastSuccessTime !== undefined) result.observe(last, state.lastSuccessTime, name);
        if (state.coverage !== null) result.observe(coverage, state.coverage, name);
        result.observe(samples, state.samples, name);
        result.observe(size, state.bufferBytes, name);
        result.observe(overLimit, state.overLimit, name);
        result.observe(notRetained, state.notRetained, name);
      }
      for (const each of this.#breakers()) observeBreaker(result, breaker, each);
    };
    const all = [now, interval, slow, up, waiting, last, coverage, samples, size, breaker, overLimit, notRetained];
    this.#meter.addBatchObservableCallback(observe, all);
    return () => this.#meter.removeBatchObservableCallback(observe, all);
  }
}

function observeBreaker(result: BatchObservableResult, breaker: Observable, { source, state, states }: BreakerStates): void {
  for (const each of states) result.observe(breaker, each === state ? 1 : 0, { [SOURCE_ATTRIBUTE]: source, "vitals.breaker.state": each });
}
