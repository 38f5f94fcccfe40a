import type { Attributes, HrTime } from "@opentelemetry/api";
import { Buckets, type HistogramValue } from "./buckets.ts";

/** One metric collection of one reader. */
export interface Collect {
  /** Index of the reader, under which each series keeps what that reader has exported of it. */
  readonly reader: number;
  /** Unix milliseconds of the reader's previous collection; undefined for its first. */
  readonly previousMs: number | undefined;
  readonly nowMs: number;
  /** `nowMs`, for the end of every point. */
  readonly now: HrTime;
}

/** A data point. The SDK's type has the same shape. */
export interface Point {
  readonly attributes: Attributes;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly value: number | HistogramValue;
}

/** OTLP's zero: no start time. A gauge has none, because it accumulates nothing. */
const UNSET: HrTime = [0, 0];

/** An unbroken sequence of observations of one series. */
interface Sequence {
  /** Unix milliseconds at which its value was still 0; undefined if it started at an unknown time, with an unknown value. */
  readonly zeroMs: number | undefined;
}

/** What one reader has exported of a series. */
interface Exported {
  readonly sequence: Sequence;
  readonly startMs: number;
  readonly start: HrTime;
  endMs: number;
  /** Growth of the series up to the reader's last delta. */
  grown: number;
}

/** One series of an instrument. Its value is shared by all readers; start times and deltas are each reader's own. */
export interface Series {
  readonly key: string;
  readonly attributes: Attributes;
  /** Number of collectors that record it; without any it has ended. */
  holders: number;
  /** Monotonic milliseconds until which it is exported. */
  untilMs: number;
  /** Sets a gauge, records a value in a histogram, or sets the total of a sum. */
  record(value: number, wallMs: number): void;
  /** Adds to a sum; for the others the same as `record`. */
  add(value: number, wallMs: number): void;
  /** Starts a new sequence after it had ended. @param zeroMs Unix milliseconds at which its value is 0; undefined if its total is unknown */
  restart(zeroMs: number | undefined): void;
  /** The point of a reader with cumulative temporality; undefined before the first value. */
  cumulative(collect: Collect): Point | undefined;
  /** The point of a reader with delta temporality: all that was recorded since its previous one. Undefined before the first value. */
  delta(collect: Collect, start: HrTime): Point | undefined;
  /** Whether the next delta of a reader would contain anything. */
  isPending(reader: number): boolean;
}

/** A current value. */
export class GaugeSeries implements Series {
  readonly key: string;
  readonly attributes: Attributes;
  holders = 0;
  untilMs = Infinity;
  #value: number | undefined;

  constructor(key: string, attributes: Attributes) {
    this.key = key;
    this.attributes = attributes;
  }

  record(value: number): void {
    this.#value = value;
  }

  add(value: number): void {
    this.#value = value;
  }

  restart(): void {
    this.#value = undefined;
  }

  cumulative({ now }: Collect): Point | undefined {
    if (this.#value === undefined) return undefined;
    return { attributes: this.attributes, startTime: UNSET, endTime: now, value: this.#value };
  }

  delta(collect: Collect): Point | undefined {
    return this.cumulative(collect);
  }

  isPending(): boolean {
    return false;
  }
}

/** A series that accumulates, with the start time of each reader's points. */
abstract class Accumulating {
  readonly key: string;
  readonly attributes: Attributes;
  holders = 0;
  untilMs = Infinity;
  protected sequence: Sequence;
  readonly #exported: (Exported | undefined)[] = [];

  constructor(key: string, attributes: Attributes, zeroMs: number | undefined) {
    this.key = key;
    this.attributes = attributes;
    this.sequence = { zeroMs };
  }

  protected exportedBy(reader: number): Exported | undefined {
    return this.#exported[reader];
  }

  /**
   * Notes that a reader exports the series now, and returns its state with the start time of its cumulative points. By OpenTelemetry's data
   * model ("Resets and gaps") a start before the end of the first point means that the value counts from zero, and a start equal to it that
   * the start is unknown, so that the first value is not growth. Sequences of one series never overlap in a reader.
   */
  protected noteExport({ reader, previousMs, nowMs }: Collect): Exported {
    let exported = this.#exported[reader];
    // A wall clock that was set back would otherwise let points end before they start.
    if (exported?.sequence !== this.sequence || exported.startMs > nowMs) {
      const startMs = Math.min(nowMs, this.#startMs(exported, previousMs) ?? nowMs);
      exported = { sequence: this.sequence, startMs, start: hrTime(startMs), endMs: nowMs, grown: exported?.grown ?? 0 };
      this.#exported[reader] = exported;
    }
    exported.endMs = nowMs;
    return exported;
  }

  /** Undefined if it is unknown. Before its first point a reader knows that the series did not exist at its previous collection. */
  #startMs(exported: Exported | undefined, previousMs: number | undefined): number | undefined {
    const { zeroMs } = this.sequence;
    if (zeroMs === undefined) return undefined;
    if (!exported) return Math.max(zeroMs, previousMs ?? zeroMs);
    // Later than the start before, which readers recognise the restart by.
    return Math.max(zeroMs, exported.endMs, exported.startMs + 1);
  }
}

/** A sum whose total is observed, or that is added to. */
export class SumSeries extends Accumulating implements Series {
  readonly #isMonotonic: boolean;
  #total: number | undefined;
  #observedMs: number;
  /** The sum of all growth since the first observation; never falls. */
  #grown = 0;

  /** @param zeroMs Unix milliseconds at which its value was 0; undefined for a total that began at an unknown time */
  constructor(key: string, attributes: Attributes, isMonotonic: boolean, zeroMs: number | undefined) {
    super(key, attributes, zeroMs);
    this.#isMonotonic = isMonotonic;
    this.#total = zeroMs === undefined ? undefined : 0;
    this.#observedMs = zeroMs ?? 0;
  }

  /** A total below the one before has restarted from zero since. */
  record(total: number, wallMs: number): void {
    const before = this.#total;
    if (this.#isMonotonic && before !== undefined) {
      if (total < before) this.sequence = { zeroMs: this.#observedMs };
      this.#grown += total < before ? total : total - before;
    }
    this.#total = total;
    this.#observedMs = wallMs;
  }

  add(value: number, wallMs: number): void {
    this.record((this.#total ?? 0) + value, wallMs);
  }

  restart(zeroMs: number | undefined): void {
    this.sequence = { zeroMs };
    this.#total = zeroMs === undefined ? undefined : 0;
    this.#observedMs = zeroMs ?? 0;
  }

  cumulative(collect: Collect): Point | undefined {
    if (this.#total === undefined) return undefined;
    const { start } = this.noteExport(collect);
    return { attributes: this.attributes, startTime: start, endTime: collect.now, value: this.#total };
  }

  delta(collect: Collect, start: HrTime): Point | undefined {
    if (this.#total === undefined && !this.isPending(collect.reader)) return undefined;
    const exported = this.noteExport(collect);
    const value = this.#grown - exported.grown;
    exported.grown = this.#grown;
    return { attributes: this.attributes, startTime: start, endTime: collect.now, value };
  }

  isPending(reader: number): boolean {
    return this.#grown > (this.exportedBy(reader)?.grown ?? 0);
  }
}

/** A histogram with explicit bucket boundaries. */
export class HistogramSeries extends Accumulating implements Series {
  readonly #boundaries: number[];
  #all: Buckets;
  /** What was recorded since the previous delta of each reader that takes deltas. */
  readonly #deltas: ReadonlyMap<number, Buckets>;

  constructor(key: string, attributes: Attributes, boundaries: number[], deltaReaders: readonly number[], zeroMs: number) {
    super(key, attributes, zeroMs);
    this.#boundaries = boundaries;
    this.#all = new Buckets(boundaries);
    this.#deltas = new Map(deltaReaders.map((reader) => [reader, new Buckets(boundaries)]));
  }

  record(value: number): void {
    this.#all.record(value);
    for (const delta of this.#deltas.values()) delta.record(value);
  }

  add(value: number): void {
    this.record(value);
  }

  restart(zeroMs: number | undefined): void {
    this.sequence = { zeroMs };
    this.#all = new Buckets(this.#boundaries);
  }

  cumulative(collect: Collect): Point | undefined {
    if (this.#all.isEmpty) return undefined;
    const { start } = this.noteExport(collect);
    return { attributes: this.attributes, startTime: start, endTime: collect.now, value: this.#all.value() };
  }

  delta(collect: Collect, start: HrTime): Point | undefined {
    const delta = this.#deltas.get(collect.reader);
    if (!delta || delta.isEmpty) return undefined;
    const value = delta.value();
    delta.clear();
    return { attributes: this.attributes, startTime: start, endTime: collect.now, value };
  }

  isPending(reader: number): boolean {
    return this.#deltas.get(reader)?.isEmpty === false;
  }
}

/** Seconds and nanoseconds since the Unix epoch. */
export function hrTime(unixMs: number): HrTime {
  const seconds = Math.floor(unixMs / 1_000);
  return [seconds, Math.round((unixMs - seconds * 1_000) * 1e6)];
}
