import { READING_TIME, type ChartSpec } from "./chart-spec.ts";
import { gapsOf, linesOf, ratesOf, rowsIn, stackOf, sumOf, valuesOf, type Line, type Range } from "./columns.ts";
import type { Row } from "./series.ts";

/** What a chart draws at one moment. */
export interface ChartData {
  readonly range: Range;
  readonly yRange: readonly [low: number, high: number];
  readonly times: readonly number[];
  /** Of a `line`: mean, lowest, highest. Else one for each part, of a stack as heights. */
  readonly drawn: readonly (readonly (number | null)[])[];
  /** Each part as it was measured, for the readout. */
  readonly lines: readonly Line[];
  readonly gaps: readonly Range[];
  /** Moments of ticks that brought no values, in seconds. */
  readonly failures: readonly number[];
  /** When something was measured last; undefined where nothing in the range was. */
  readonly measuredMs: number | undefined;
  /** The newest value of each part; NaN where the newest sample has none. */
  readonly newest: readonly number[];
}

/** One of these to two pixels of a small chart: more could not be told apart. */
const MOST_POINTS = 150;

/** Outcomes in which the source was asked: only then does a reading take time. */
const ASKED = new Set(["success", "failed", "timeout", "invalid"]);

/** What to draw of these rows in this range. */
export function chartData(spec: ChartSpec, rows: readonly Row[], range: Range, intervalMs: number): ChartData {
  const inRange = rowsIn(rows, range);
  const columns = columnsOf(spec, inRange, intervalMs);
  const { times, lines } = linesOf(inRange, columns, range, intervalMs, MOST_POINTS);
  const isMeasured = (n: number): boolean => columns.some((column) => !Number.isNaN(column[n]));
  // The first value has no rate, and is no gap either.
  const isCounted = spec.unit.isRate ? (n: number): boolean => (inRange[n]?.values.length ?? 0) > 0 : isMeasured;
  const drawn = drawnOf(spec, lines);
  return {
    range,
    yRange: yRangeOf(spec, drawn),
    times,
    drawn,
    lines,
    gaps: gapsOf(inRange, isCounted, range, intervalMs),
    failures: inRange.filter(({ outcome }) => outcome !== "success").map(({ timeMs }) => timeMs / 1_000),
    measuredMs: inRange.findLast((_, n) => isMeasured(n))?.timeMs,
    newest: columns.map((column) => column.at(-1) ?? Number.NaN),
  };
}

function columnsOf(spec: ChartSpec, rows: readonly Row[], intervalMs: number): readonly number[][] {
  if (spec.id === READING_TIME) return [rows.map(({ outcome, durationMs }) => (ASKED.has(outcome) ? durationMs / 1_000 : Number.NaN))];
  const measure = (column: number): number[] => (spec.unit.isRate ? ratesOf(rows, column, intervalMs) : valuesOf(rows, column));
  return spec.parts.map(({ columns }) => sumOf(columns.map(measure)));
}

function drawnOf({ kind }: ChartSpec, lines: readonly Line[]): ChartData["drawn"] {
  if (kind === "stack") return stackOf(lines);
  const [first] = lines;
  if (kind === "line" && first) return [first.mean, first.min, first.max];
  return lines.map(({ mean }) => mean);
}

function yRangeOf(spec: ChartSpec, drawn: ChartData["drawn"]): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const line of drawn) {
    for (const value of line) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (spec.kind === "stack") low = Math.min(low, 0);
  // A threshold that is out of sight says nothing: but how long a reading may take is mostly far above how long it takes.
  if (spec.id !== READING_TIME) {
    for (const { above, below } of spec.thresholds) {
      low = Math.min(low, above ?? below ?? low);
      high = Math.max(high, above ?? below ?? high);
    }
  }
  return rangeOf(low, high, spec.unit.max);
}

/**
 * Ends of an axis for values within `[min, max]`: at zero where the values are near it, round, and with room above, so that they change
 * seldom while the values do.
 *
 * @param most the largest value there can be, which the axis does not exceed
 */
export function rangeOf(min: number, max: number, most = Number.POSITIVE_INFINITY): readonly [low: number, high: number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const fromZero = min >= 0 && (min <= 0.5 * max || max === min);
  const spread = (fromZero ? max : max - min) || Math.abs(max) || 1;
  const step = stepOf(spread / 4);
  const low = fromZero ? 0 : Math.floor((min - spread * 0.05) / step) * step;
  const high = Math.ceil((max + spread * 0.08) / step) * step;
  return [low >= 0 || min < 0 ? low : 0, Math.min(high, Math.max(max, most))];
}

/** The next of 1, 2, 5, 10, 20, 50 ... that is not below. */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((digit) => digit * power >= least) ?? 10) * power;
}
