import type { Row } from "./series.ts";

/** A range of time, `[fromMs, toMs)`. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Numbers over time; null is a gap. Times in seconds, as charts want them. */
export interface Lines {
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

export interface Line {
  readonly mean: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

/** A hole wider than this many intervals is a gap, also where no sample says so: ticks stray a little. */
const GAP_INTERVALS = 1.5;

/** Silence of so many intervals, and of so long, is no delay any more. */
const SILENT_INTERVALS = 3;
const SILENT_LEAST_MS = 3_000;

/** Whether what was heard of so long ago is old, where something is due at every interval. */
export const isSilent = (ageMs: number, intervalMs: number): boolean => ageMs > Math.max(SILENT_INTERVALS * intervalMs, SILENT_LEAST_MS);

/** The rows of a range, and one before it: a rate needs two. */
export function rowsIn(rows: readonly Row[], { fromMs, toMs }: Range): readonly Row[] {
  let first = rows.length;
  while (first > 0 && (rows[first - 1] as Row).timeMs >= fromMs) first -= 1;
  return rows.slice(Math.max(0, first - 1)).filter(({ timeMs }) => timeMs < toMs);
}

/** A column as it was measured; NaN where it was not. */
export const valuesOf = (rows: readonly Row[], column: number): number[] => rows.map(({ values }) => values[column] ?? Number.NaN);

/** Growth per second from row to row. A total that shrank began again at zero; beside a gap there is no rate. */
export function ratesOf(rows: readonly Row[], column: number, intervalMs: number): number[] {
  return rows.map((row, n) => {
    const before = rows[n - 1];
    if (!before || row.timeMs - before.timeMs > GAP_INTERVALS * intervalMs) return Number.NaN;
    const [from, to] = [before.values[column] ?? Number.NaN, row.values[column] ?? Number.NaN];
    return ((to < from ? to : to - from) / Math.max(1, row.timeMs - before.timeMs)) * 1_000;
  });
}

/** Columns added up; what one of them did not measure adds nothing, what none measured is not measured. */
export function sumOf(columns: readonly number[][]): number[] {
  const [first = [], ...others] = columns;
  if (others.length === 0) return first;
  return first.map((_, n) => {
    const values = columns.map((column) => column[n] as number).filter((value) => !Number.isNaN(value));
    return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0);
  });
}

/**
 * Columns as lines of at most about `most` points. Where there are more samples, each point is the mean, minimum and maximum of a stretch
 * that begins at a multiple of its length, so that nothing shimmers as time goes on.
 */
export function linesOf(rows: readonly Row[], columns: readonly number[][], range: Range, intervalMs: number, most: number): Lines {
  const stretch = Math.ceil((range.toMs - range.fromMs) / most / intervalMs);
  return stretch <= 1 ? single(rows, columns, intervalMs) : stretched(rows, columns, range, stretch * intervalMs);
}

function single(rows: readonly Row[], columns: readonly number[][], intervalMs: number): Lines {
  const times: number[] = [];
  const lines = columns.map((): (number | null)[] => []);
  for (const [n, { timeMs }] of rows.entries()) {
    const beforeMs = rows[n - 1]?.timeMs ?? timeMs;
    if (timeMs - beforeMs > GAP_INTERVALS * intervalMs) {
      times.push((timeMs + beforeMs) / 2_000);
      for (const line of lines) line.push(null);
    }
    times.push(timeMs / 1_000);
    for (const [c, line] of lines.entries()) line.push(orNull(columns[c]?.[n]));
  }
  return { times, lines: lines.map((mean) => ({ mean, min: mean, max: mean })) };
}

interface Stretch {
  count: number;
  sum: number;
  min: number;
  max: number;
}

function stretched(rows: readonly Row[], columns: readonly number[][], { fromMs, toMs }: Range, lengthMs: number): Lines {
  const first = Math.floor(fromMs / lengthMs);
  const count = Math.ceil(toMs / lengthMs) - first;
  const times = Array.from({ length: count }, (_, n) => ((first + n + 0.5) * lengthMs) / 1_000);
  const lines = columns.map((column) => {
    const stretches = times.map((): Stretch => ({ count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY }));
    for (const [n, { timeMs }] of rows.entries()) {
      const value = column[n] as number;
      const stretch = stretches[Math.floor(timeMs / lengthMs) - first];
      if (!stretch || Number.isNaN(value)) continue;
      stretch.count += 1;
      stretch.sum += value;
      stretch.min = Math.min(stretch.min, value);
      stretch.max = Math.max(stretch.max, value);
    }
    const of = (pick: (stretch: Stretch) => number): (number | null)[] => stretches.map((each) => (each.count === 0 ? null : pick(each)));
    return { mean: of(({ sum, count }) => sum / count), min: of(({ min }) => min), max: of(({ max }) => max) };
  });
  return { times, lines };
}

const orNull = (value: number | undefined): number | null => (value === undefined || Number.isNaN(value) ? null : value);

/** Spans without a value: samples that have none, holes where no sample is, and silence at the end. Not before the first row. */
export function gapsOf(rows: readonly Row[], isMeasured: (n: number) => boolean, range: Range, intervalMs: number): readonly Range[] {
  const gaps: { fromMs: number; toMs: number }[] = [];
  const add = (fromMs: number, toMs: number): void => {
    const last = gaps.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = toMs;
    else gaps.push({ fromMs, toMs });
  };
  for (const [n, { timeMs }] of rows.entries()) {
    const next = rows[n + 1]?.timeMs;
    if (!isMeasured(n)) add(rows[n - 1]?.timeMs ?? timeMs, next ?? timeMs);
    if (next !== undefined && next - timeMs > GAP_INTERVALS * intervalMs) add(timeMs, next);
  }
  const last = rows.at(-1);
  if (last && isSilent(range.toMs - last.timeMs, intervalMs)) add(last.timeMs, range.toMs);
  return gaps.filter(({ toMs }) => toMs > range.fromMs);
}

/** Lines on top of one another, lowest first; a gap in one is nothing added, a gap in all is a gap. */
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
