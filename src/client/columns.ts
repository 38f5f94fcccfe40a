import { LIVE_INTERVALS } from "../sample/outcome.ts";
import type { Row } from "./series.ts";

/** A range of time, `[fromMs, toMs)`. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Numbers over time; null is a gap. Times in seconds, as uPlot expects them. */
export interface Lines {
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

export interface Line {
  readonly mean: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

/** How often a number is due. */
export interface Cadence {
  readonly intervalMs: number;
  /** Two measurements further apart have a gap between them. */
  readonly gapMs: number;
}

/** A distance of more than this many intervals between two samples is a gap, because ticks are rarely exactly on time. */
const GAP_INTERVALS = 1.5;

/** Data is stale after the intervals for which it counts as current, but not before three seconds. */
const STALE_MIN_MS = 3_000;

/**
 * The cadence of a field. Where it is measured less often than its collection, its line continues for three of the field's own intervals.
 */
export function cadenceOf(intervalMs: number, collectionMs: number): Cadence {
  return { intervalMs, gapMs: (intervalMs > collectionMs ? LIVE_INTERVALS : GAP_INTERVALS) * intervalMs };
}

/** Whether data of this age is stale, where a sample is due every interval. */
export const isStale = (ageMs: number, intervalMs: number): boolean => ageMs > Math.max(LIVE_INTERVALS * intervalMs, STALE_MIN_MS);

/** The rows of a range, and one before it: a rate needs two. */
export function rowsIn(rows: readonly Row[], { fromMs, toMs }: Range): readonly Row[] {
  let first = rows.length;
  while (first > 0 && (rows[first - 1] as Row).timeMs >= fromMs) first -= 1;
  return rows.slice(Math.max(0, first - 1)).filter(({ timeMs }) => timeMs < toMs);
}

/** The values of a column; NaN where it was not measured. */
export const valuesOf = (rows: readonly Row[], column: number): number[] => rows.map(({ values }) => values[column] ?? Number.NaN);

/** Change per second from row to row. A counter that decreased was reset to zero. After a gap there is no rate. */
export function ratesOf(rows: readonly Row[], column: number, { gapMs }: Pick<Cadence, "gapMs">): number[] {
  return rows.map((row, n) => {
    const before = rows[n - 1];
    if (!before || row.timeMs - before.timeMs > gapMs) return Number.NaN;
    const [from, to] = [before.values[column] ?? Number.NaN, row.values[column] ?? Number.NaN];
    return ((to < from ? to : to - from) / Math.max(1, row.timeMs - before.timeMs)) * 1_000;
  });
}

/** The sum of columns, row by row. A missing value adds nothing; a row in which all are missing is missing. */
export function addColumns(columns: readonly number[][]): number[] {
  const [first = [], ...others] = columns;
  if (others.length === 0) return first;
  return first.map((_, n) => {
    const values = columns.map((column) => column[n] as number).filter((value) => !Number.isNaN(value));
    return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0);
  });
}

/**
 * Columns as lines of at most about `maxPoints` points. Where there are more samples, each point is the mean, minimum and maximum of a bucket.
 * Buckets start at multiples of their length, so that points do not change as time moves on.
 */
export function linesOf(rows: readonly Row[], columns: readonly number[][], range: Range, cadence: Cadence, maxPoints: number): Lines {
  const intervals = Math.ceil((range.toMs - range.fromMs) / maxPoints / cadence.intervalMs);
  return intervals <= 1 ? single(rows, columns, cadence) : bucketed(rows, columns, range, intervals * cadence.intervalMs);
}

function single(rows: readonly Row[], columns: readonly number[][], { gapMs }: Cadence): Lines {
  const times: number[] = [];
  const lines = columns.map((): (number | null)[] => []);
  for (const [n, { timeMs }] of rows.entries()) {
    const beforeMs = rows[n - 1]?.timeMs ?? timeMs;
    if (timeMs - beforeMs > gapMs) {
      times.push((timeMs + beforeMs) / 2_000);
      for (const line of lines) line.push(null);
    }
    times.push(timeMs / 1_000);
    for (const [c, line] of lines.entries()) line.push(orNull(columns[c]?.[n]));
  }
  return { times, lines: lines.map((mean) => ({ mean, min: mean, max: mean })) };
}

interface Bucket {
  count: number;
  sum: number;
  min: number;
  max: number;
}

function bucketed(rows: readonly Row[], columns: readonly number[][], { fromMs, toMs }: Range, lengthMs: number): Lines {
  const first = Math.floor(fromMs / lengthMs);
  const count = Math.ceil(toMs / lengthMs) - first;
  const times = Array.from({ length: count }, (_, n) => ((first + n + 0.5) * lengthMs) / 1_000);
  const lines = columns.map((column) => {
    const buckets = times.map((): Bucket => ({ count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }));
    for (const [n, { timeMs }] of rows.entries()) {
      const value = column[n] as number;
      const bucket = buckets[Math.floor(timeMs / lengthMs) - first];
      if (!bucket || Number.isNaN(value)) continue;
      bucket.count += 1;
      bucket.sum += value;
      bucket.min = Math.min(bucket.min, value);
      bucket.max = Math.max(bucket.max, value);
    }
    const of = (pick: (bucket: Bucket) => number): (number | null)[] => buckets.map((each) => (each.count === 0 ? null : pick(each)));
    return { mean: of(({ sum, count }) => sum / count), min: of(({ min }) => min), max: of(({ max }) => max) };
  });
  return { times, lines };
}

const orNull = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value);

/** Ranges without a value: samples without it, missing samples, and stale data at the end. Never before the first row. */
export function gapsOf(rows: readonly Row[], isMeasured: (n: number) => boolean, range: Range, cadence: Cadence): readonly Range[] {
  const gaps: { fromMs: number; toMs: number }[] = [];
  const add = (fromMs: number, toMs: number): void => {
    const last = gaps.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = toMs;
    else gaps.push({ fromMs, toMs });
  };
  for (const [n, { timeMs }] of rows.entries()) {
    const next = rows[n + 1]?.timeMs;
    if (!isMeasured(n)) add(rows[n - 1]?.timeMs ?? timeMs, next ?? timeMs);
    if (next !== undefined && next - timeMs > cadence.gapMs) add(timeMs, next);
  }
  const last = rows.at(-1);
  if (last && isStale(range.toMs - last.timeMs, cadence.intervalMs)) add(last.timeMs, range.toMs);
  return gaps.filter(({ toMs }) => toMs > range.fromMs);
}

/** Stacks lines, lowest first. A gap in one line adds nothing; a gap in all is a gap. */
export function stackOf(lines: readonly Line[]): readonly (readonly (number | null)[])[] {
  const length = lines[0]?.mean.length ?? 0;
  const heights = Array.from({ length }, () => 0);
  return lines.map(({ mean }) =>
    mean.map((value, n) => {
      if (lines.every((line) => line.mean[n] === null)) return null;
      heights[n] = (heights[n] as number) + (value ?? 0);
      return heights[n];
    }),
  );
}
