import type { CollectionReport, Sample, SampleRows } from "./api.ts";

/** Where a number stands: a field, and a place on each of its axes. */
export interface Place {
  readonly field: string;
  readonly path: readonly string[];
}

/** One sample. A value that was not measured is NaN, or beyond the end. */
export interface Row {
  readonly seq: number;
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
  /** Where the rows of the present boot begin: numbers start again with each. */
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

  /** Numbers of the rows of the present boot. */
  get numbers(): readonly number[] {
    return this.#rows.slice(this.#bootStart).map(({ seq }) => seq);
  }

  /** A sample from the stream; one that is here already is passed over. */
  add(sample: Sample, fields: CollectionReport["fields"]): void {
    if (sample.seq <= (this.#rows.length > this.#bootStart ? (this.last?.seq ?? 0) : 0)) return;
    const values: number[] = [];
    for (const [field, { by }] of Object.entries(fields)) {
      for (const [path, value] of numbersIn(sample.values?.[field], by.length)) this.#put(values, { field, path }, value);
    }
    const { seq, time, outcome, durationMs } = sample;
    this.#rows.push({ seq, timeMs: Date.parse(time), outcome, durationMs, values });
  }

  /** Rows from the API, some of which may be here already. */
  merge({ points, rows }: SampleRows): void {
    const before = this.#rows.slice(0, this.#bootStart);
    const lastMs = before.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY;
    const bySeq = new Map(this.#rows.slice(this.#bootStart).map((row) => [row.seq, row]));
    for (const [seq, time, outcome, durationMs, , ...numbers] of rows) {
      const timeMs = Date.parse(time);
      // What an earlier boot said stays as it was said then.
      if (bySeq.has(seq) || timeMs <= lastMs) continue;
      const values: number[] = [];
      for (const [n, place] of points.entries()) this.#put(values, place, numbers[n] ?? Number.NaN);
      bySeq.set(seq, { seq, timeMs, outcome, durationMs, values });
    }
    this.#rows = [...before, ...[...bySeq.values()].sort((a, b) => a.seq - b.seq)];
  }

  /** The collector has been restarted: what is here stays, numbers begin anew. */
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
