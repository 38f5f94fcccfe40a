import type { Attributes, Histogram, Meter, Observable, ObservableResult } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import { VitalsError } from "../base/errors.ts";
import { KIND_NAMES, type Field } from "../sample/field.ts";
import { attributesOf, pointKey, pointsOf, type Point, type SampleType } from "../sample/sample-type.ts";
import type { SampleRecord } from "../sample/sample.ts";
import { COLLECTION_ATTRIBUTE } from "./names.ts";
import type { SeriesFreshness } from "./telemetry.ts";

/** Silent for this many intervals, a series is no longer told. */
const FRESH_INTERVALS = 3;

/** One number's stream: what it was last, and until when that may be told. */
interface Series {
  readonly instrument: Instrument;
  readonly attributes: Attributes;
  value: number;
  untilMs: number;
}

/** One OpenTelemetry instrument, shared by every field of its name. */
interface Instrument {
  readonly field: Field;
  readonly series: Set<Series>;
  /** How many collections have a field with it. */
  users: number;
  readonly histogram?: Histogram;
  /** Adds its callback to the meter provider. */
  observe(): void;
  /** Removes the callback. */
  close(): void;
}

interface Registered {
  readonly name: string;
  readonly type: SampleType;
  readonly cadence: ReadonlyMap<string, number>;
  readonly series: Map<string, Series>;
}

/** Turns samples into OpenTelemetry data points. Callbacks answer from memory and never read a source. */
export class SampleInstruments {
  readonly #meter: Meter;
  readonly #clock: Clock;
  readonly #freshness: SeriesFreshness | undefined;
  readonly #instruments = new Map<string, Instrument>();
  readonly #collections = new Map<string, Registered>();
  #isObserving = false;

  /** @param freshness of our own readers; without it, a caller's readers repeat what went silent, and `vitals.collection.up` tells */
  constructor(meter: Meter, clock: Clock, freshness?: SeriesFreshness) {
    this.#meter = meter;
    this.#clock = clock;
    this.#freshness = freshness;
  }

  /** Makes the instruments of a collection's fields. @throws VitalsError `config_invalid` when a name is taken by another unit or kind */
  register(collection: {
    readonly name: string;
    readonly type: SampleType;
    /** Milliseconds between two measurements of each field: a series lives three of them. */
    readonly cadence: ReadonlyMap<string, number>;
  }): void {
    const { name, type, cadence } = collection;
    for (const field of instrumentedFields(type)) this.#instrument(type, field);
    this.#collections.set(name, { name, type, cadence, series: new Map() });
  }

  /** Ends a collection's series; instruments that no other collection has are no longer observed. */
  unregister(name: string): void {
    const collection = this.#collections.get(name);
    if (!collection) return;
    this.#collections.delete(name);
    for (const series of collection.series.values()) this.#end(series);
    for (const { instrument: key } of instrumentedFields(collection.type)) {
      const instrument = this.#instruments.get(key) as Instrument;
      instrument.users -= 1;
      if (instrument.users > 0) continue;
      instrument.close();
      this.#instruments.delete(key);
    }
  }

  /** From now on callbacks answer, until `close`. */
  observe(): void {
    this.#isObserving = true;
    for (const instrument of this.#instruments.values()) instrument.observe();
  }

  /** Takes a sample's values; a sample without values changes nothing, and lets what was known grow stale. */
  record(name: string, { sample }: SampleRecord): void {
    const collection = this.#collections.get(name);
    if (!collection || !sample.values) return;
    const nowMs = this.#clock.monotonicMs();
    for (const point of pointsOf(collection.type, sample.values)) this.#measure(collection, point, nowMs);
    for (const [key, series] of collection.series) {
      if (series.untilMs > nowMs) continue;
      collection.series.delete(key);
      this.#end(series);
    }
  }

  /** Removes the callbacks and ends every series: nothing more is exported. */
  close(): void {
    this.#isObserving = false;
    for (const name of this.#collections.keys()) this.unregister(name);
  }

  #end(series: Series): void {
    const { attributes, instrument } = series;
    instrument.series.delete(series);
    this.#freshness?.forget(instrument.field.instrument, attributes);
  }

  #measure(collection: Registered, point: Point, nowMs: number): void {
    const field = collection.type.fields[point.field];
    if (!field || field.kind === "total" || !Number.isFinite(point.value)) return;
    const key = pointKey(point);
    let series = collection.series.get(key);
    if (!series) {
      const instrument = this.#instruments.get(field.instrument) as Instrument;
      const attributes = { [COLLECTION_ATTRIBUTE]: collection.name, ...attributesOf(field, point.path) };
      series = { instrument, attributes, value: 0, untilMs: 0 };
      collection.series.set(key, series);
      instrument.series.add(series);
    }
    series.value = point.value;
    series.untilMs = nowMs + FRESH_INTERVALS * (collection.cadence.get(point.field) ?? 0);
    series.instrument.histogram?.record(point.value, series.attributes);
    this.#freshness?.touch(field.instrument, series.attributes, series.untilMs);
  }

  #instrument(type: SampleType, field: Field): void {
    const present = this.#instruments.get(field.instrument);
    if (present) {
      if (present.field.kind === field.kind && present.field.unit === field.unit) {
        present.users += 1;
        return;
      }
      throw new VitalsError(
        "config_invalid",
        `sample type "${type.name}" declares the instrument ${field.instrument} as ${KIND_NAMES[field.kind]} in ${field.unit}; ` +
          `another collection uses it as ${KIND_NAMES[present.field.kind]} in ${present.field.unit}; rename one`,
      );
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
    const tell = (result: ObservableResult): void => {
      const nowMs = this.#clock.monotonicMs();
      for (const { value, attributes, untilMs } of series) if (untilMs > nowMs) result.observe(value, attributes);
    };
    return { field, series, users: 1, observe: () => observable.addCallback(tell), close: () => observable.removeCallback(tell) };
  }

  #createObservable(field: Field): Observable {
    const { instrument } = field;
    if (field.kind === "counter") return this.#meter.createObservableCounter(instrument, describe(field));
    if (field.kind === "up_down_counter") return this.#meter.createObservableUpDownCounter(instrument, describe(field));
    return this.#meter.createObservableGauge(instrument, describe(field));
  }
}

/** A total has the instrument of the breakdown that it sums. */
const instrumentedFields = (type: SampleType): readonly Field[] => Object.values(type.fields).filter(({ kind }) => kind !== "total");

const describe = ({ unit, description = "" }: Field): { readonly unit: string; readonly description: string } => ({ unit, description });

/** Bucket boundaries for seconds, from half a millisecond to a minute; the SDK's defaults are sized for milliseconds. */
export const SECONDS_BOUNDARIES: number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
