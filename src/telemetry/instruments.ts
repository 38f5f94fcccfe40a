import type { Attributes } from "@opentelemetry/api";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../base/clock.ts";
import { VitalsError } from "../base/errors.ts";
import { KIND_NAMES, type Field } from "../sample/field.ts";
import { LIVE_INTERVALS } from "../sample/outcome.ts";
import type { ResolvedPoints, SeriesPoint } from "../sample/points.ts";
import { attributesOf, type SampleType } from "../sample/sample-type.ts";
import type { FieldInstrument, FieldRecorder, FieldSeries } from "./field-recorder.ts";
import { COLLECTION_ATTRIBUTE } from "./names.ts";

/** A series without data for this long is forgotten. Until then it continues when it returns: a counter counts on through an outage. */
const RETURNS_MS = 3_600_000;

/** The series of one point of a collection. */
interface Series {
  readonly point: SeriesPoint;
  readonly recorded: FieldSeries;
  freshForMs: number;
  /** Monotonic time until which it is exported. */
  untilMs: number;
}

/** One OpenTelemetry instrument, shared by all fields that declare its name. */
interface Instrument {
  readonly field: Field;
  readonly recorder: FieldInstrument;
  /** Number of fields of registered collections that use it. */
  users: number;
}

/** A collection, as far as its series depend on it. */
export interface InstrumentedCollection {
  readonly name: string;
  readonly type: SampleType;
  /** Milliseconds between two measurements of each field; a series is exported for three of them. */
  readonly cadence: ReadonlyMap<string, number>;
  /** Attributes of every series, besides those of the fields. Default: none. */
  readonly attributes?: Attributes;
}

interface Registered extends Required<InstrumentedCollection> {
  /** Indexed by the id of their points. */
  readonly series: (Series | undefined)[];
}

/** Records samples as OpenTelemetry data points. Readers collect values from memory and never read a source. */
export class SampleInstruments {
  readonly #recorder: FieldRecorder;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #instruments = new Map<string, Instrument>();
  readonly #collections = new Map<string, Registered>();
  #isObserving = false;

  constructor(recorder: FieldRecorder, clock: Pick<Clock, "monotonicMs">) {
    this.#recorder = recorder;
    this.#clock = clock;
  }

  /**
   * Creates the instruments of a collection's fields.
   *
   * @throws VitalsError `config_invalid` if another collection uses one with another unit or kind
   */
  register(collection: InstrumentedCollection): void {
    const { name, type, cadence, attributes = {} } = collection;
    const fields = instrumentedFields(type);
    for (const field of fields) this.#refuseConflict(type, field);
    for (const field of fields) this.#use(field);
    this.#collections.set(name, { name, type, cadence, attributes, series: [] });
  }

  /** Ends a collection's series, and removes the callbacks of instruments that no other collection uses. */
  unregister(name: string): void {
    const collection = this.#collections.get(name);
    if (!collection) return;
    this.#release(collection);
    this.#recorder.endSeries(COLLECTION_ATTRIBUTE, name);
  }

  /**
   * Continues collections that are registered. A series goes on unless its attributes or the sample type differ.
   *
   * @throws VitalsError `config_invalid` as `register`
   */
  change(collections: readonly InstrumentedCollection[]): void {
    const begun: InstrumentedCollection[] = [];
    for (const next of collections) {
      const before = this.#collections.get(next.name);
      if (before?.type === next.type && isDeepStrictEqual(before.attributes, next.attributes ?? {})) this.#continue(before, next);
      else {
        if (before) this.#release(before);
        begun.push(next);
      }
    }
    // Only once no collection uses an instrument of before that has another unit.
    for (const next of begun) this.register(next);
  }

  #continue(before: Registered, { cadence }: InstrumentedCollection): void {
    for (const series of before.series) if (series) series.freshForMs = freshForMs(cadence, series.point);
    this.#collections.set(before.name, { ...before, cadence });
  }

  #release(collection: Registered): void {
    this.#collections.delete(collection.name);
    for (const series of collection.series) series?.recorded.end();
    for (const { instrument: key } of instrumentedFields(collection.type)) {
      const instrument = this.#instruments.get(key) as Instrument;
      instrument.users -= 1;
      if (instrument.users > 0) continue;
      instrument.recorder.close();
      this.#instruments.delete(key);
    }
  }

  /** What an attribute names was removed, such as a source: ends the series that name it. */
  endSeries(attribute: string, name: string): void {
    this.#recorder.endSeries(attribute, name);
  }

  /** Adds the callbacks, until `close`. */
  observe(): void {
    this.#isObserving = true;
    for (const { recorder } of this.#instruments.values()) recorder.observe();
  }

  /** Records the points of a sample. A sample without points changes nothing, so that the series become stale. */
  record(name: string, { count, points, values }: ResolvedPoints): void {
    const collection = this.#collections.get(name);
    if (!collection || count === 0) return;
    const nowMs = this.#clock.monotonicMs();
    for (let n = 0; n < count; n += 1) this.#measure(collection, points[n] as SeriesPoint, values[n] as number, nowMs);
    for (const [id, series] of collection.series.entries()) {
      if (!series || series.untilMs + RETURNS_MS > nowMs) continue;
      collection.series[id] = undefined;
      series.recorded.end();
    }
  }

  /** Removes the callbacks and ends every series. */
  close(): void {
    this.#isObserving = false;
    for (const name of this.#collections.keys()) this.unregister(name);
  }

  #measure(collection: Registered, point: SeriesPoint, value: number, nowMs: number): void {
    if (point.field.kind === "total" || !Number.isFinite(value)) return;
    const known = collection.series[point.id];
    const series = known?.point === point ? known : this.#start(collection, point);
    series.untilMs = nowMs + series.freshForMs;
    series.recorded.record(value, series.untilMs);
  }

  #start(collection: Registered, point: SeriesPoint): Series {
    const { field, id, path } = point;
    collection.series[id]?.recorded.end();
    const instrument = this.#instruments.get(field.instrument) as Instrument;
    const attributes = { [COLLECTION_ATTRIBUTE]: collection.name, ...collection.attributes, ...attributesOf(field, path) };
    const recorded = instrument.recorder.series(attributes);
    const series: Series = { point, recorded, freshForMs: freshForMs(collection.cadence, point), untilMs: 0 };
    collection.series[id] = series;
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
    const recorder = this.#recorder.field(field);
    this.#instruments.set(field.instrument, { field, recorder, users: 1 });
    if (this.#isObserving) recorder.observe();
  }
}

const freshForMs = (cadence: InstrumentedCollection["cadence"], { key }: SeriesPoint): number => LIVE_INTERVALS * (cadence.get(key) ?? 0);

/** The fields with an instrument: all but totals, which are the sum of another field's instrument. */
const instrumentedFields = (type: SampleType): readonly Field[] => Object.values(type.fields).filter(({ kind }) => kind !== "total");
