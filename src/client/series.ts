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

/** When a point was first and last measured. */
export interface Lifetime {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Rows and points that are kept of a collection, whatever its interval: an hour at ten samples per second. */
export const MAX_ROWS = 36_000;
export const MAX_POINTS = 2_000;

/** A string that is equal exactly if field and path are, whatever characters the path contains. */
export const keyOf = ({ field, path }: Point): string => JSON.stringify([field, ...path]);

/** The samples of one collection, oldest first, across restarts of the collector. */
export class Series {
  #points: Point[] = [];
  #lifetimes: Lifetime[] = [];
  #columns = new Map<string, number>();
  #rows: Row[] = [];
  /** Where the rows of the present boot start. */
  #bootStart = 0;

  /** The points that are measured, in the order of `Row.values`. */
  get points(): readonly Point[] {
    return this.#points;
  }

  /** One for each point. */
  get lifetimes(): readonly Lifetime[] {
    return this.#lifetimes;
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
      for (const [path, value] of numbersIn(sample.values?.[field], by.length)) this.#put(values, { field, path }, value, timeMs);
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
      for (const [n, point] of points.entries()) this.#put(values, point, numbers[n] ?? Number.NaN, timeMs);
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

  /**
   * Removes older rows, and points that were not measured since then while others were: what no longer exists. Of a source that fails all
   * points stay. Beyond the bounds the oldest rows and points are removed.
   *
   * @param isSpared whether a row stays although it is older
   */
  trim(beforeMs: number, isSpared: (row: Row) => boolean = () => false): void {
    const isKept = (row: Row): boolean => row.timeMs >= beforeMs || isSpared(row);
    const excess = this.#rows.length - MAX_ROWS;
    const [first] = this.#rows;
    if (excess > 0 || (first && first.timeMs < beforeMs)) {
      const keep = (rows: readonly Row[]): Row[] => rows.filter(isKept);
      const before = keep(this.#rows.slice(0, this.#bootStart));
      const all = [...before, ...keep(this.#rows.slice(this.#bootStart))];
      this.#rows = all.slice(-MAX_ROWS);
      this.#bootStart = Math.max(0, before.length - (all.length - this.#rows.length));
    }
    this.#removePoints(beforeMs);
  }

  #removePoints(beforeMs: number): void {
    const lastMs = (column: number): number => this.#lifetimes[column]?.lastMs ?? Number.NEGATIVE_INFINITY;
    const columns = [...this.#points.keys()];
    const isAnyMeasured = columns.some((column) => lastMs(column) >= beforeMs);
    let live = isAnyMeasured ? columns.filter((column) => lastMs(column) >= beforeMs) : columns;
    if (live.length > MAX_POINTS)
      live = live
        .toSorted((a, b) => lastMs(b) - lastMs(a) || a - b)
        .slice(0, MAX_POINTS)
        .sort((a, b) => a - b);
    if (live.length === columns.length) return;
    this.#points = live.map((column) => this.#points[column] as Point);
    this.#lifetimes = live.map((column) => this.#lifetimes[column] as Lifetime);
    this.#columns = new Map(this.#points.map((point, column) => [keyOf(point), column]));
    this.#rows = this.#rows.map((row) => ({ ...row, values: live.map((column) => row.values[column] ?? Number.NaN) }));
  }

  #put(values: number[], point: Point, value: number, timeMs: number): void {
    if (Number.isNaN(value)) return;
    const key = keyOf(point);
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = this.#points.length;
      this.#columns.set(key, column);
      this.#points = [...this.#points, point];
    }
    const { firstMs = timeMs, lastMs = timeMs } = this.#lifetimes[column] ?? {};
    this.#lifetimes[column] = { firstMs: Math.min(firstMs, timeMs), lastMs: Math.max(lastMs, timeMs) };
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
