import type {
  Attributes,
  BatchObservableCallback,
  Counter,
  Histogram,
  Meter,
  MeterOptions,
  MeterProvider,
  Observable,
} from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import type { SeriesFreshness } from "./telemetry.ts";

/** An observed series is exported by the collect that observed it; longer than any collect takes. */
const OBSERVED_MS = 60_000;

/**
 * A meter provider whose series end when it is closed. The SDK exports the last value of every series as long as the process lives, even
 * if its instrument is no longer used; readers that know the freshness leave these out. A series that callbacks stop observing ends too.
 */
export class CloseableMeterProvider implements MeterProvider {
  readonly #provider: MeterProvider;
  readonly #freshness: SeriesFreshness;
  readonly #clock: Clock;
  /** Attributes of every series so far, by instrument and by their text. */
  readonly #series = new Map<string, Map<string, Attributes>>();
  readonly #nameOf = new WeakMap<Observable, string>();
  #isClosed = false;

  constructor(provider: MeterProvider, freshness: SeriesFreshness, clock: Clock) {
    this.#provider = provider;
    this.#freshness = freshness;
    this.#clock = clock;
  }

  getMeter(name: string, version?: string, options?: MeterOptions): Meter {
    const meter = this.#provider.getMeter(name, version, options);
    const wrappers = new WeakMap<BatchObservableCallback, BatchObservableCallback>();
    return {
      createGauge: (instrument, of) => this.#recording(instrument, meter.createGauge(instrument, of)),
      createHistogram: (instrument, of) => this.#recording(instrument, meter.createHistogram(instrument, of)),
      createCounter: (instrument, of) => this.#adding(instrument, meter.createCounter(instrument, of)),
      createUpDownCounter: (instrument, of) => this.#adding(instrument, meter.createUpDownCounter(instrument, of)),
      createObservableGauge: (instrument, of) => this.#observable(instrument, meter.createObservableGauge(instrument, of)),
      createObservableCounter: (instrument, of) => this.#observable(instrument, meter.createObservableCounter(instrument, of)),
      createObservableUpDownCounter: (instrument, of) => this.#observable(instrument, meter.createObservableUpDownCounter(instrument, of)),
      addBatchObservableCallback: (callback, observables) => {
        const wrapper: BatchObservableCallback = (result) =>
          callback({
            observe: (observable: Observable, value: number, attributes?: Attributes) => {
              this.#noteObserved(this.#nameOf.get(observable), attributes);
              result.observe(observable, value, attributes);
            },
          });
        wrappers.set(callback, wrapper);
        meter.addBatchObservableCallback(wrapper, observables);
      },
      removeBatchObservableCallback: (callback, observables) => {
        const wrapper = wrappers.get(callback);
        if (wrapper) meter.removeBatchObservableCallback(wrapper, observables);
      },
    };
  }

  /** Ends every series; what is recorded afterwards is dropped. Callbacks are removed by those who added them. */
  close(): void {
    this.#isClosed = true;
    for (const [instrument, series] of this.#series)
      for (const attributes of series.values()) this.#freshness.forget(instrument, attributes);
    this.#series.clear();
  }

  #adding<T extends Pick<Counter, "add">>(instrument: string, made: T): T {
    const add = made.add.bind(made);
    made.add = (value, attributes, context) => {
      if (this.#note(instrument, attributes, Number.POSITIVE_INFINITY)) add(value, attributes, context);
    };
    this.#freshness.expire(instrument);
    return made;
  }

  #recording<T extends Pick<Histogram, "record">>(instrument: string, made: T): T {
    const record = made.record.bind(made);
    made.record = (value, attributes, context) => {
      if (this.#note(instrument, attributes, Number.POSITIVE_INFINITY)) record(value, attributes, context);
    };
    this.#freshness.expire(instrument);
    return made;
  }

  #observable<T extends Observable>(instrument: string, made: T): T {
    this.#nameOf.set(made, instrument);
    const [add, remove] = [made.addCallback.bind(made), made.removeCallback.bind(made)];
    const wrappers = new WeakMap<Parameters<typeof add>[0], Parameters<typeof add>[0]>();
    made.addCallback = (callback) => {
      const wrapper: typeof callback = (result) =>
        callback({
          observe: (value: number, attributes?: Attributes) => {
            this.#noteObserved(instrument, attributes);
            result.observe(value, attributes);
          },
        });
      wrappers.set(callback, wrapper);
      add(wrapper);
    };
    made.removeCallback = (callback) => {
      const wrapper = wrappers.get(callback);
      if (wrapper) remove(wrapper);
    };
    this.#freshness.expire(instrument);
    return made;
  }

  #noteObserved(instrument: string | undefined, attributes: Attributes | undefined): void {
    if (instrument !== undefined) this.#note(instrument, attributes, this.#clock.monotonicMs() + OBSERVED_MS);
  }

  /** @returns false once closed */
  #note(instrument: string, attributes: Attributes = {}, untilMs: number): boolean {
    if (this.#isClosed) return false;
    const text = Object.entries(attributes).flat().join("\0");
    const series = this.#series.get(instrument) ?? new Map<string, Attributes>();
    if (!this.#series.has(instrument)) this.#series.set(instrument, series);
    const known = series.get(text) ?? attributes;
    series.set(text, known);
    this.#freshness.touch(instrument, known, untilMs);
    return true;
  }
}
