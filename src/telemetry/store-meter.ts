import type {
  Attributes,
  BatchObservableCallback,
  Counter,
  Gauge,
  Histogram,
  Meter,
  MeterProvider,
  MetricOptions,
  Observable,
  ObservableCallback,
  UpDownCounter,
} from "@opentelemetry/api";
import { PACKAGE_NAME } from "../base/version.ts";
import type { Field } from "../sample/field.ts";
import { describe, SECONDS_BOUNDARIES, type FieldInstrument, type FieldRecorder, type FieldSeries } from "./field-recorder.ts";
import { CARDINALITY_LIMIT, keyOf, type MetricStore, type StoredInstrument } from "./metric-store.ts";
import { metricKindOf, type MetricKind } from "./names.ts";
import type { Series } from "./series.ts";

/** Attributes of the series that sums what is over the cardinality limit, as OpenTelemetry specifies it. */
const OVERFLOW: Attributes = { "otel.metric.overflow": true };

/** Boundaries that OpenTelemetry specifies for a histogram without advice. */
const DEFAULT_BOUNDARIES = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

/**
 * The meter of one collector, for telemetry with readers of our own: records in the metric store, from which these readers export.
 * Callbacks must observe values from memory; a promise that one returns is not awaited.
 */
export class StoreMeter implements Meter, FieldRecorder {
  readonly #store: MetricStore;
  readonly #observables = new Set<StoredObservable>();
  readonly #callbacks = new Set<BatchObservableCallback>();
  /** Series that synchronous instruments of this meter recorded, by key. */
  readonly #recorded: (readonly [StoredInstrument, Map<string, Series>])[] = [];
  #stopObserving: (() => void) | undefined;
  #isClosed = false;

  constructor(store: MetricStore) {
    this.#store = store;
  }

  createCounter(name: string, options?: MetricOptions): Counter {
    return { add: this.#recorder(name, "counter", options) };
  }

  createUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return { add: this.#recorder(name, "up_down_counter", options) };
  }

  createHistogram(name: string, options?: MetricOptions): Histogram {
    return { record: this.#recorder(name, "histogram", options) };
  }

  createGauge(name: string, options?: MetricOptions): Gauge {
    return { record: this.#recorder(name, "gauge", options) };
  }

  createObservableGauge(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, "gauge", options);
  }

  createObservableCounter(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, "counter", options);
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): Observable {
    return this.#observable(name, "up_down_counter", options);
  }

  addBatchObservableCallback(callback: BatchObservableCallback): void {
    this.#callbacks.add(callback);
    this.#startObserving();
  }

  removeBatchObservableCallback(callback: BatchObservableCallback): void {
    this.#callbacks.delete(callback);
  }

  /** The instrument of a field. Its totals began at an unknown time: a source was there before us. */
  field(field: Field): FieldInstrument {
    const isDuration = field.kind === "duration";
    const instrument = this.#store.instrument({
      ...describe(field),
      name: field.instrument,
      kind: metricKindOf(field.kind),
      isObserved: !isDuration,
      isFromZero: isDuration,
      boundaries: SECONDS_BOUNDARIES,
    });
    const { clock } = this.#store;
    const series = (attributes: Attributes): FieldSeries => {
      const opened = instrument.open(attributes, clock.wallMs());
      const record = (value: number, untilMs: number): void => {
        opened.untilMs = untilMs;
        opened.record(value, clock.wallMs());
      };
      return { record, end: () => instrument.release(opened) };
    };
    return { series, observe: () => {}, close: () => {} };
  }

  endSeries(attribute: string, name: string): void {
    for (const [instrument, recorded] of this.#recorded) {
      for (const [key, series] of recorded) {
        if (series.attributes[attribute] !== name) continue;
        recorded.delete(key);
        instrument.release(series);
      }
    }
  }

  /** Ends every series that no other collector records, and records nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#stopObserving?.();
    for (const observable of this.#observables) observable.close();
    for (const [instrument, recorded] of this.#recorded) for (const series of recorded.values()) instrument.release(series);
    this.#recorded.length = 0;
  }

  #define(name: string, kind: MetricKind, isObserved: boolean, options: MetricOptions = {}): StoredInstrument {
    const { advice, description = "", unit = "" } = options;
    const boundaries = advice?.explicitBucketBoundaries ?? DEFAULT_BOUNDARIES;
    return this.#store.instrument({ name, description, unit, kind, isObserved, isFromZero: true, boundaries });
  }

  #recorder(name: string, kind: MetricKind, options?: MetricOptions): (value: number, attributes?: Attributes) => void {
    const instrument = this.#define(name, kind, false, options);
    const mayFall = kind === "gauge" || kind === "up_down_counter";
    const recorded = new Map<string, Series>();
    this.#recorded.push([instrument, recorded]);
    const seriesOf = (attributes: Attributes, nowMs: number): Series => {
      const key = keyOf(attributes);
      const known = recorded.get(key);
      if (known) return known;
      if (recorded.size >= CARDINALITY_LIMIT && attributes !== OVERFLOW) return seriesOf(OVERFLOW, nowMs);
      const series = instrument.open(attributes, nowMs, key);
      recorded.set(key, series);
      return series;
    };
    return (value, attributes = {}) => {
      if (this.#isClosed || !Number.isFinite(value) || (value < 0 && !mayFall)) return;
      const nowMs = this.#store.clock.wallMs();
      seriesOf(attributes, nowMs).add(value, nowMs);
    };
  }

  #observable(name: string, kind: MetricKind, options?: MetricOptions): Observable {
    const observable = new StoredObservable(this.#define(name, kind, true, options), () => this.#startObserving());
    this.#observables.add(observable);
    return observable;
  }

  #startObserving(): void {
    if (!this.#isClosed) this.#stopObserving ??= this.#store.observeWith(() => this.#observe());
  }

  /** Calls every callback. What none of them observed has ended. */
  #observe(): readonly unknown[] {
    const errors: unknown[] = [];
    const attempt = (callback: () => unknown): void => {
      try {
        callback();
      } catch (error) {
        errors.push(error);
      }
    };
    const nowMs = this.#store.clock.wallMs();
    const result = {
      observe: (observable: Observable, value: number, attributes: Attributes = {}): void => {
        if (observable instanceof StoredObservable) observable.observed(value, attributes, nowMs);
      },
    };
    for (const callback of this.#callbacks) attempt(() => callback(result));
    for (const observable of this.#observables) {
      for (const callback of observable.callbacks)
        attempt(() => callback({ observe: (value, attributes = {}) => observable.observed(value, attributes, nowMs) }));
      observable.finish(nowMs);
    }
    return errors;
  }
}

interface Observed {
  readonly series: Series;
  readonly value: number;
}

/** An instrument whose callbacks observe its values at each collection. */
class StoredObservable implements Observable {
  readonly callbacks = new Set<ObservableCallback>();
  readonly #instrument: StoredInstrument;
  readonly #onCallback: () => void;
  /** What was observed in the previous collection and in the current one, by key. */
  #before: ReadonlyMap<string, Observed> = new Map();
  #now = new Map<string, Observed>();

  constructor(instrument: StoredInstrument, onCallback: () => void) {
    this.#instrument = instrument;
    this.#onCallback = onCallback;
  }

  addCallback(callback: ObservableCallback): void {
    this.callbacks.add(callback);
    this.#onCallback();
  }

  removeCallback(callback: ObservableCallback): void {
    this.callbacks.delete(callback);
  }

  /** Of several values of one series in one collection the last counts. */
  observed(value: number, attributes: Attributes, nowMs: number): void {
    if (!Number.isFinite(value)) return;
    const key = keyOf(attributes);
    const known = this.#now.get(key) ?? this.#before.get(key);
    this.#now.set(key, { series: known?.series ?? this.#instrument.open(attributes, nowMs, key), value });
  }

  /** Records what was observed, and ends the series that were not. */
  finish(nowMs: number): void {
    const isCounter = this.#instrument.definition.kind === "counter";
    for (const [key, { series, value }] of this.#now) {
      // Collectors that share a series each add what theirs has grown.
      if (isCounter) series.add(growth(this.#before.get(key)?.value ?? 0, value), nowMs);
      else series.record(value, nowMs);
    }
    for (const [key, { series }] of this.#before) if (!this.#now.has(key)) this.#instrument.release(series);
    this.#before = this.#now;
    this.#now = new Map();
  }

  /** Ends every series. */
  close(): void {
    for (const { series } of this.#before.values()) this.#instrument.release(series);
    this.#before = new Map();
  }
}

/** A total below the one before has restarted from zero. */
const growth = (before: number, total: number): number => (total < before ? total : total - before);

/** The program's meter provider, except that the meter of this package's scope is the collector's own. */
export function providerWith(meter: Meter, others: MeterProvider): MeterProvider {
  return { getMeter: (name, version, options) => (name === PACKAGE_NAME ? meter : others.getMeter(name, version, options)) };
}
