import type { Attributes, Meter, Observable, ObservableResult } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import type { Field } from "../sample/field.ts";

/** Histogram bucket boundaries in seconds, from 0.5 ms to 60 s; the SDK's defaults are meant for milliseconds. */
export const SECONDS_BOUNDARIES: number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Records the fields of samples: for readers of our own, or on the meter of a program. */
export interface FieldRecorder {
  /** The instrument of a field. */
  field(field: Field): FieldInstrument;
  /** What an attribute names was removed, such as a collection: ends every other series that names it, where series can end. */
  endSeries(attribute: string, name: string): void;
}

export interface FieldInstrument {
  /** A series, from now on until its `end`. */
  series(attributes: Attributes): FieldSeries;
  /** Adds its callback to the meter provider. */
  observe(): void;
  /** Removes the callback. */
  close(): void;
}

export interface FieldSeries {
  /** @param untilMs monotonic time until which the value is exported */
  record(value: number, untilMs: number): void;
  end(): void;
}

/** A value that a callback observes while it is fresh. */
interface ObservedSeries extends FieldSeries {
  readonly attributes: Attributes;
  value: number;
  untilMs: number;
}

/** Records on the meter of a program's own provider. Its SDK repeats stale values, and knows of a counter only what its readers collect. */
export class MeterRecorder implements FieldRecorder {
  readonly #meter: Meter;
  readonly #clock: Pick<Clock, "monotonicMs">;

  constructor(meter: Meter, clock: Pick<Clock, "monotonicMs">) {
    this.#meter = meter;
    this.#clock = clock;
  }

  field(field: Field): FieldInstrument {
    return field.kind === "duration" ? this.#histogram(field) : this.#observable(field);
  }

  endSeries(): void {}

  #histogram(field: Field): FieldInstrument {
    const advice = { explicitBucketBoundaries: SECONDS_BOUNDARIES };
    const histogram = this.#meter.createHistogram(field.instrument, { ...describe(field), advice });
    const series = (attributes: Attributes): FieldSeries => ({ record: (value) => histogram.record(value, attributes), end: () => {} });
    return { series, observe: () => {}, close: () => {} };
  }

  #observable(field: Field): FieldInstrument {
    const all = new Set<ObservedSeries>();
    const observable = this.#createObservable(field);
    const observe = (result: ObservableResult): void => {
      const nowMs = this.#clock.monotonicMs();
      for (const { value, attributes, untilMs } of all) if (untilMs > nowMs) result.observe(value, attributes);
    };
    const series = (attributes: Attributes): FieldSeries => {
      const made: ObservedSeries = {
        attributes,
        value: 0,
        untilMs: 0,
        record: (value, untilMs) => {
          made.value = value;
          made.untilMs = untilMs;
        },
        end: () => all.delete(made),
      };
      all.add(made);
      return made;
    };
    return { series, observe: () => observable.addCallback(observe), close: () => observable.removeCallback(observe) };
  }

  #createObservable(field: Field): Observable {
    const { instrument } = field;
    if (field.kind === "counter") return this.#meter.createObservableCounter(instrument, describe(field));
    if (field.kind === "up_down_counter") return this.#meter.createObservableUpDownCounter(instrument, describe(field));
    return this.#meter.createObservableGauge(instrument, describe(field));
  }
}

/** Unit and description of a field's instrument. */
export const describe = ({ unit, description = "" }: Field): { readonly unit: string; readonly description: string } => ({
  unit,
  description,
});
