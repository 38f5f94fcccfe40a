import type { Attributes, HrTime } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import type { MetricKind } from "./names.ts";
import { GaugeSeries, HistogramSeries, hrTime, SumSeries, type Collect, type Point, type Series } from "./series.ts";

/**
 * Maximum series that a collector records on one synchronous instrument, as the SDK has a limit; and of one instrument while some of them have
 * ended and wait for their last delta.
 */
export const CARDINALITY_LIMIT = 20_000;

/** What an instrument is: two collectors that define the same one share it. */
export interface InstrumentDefinition {
  readonly name: string;
  readonly description: string;
  /** UCUM unit. */
  readonly unit: string;
  readonly kind: MetricKind;
  /** Whether values are totals that were read somewhere, as an asynchronous instrument observes them; else they are recorded one by one. */
  readonly isObserved: boolean;
  /** Whether it counts from zero from its creation on; else its totals began at an unknown time, such as the boot of a machine. */
  readonly isFromZero: boolean;
  /** Upper bounds of a histogram's buckets. */
  readonly boundaries?: number[] | undefined;
}

/** The series of one instrument that a reader has collected. */
export interface CollectedMetric {
  readonly definition: InstrumentDefinition;
  readonly isDelta: boolean;
  readonly points: readonly Point[];
}

/** Whether a reader takes the series of an instrument with delta temporality. */
export type DeltaChoice = (instrument: Pick<InstrumentDefinition, "kind" | "isObserved">) => boolean;

/** An instrument with all its series, of all collectors. */
export class StoredInstrument {
  readonly definition: InstrumentDefinition;
  readonly #createdMs: number;
  /** Readers that take it with delta temporality. */
  readonly #deltaReaders: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor(definition: InstrumentDefinition, createdMs: number, deltaReaders: readonly number[]) {
    this.definition = definition;
    this.#createdMs = createdMs;
    this.#deltaReaders = deltaReaders;
  }

  /** A series, from now on until it has been released as often as it was opened. */
  open(attributes: Attributes, nowMs: number, key = keyOf(attributes)): Series {
    let series = this.#series.get(key);
    if (!series) this.#series.set(key, (series = this.#create(key, attributes)));
    else if (series.holders === 0) series.restart(this.definition.isFromZero ? nowMs : undefined);
    series.holders += 1;
    return series;
  }

  /** A series that no recorder holds any more is exported once more by readers that take deltas, if it has grown since their last. */
  release(series: Series): void {
    series.holders -= 1;
    if (series.holders > 0 || (this.#deltaReaders.length > 0 && this.#series.size <= CARDINALITY_LIMIT)) return;
    this.#series.delete(series.key);
  }

  /** @param monotonicMs time of the collection, by which series are fresh or stale */
  collect(collect: Collect, monotonicMs: number): CollectedMetric | undefined {
    const isDelta = this.#deltaReaders.includes(collect.reader);
    const start = isDelta ? hrTime(collect.previousMs ?? this.#createdMs) : undefined;
    const points: Point[] = [];
    for (const series of this.#series.values()) {
      const point = this.#pointOf(series, collect, monotonicMs, start);
      if (point) points.push(point);
      if (series.holders === 0 && !this.#deltaReaders.some((reader) => series.isPending(reader))) this.#series.delete(series.key);
    }
    return points.length > 0 ? { definition: this.definition, isDelta, points } : undefined;
  }

  /** @param start of a delta */
  #pointOf(series: Series, collect: Collect, monotonicMs: number, start: HrTime | undefined): Point | undefined {
    const isFresh = series.holders > 0 && series.untilMs > monotonicMs;
    if (!start) return isFresh ? series.cumulative(collect) : undefined;
    // Growth is exported once, however old. A delta of 0 is exported only of totals that were measured: they stood still.
    const isExported = series.isPending(collect.reader) || (isFresh && this.definition.isObserved);
    return isExported ? series.delta(collect, start) : undefined;
  }

  #create(key: string, attributes: Attributes): Series {
    const { boundaries = [], isFromZero, kind } = this.definition;
    if (kind === "gauge") return new GaugeSeries(key, attributes);
    if (kind === "histogram") return new HistogramSeries(key, attributes, boundaries, this.#deltaReaders, this.#createdMs);
    return new SumSeries(key, attributes, kind === "counter", isFromZero ? this.#createdMs : undefined);
  }
}

/** Calls callbacks that observe current values. @returns what they threw */
export type Observer = () => readonly unknown[];

/** What one reader has collected, and what observers threw. */
export interface StoreCollection {
  readonly metrics: readonly CollectedMetric[];
  readonly errors: readonly unknown[];
}

/**
 * All series of this package's collectors, for readers of our own. Unlike the SDK it sees each value of a source when it is measured, so that
 * a counter that restarts between two collections is known to have restarted, and it forgets series that have ended.
 */
export class MetricStore {
  readonly clock: Clock;
  readonly #instruments = new Map<string, StoredInstrument>();
  readonly #observers = new Set<Observer>();
  readonly #readers: DeltaChoice[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * Adds a reader with start times and deltas of its own; before the first instrument is created, because series keep state for each reader.
   *
   * @returns collects for that reader
   */
  addReader(isDelta: DeltaChoice): () => StoreCollection {
    const reader = this.#readers.push(isDelta) - 1;
    let previousMs: number | undefined;
    return () => {
      const errors = [...this.#observers].flatMap((observe) => observe());
      const nowMs = this.clock.wallMs();
      const monotonicMs = this.clock.monotonicMs();
      const collect = { reader, previousMs, nowMs, now: hrTime(nowMs) };
      const metrics = [...this.#instruments.values()].flatMap((instrument) => instrument.collect(collect, monotonicMs) ?? []);
      previousMs = nowMs;
      return { metrics, errors };
    };
  }

  /** The instrument of a definition, created at its first use. */
  instrument(definition: InstrumentDefinition): StoredInstrument {
    const { isFromZero, isObserved, kind, name, unit } = definition;
    const identity = [name, kind, unit, isObserved, isFromZero].join("\0");
    let instrument = this.#instruments.get(identity);
    if (!instrument) {
      const deltaReaders = this.#readers.flatMap((isDelta, reader) => (isDelta(definition) ? [reader] : []));
      instrument = new StoredInstrument(definition, this.clock.wallMs(), deltaReaders);
      this.#instruments.set(identity, instrument);
    }
    return instrument;
  }

  /** Calls the observer at the start of each collection, until the result is called. */
  observeWith(observer: Observer): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }
}

/** A key of attributes, independent of their order; no other attributes share it, whatever characters their values contain. */
export function keyOf(attributes: Attributes): string {
  const names = Object.keys(attributes).sort();
  return JSON.stringify(names.map((name) => [name, String(attributes[name])]));
}
