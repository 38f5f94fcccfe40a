import type { Histogram, Meter, Observable, ObservableResult } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import { VitalsError } from "../base/errors.ts";
import { KIND_NAMES, type Field } from "../sample/field.ts";
import { LIVE_INTERVALS } from "../sample/outcome.ts";
import type { ResolvedPoints, SeriesPoint } from "../sample/points.ts";
import { attributesOf, type SampleType } from "../sample/sample-type.ts";
import { COLLECTION_ATTRIBUTE } from "./names.ts";
import type { FollowedSeries, SeriesFreshness } from "./telemetry.ts";

/** One exported series: its point, its newest value, and until when it is exported. */
interface Series extends FollowedSeries {
  readonly point: SeriesPoint;
  readonly instrument: Instrument;
  readonly freshForMs: number;
  value: number;
}

/** One OpenTelemetry instrument, shared by all fields that declare its name. */
interface Instrument {
  readonly field: Field;
  readonly series: Set<Series>;
  /** Number of fields of registered collections that use it. */
  users: number;
  readonly histogram?: Histogram;
  /** Adds the callback to the meter provider. */
  observe(): void;
  /** Removes the callback. */
  close(): void;
}

interface Registered {
  readonly name: string;
  readonly type: SampleType;
  readonly cadence: ReadonlyMap<string, number>;
  /** Indexed by the id of their points. */
  readonly series: (Series | undefined)[];
}

/** Records samples as OpenTelemetry data points. Callbacks observe values in memory and never read a source. */
export class SampleInstruments {
  readonly #meter: Meter;
  readonly #clock: Clock;
  readonly #freshness: SeriesFreshness | undefined;
  readonly #instruments = new Map<string, Instrument>();
  readonly #collections = new Map<string, Registered>();
  #isObserving = false;

  /** @param freshness staleness of our own readers; without it, readers repeat stale values, and only `vitals.collection.up` reveals it */
  constructor(meter: Meter, clock: Clock, freshness?: SeriesFreshness) {
    this.#meter = meter;
    this.#clock = clock;
    this.#freshness = freshness;
  }

  /**
   * Creates the instruments of a collection's fields.
   *
   * @throws VitalsError `config_invalid` if another collection uses one with another unit or kind
   */
  register(collection: {
    readonly name: string;
    readonly type: SampleType;
    /** Milliseconds between two measurements of each field; a series is exported for three of them. */
    readonly cadence: ReadonlyMap<string, number>;
  }): void {
    const { name, type, cadence } = collection;
    const fields = instrumentedFields(type);
    for (const field of fields) this.#refuseConflict(type, field);
    for (const field of fields) this.#use(field);
    this.#collections.set(name, { name, type, cadence, series: [] });
    this.#freshness?.addCollection(name);
  }

  /** Ends a collection's series, and removes the callbacks of instruments that no other collection uses. */
  unregister(name: string): void {
    const collection = this.#collections.get(name);
    if (!collection) return;
    this.#collections.delete(name);
    for (const series of collection.series) if (series) this.#end(series);
    this.#freshness?.removeCollection(name);
    for (const { instrument: key } of instrumentedFields(collection.type)) {
      const instrument = this.#instruments.get(key) as Instrument;
      instrument.users -= 1;
      if (instrument.users > 0) continue;
      instrument.close();
      this.#instruments.delete(key);
    }
  }

  /** Adds the callbacks, until `close`. */
  observe(): void {
    this.#isObserving = true;
    for (const instrument of this.#instruments.values()) instrument.observe();
  }

  /** Records the points of a sample. A sample without points changes nothing, so that the series become stale. */
  record(name: string, { count, points, values }: ResolvedPoints): void {
    const collection = this.#collections.get(name);
    if (!collection || count === 0) return;
    const nowMs = this.#clock.monotonicMs();
    for (let n = 0; n < count; n += 1) this.#measure(collection, points[n] as SeriesPoint, values[n] as number, nowMs);
    for (const [id, series] of collection.series.entries()) {
      if (!series || series.untilMs > nowMs) continue;
      collection.series[id] = undefined;
      this.#end(series);
    }
  }

  /** Removes the callbacks and ends every series. */
  close(): void {
    this.#isObserving = false;
    for (const name of this.#collections.keys()) this.unregister(name);
  }

  #end(series: Series): void {
    const { instrument } = series;
    instrument.series.delete(series);
    this.#freshness?.forget(instrument.field.instrument, series);
  }

  #measure(collection: Registered, point: SeriesPoint, value: number, nowMs: number): void {
    if (point.field.kind === "total" || !Number.isFinite(value)) return;
    const known = collection.series[point.id];
    const series = known?.point === point ? known : this.#start(collection, point);
    series.value = value;
    series.untilMs = nowMs + series.freshForMs;
    series.instrument.histogram?.record(value, series.attributes);
  }

  #start(collection: Registered, point: SeriesPoint): Series {
    const { field, id, key, path } = point;
    const before = collection.series[id];
    if (before) this.#end(before);
    const instrument = this.#instruments.get(field.instrument) as Instrument;
    const attributes = { [COLLECTION_ATTRIBUTE]: collection.name, ...attributesOf(field, path) };
    const freshForMs = LIVE_INTERVALS * (collection.cadence.get(key) ?? 0);
    const series: Series = { point, instrument, attributes, freshForMs, value: 0, untilMs: 0 };
    collection.series[id] = series;
    instrument.series.add(series);
    this.#freshness?.follow(field.instrument, series);
    return series;
  }

  #refuseConflict(type: SampleType, { instrument, kind, unit }: Field): void {
    const present = this.#instruments.get(instrument)?.field;
    if (!present || (present.kind === kind && present.unit === unit)) return;
    throw new VitalsError(
      "config_invalid",
      `sample type "${type.name}" declares the instrument ${instrument} as ${KIND_NAMES[kind]} in ${unit}; ` +
        `another collection uses it as ${KIND_NAMES[present.kind]} in ${present.unit}; rename one`,
    );
  }

  #use(field: Field): void {
    const present = this.#instruments.get(field.instrument);
    if (present) {
      present.users += 1;
      return;
    }
    this.#freshness?.expire(field.instrument);
    const made = field.kind === "duration" ? this.#histogram(field) : this.#observable(field);
    this.#instruments.set(field.instrument, made);
    if (this.#isObserving) made.observe();
  }

  #histogram(field: Field): Instrument {
    const advice = { explicitBucketBoundaries: SECONDS_BOUNDARIES };
    const histogram = this.#meter.createHistogram(field.instrument, { ...describe(field), advice });
    return { field, series: new Set(), users: 1, histogram, observe: () => {}, close: () => {} };
  }

  #observable(field: Field): Instrument {
    const series = new Set<Series>();
    const observable = this.#createObservable(field);
    const observe = (result: ObservableResult): void => {
      const nowMs = this.#clock.monotonicMs();
      for (const { value, attributes, untilMs } of series) if (untilMs > nowMs) result.observe(value, attributes);
    };
    return { field, series, users: 1, observe: () => observable.addCallback(observe), close: () => observable.removeCallback(observe) };
  }

  #createObservable(field: Field): Observable {
    const { instrument } = field;
    if (field.kind === "counter") return this.#meter.createObservableCounter(instrument, describe(field));
    if (field.kind === "up_down_counter") return this.#meter.createObservableUpDownCounter(instrument, describe(field));
    return this.#meter.createObservableGauge(instrument, describe(field));
  }
}

/** The fields with an instrument: all but totals, which are the sum of another field's instrument. */
const instrumentedFields = (type: SampleType): readonly Field[] => Object.values(type.fields).filter(({ kind }) => kind !== "total");

const describe = ({ unit, description = "" }: Field): { readonly unit: string; readonly description: string } => ({ unit, description });

/** Histogram bucket boundaries in seconds, from 0.5 ms to 60 s; the SDK's defaults are meant for milliseconds. */
export const SECONDS_BOUNDARIES: number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
