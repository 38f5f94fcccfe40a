import type { CollectionReport, Sample, SampleRows } from "./api.ts";

/** A number of a sample type: a field, and a value for each attribute that it is split by. */
export interface Point {
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

/** A string that is equal exactly if field and path are, whatever characters the path contains. */
export const keyOf = ({ field, path }: Point): string => JSON.stringify([field, ...path]);

/** The samples of one collection, oldest first, across restarts of the collector. */
export class Series {
  #points: Point[] = [];
  readonly #columns = new Map<string, number>();
  #rows: Row[] = [];
  /** Where the rows of the present boot start. */
  #bootStart = 0;

  /** The points measured so far, in the order of `Row.values`. */
  get points(): readonly Point[] {
    return this.#points;
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

  /** Adds a sample from the stream; one that is already present is skipped. */
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

  /** Adds rows from the API; those that are already present are skipped. */
  merge({ points, rows }: SampleRows): void {
    const before = this.#rows.slice(0, this.#bootStart);
    const lastMs = before.at(-1)?.timeMs ?? Number.NEGATIVE_INFINITY;
    const byTime = new Map(this.#rows.slice(this.#bootStart).map((row) => [row.timeMs, row]));
    for (const [time, outcome, durationMs, , ...numbers] of rows) {
      const timeMs = Date.parse(time);
      // Rows of an earlier boot are never replaced.
      if (byTime.has(timeMs) || timeMs <= lastMs) continue;
      const values: number[] = [];
      for (const [n, point] of points.entries()) this.#put(values, point, numbers[n] ?? Number.NaN);
      byTime.set(timeMs, { timeMs, outcome, durationMs, values });
    }
    this.#rows = [...before, ...[...byTime.values()].sort((a, b) => a.timeMs - b.timeMs)];
  }

  /** Whether the sample of this time is present; searched from the newest, where stream and API overlap. */
  #has(timeMs: number): boolean {
    for (let n = this.#rows.length - 1; n >= this.#bootStart; n -= 1) {
      const row = this.#rows[n] as Row;
      if (row.timeMs <= timeMs) return row.timeMs === timeMs;
    }
    return false;
  }

  /** Starts a new boot after a restart of the collector; the rows of earlier boots stay. */
  beginBoot(): void {
    this.#bootStart = this.#rows.length;
  }

  /** Removes older rows. */
  trim(beforeMs: number): void {
    const first = this.#rows.findIndex(({ timeMs }) => timeMs >= beforeMs);
    const removed = first === -1 ? this.#rows.length : first;
    if (removed === 0) return;
    this.#rows = this.#rows.slice(removed);
    this.#bootStart = Math.max(0, this.#bootStart - removed);
  }

  #put(values: number[], point: Point, value: number): void {
    const key = keyOf(point);
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = this.#points.length;
      this.#columns.set(key, column);
      this.#points = [...this.#points, point];
    }
    while (values.length < column) values.push(Number.NaN);
    values[column] = value;
  }
}

/** The numbers of a breakdown with their attribute values, outermost first. */
function* numbersIn(value: unknown, depth: number, path: readonly string[] = []): Generator<readonly [readonly string[], number]> {
  if (depth === 0) {
    if (typeof value === "number") yield [path, value];
  } else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* numbersIn(inner, depth - 1, [...path, key]);
}
