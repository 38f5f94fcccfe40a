import type { CollectionReport, Sample, SampleRows } from "./api.ts";

/** Where a number stands: a field, and a place on each of its axes. */
export interface Place {
  readonly field: string;
  readonly path: readonly string[];
}

/** One sample. A value that was not measured is NaN, or beyond the end. */
export interface Row {
  readonly timeMs: number;
  readonly outcome: Sample["outcome"];
  readonly durationMs: number;
  readonly values: readonly number[];
}

const keyOf = ({ field, path }: Place): string => [field, ...path].join("/");

/** The samples of one collection, oldest first, of as many boots of the collector as were seen. */
export class Series {
  #places: Place[] = [];
  readonly #columns = new Map<string, number>();
  #rows: Row[] = [];
  /** Where the rows of the present boot start. */
  #bootStart = 0;

  /** What was ever measured; a place is where its number stands in `Row.values`. */
  get places(): readonly Place[] {
    return this.#places;
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  get last(): Row | undefined {
    return this.#rows.at(-1);
  }

  /** The rows of the present boot. */
  get ofThisBoot(): readonly Row[] {
    return this.#rows.slice(this.#bootStart);
  }

  /** A sample from the stream; one that is here already is passed over. */
  add(sample: Sample, fields: CollectionReport["fields"]): void {
    const timeMs = Date.parse(sample.time);
    if (this.#has(timeMs)) return;
    const values: number[] = [];
    for (const [field, { by }] of Object.entries(fields)) {
      for (const [path, value] of numbersIn(sample.values?.[field], by.length)) this.#put(values, { field, path }, value);
    }
    const { outcome, durationMs } = sample;
    this.#rows.push({ timeMs, outcome, durationMs, values });
  }

  /** Rows from the API, some of which may be here already. */
  merge({ points, rows }: SampleRows): void {
    const before = this.#rows.slice(0, this.#bootStart);
    const lastMs = before.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY;
    const byTime = new Map(this.#rows.slice(this.#bootStart).map((row) => [row.timeMs, row]));
    for (const [time, outcome, durationMs, , ...numbers] of rows) {
      const timeMs = Date.parse(time);
      // What an earlier boot said stays as it was said then.
      if (byTime.has(timeMs) || timeMs <= lastMs) continue;
      const values: number[] = [];
      for (const [n, place] of points.entries()) this.#put(values, place, numbers[n] ?? Number.NaN);
      byTime.set(timeMs, { timeMs, outcome, durationMs, values });
    }
    this.#rows = [...before, ...[...byTime.values()].sort((a, b) => a.timeMs - b.timeMs)];
  }

  /** Whether the sample of this time is here already: one of the newest rows, since the stream and the API overlap there. */
  #has(timeMs: number): boolean {
    for (let n = this.#rows.length - 1; n >= this.#bootStart; n -= 1) {
      const row = this.#rows[n] as Row;
      if (row.timeMs <= timeMs) return row.timeMs === timeMs;
    }
    return false;
  }

  /** The collector has been restarted: what is here stays. */
  beginBoot(): void {
    this.#bootStart = this.#rows.length;
  }

  /** Forgets what is older. */
  trim(beforeMs: number): void {
    const first = this.#rows.findIndex(({ timeMs }) => timeMs >= beforeMs);
    const gone = first === -1 ? this.#rows.length : first;
    if (gone === 0) return;
    this.#rows = this.#rows.slice(gone);
    this.#bootStart = Math.max(0, this.#bootStart - gone);
  }

  #put(values: number[], place: Place, value: number): void {
    const key = keyOf(place);
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = this.#places.length;
      this.#columns.set(key, column);
      this.#places = [...this.#places, place];
    }
    while (values.length < column) values.push(Number.NaN);
    values[column] = value;
  }
}

/** The numbers of a breakdown with their places, outermost axis first. */
function* numbersIn(value: unknown, depth: number, path: readonly string[] = []): Generator<readonly [readonly string[], number]> {
  if (depth === 0) {
    if (typeof value === "number") yield [path, value];
  } else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* numbersIn(inner, depth - 1, [...path, key]);
}
