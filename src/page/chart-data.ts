import { WITH_DURATION } from "../sample/outcome.ts";
import { READING_TIME, type ChartSpec } from "./chart-spec.ts";
import { addColumns, gapsOf, linesOf, ratesOf, rowsIn, stackOf, valuesOf, type Cadence, type Line, type Range } from "../client/columns.ts";
import { tickScale, type Unit } from "./format.ts";
import type { Row } from "../client/series.ts";

/** What a chart draws. */
export interface ChartData {
  readonly range: Range;
  readonly yRange: readonly [low: number, high: number];
  readonly times: readonly number[];
  /** Of a `line`: mean, minimum and maximum. Otherwise one per part, in a stack its upper edge. */
  readonly drawn: readonly (readonly (number | null)[])[];
  /** The measured values of each part, for the values at the cursor. */
  readonly lines: readonly Line[];
  readonly gaps: readonly Range[];
  /** Times of ticks without values, in seconds; a source that waits for its first write does not fail. */
  readonly failures: readonly number[];
  /** Time of the newest measured value; undefined without one in the range. */
  readonly measuredMs: number | undefined;
  /** The newest value of each part; NaN where the newest sample has none. */
  readonly newest: readonly number[];
}

/** One point for every two pixels of a small chart; more cannot be distinguished. */
const MAX_POINTS = 150;

/** What a chart draws of these rows in this range. */
export function chartData(spec: ChartSpec, rows: readonly Row[], range: Range): ChartData {
  const { cadence } = spec;
  // Of a field that is measured less often, the samples between two measurements are no gaps.
  const inRange = rowsIn(spec.isSparse ? rows.filter((row) => measures(spec, row)) : rows, range);
  const columns = columnsOf(spec, inRange, cadence);
  const { times, lines } = linesOf(inRange, columns, range, cadence, MAX_POINTS);
  const isMeasured = (n: number): boolean => columns.some((column) => !Number.isNaN(column[n]));
  // The first value of a counter has no rate, and is no gap.
  const isCounted = spec.unit.isRate ? (n: number): boolean => (inRange[n]?.values.length ?? 0) > 0 : isMeasured;
  const drawn = drawnOf(spec, lines);
  return {
    range,
    yRange: yRangeOf(spec, drawn),
    times,
    drawn,
    lines,
    gaps: gapsOf(inRange, isCounted, range, cadence),
    failures: rowsIn(rows, range)
      .filter(({ outcome }) => outcome !== "success" && outcome !== "waiting")
      .map(({ timeMs }) => timeMs / 1_000),
    measuredMs: inRange.findLast((_, n) => isMeasured(n))?.timeMs,
    newest: columns.map((column) => column.at(-1) ?? Number.NaN),
  };
}

const measures = ({ parts }: ChartSpec, { values }: Row): boolean =>
  parts.some(({ columns }) => columns.some((column) => !Number.isNaN(values[column] ?? Number.NaN)));

function columnsOf(spec: ChartSpec, rows: readonly Row[], cadence: Cadence): readonly number[][] {
  if (spec.id === READING_TIME)
    return [rows.map(({ outcome, durationMs }) => (WITH_DURATION.has(outcome) ? durationMs / 1_000 : Number.NaN))];
  const measure = (column: number): number[] => (spec.unit.isRate ? ratesOf(rows, column, cadence) : valuesOf(rows, column));
  return spec.parts.map(({ columns }) => addColumns(columns.map(measure)));
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
  // Thresholds extend the axis, except that of the reading time, which is usually far above the measured values.
  if (spec.id !== READING_TIME) {
    for (const { above, below } of spec.thresholds) {
      low = Math.min(low, above ?? below ?? low);
      high = Math.max(high, above ?? below ?? high);
    }
  }
  return rangeOf(low, high, spec.unit.max, tickScale(Math.max(Math.abs(low), Math.abs(high)), spec.unit).size);
}

/** Values that differ by less than this share of the largest are one value with rounding errors, and look the same beside the axis. */
const SAME = 1e-5;

/** Values below this are zero with rounding errors. */
const ZERO = 1e-12;

/**
 * Ends of an axis for values within `[min, max]`: zero where the values are near it or all the same, round, and with room above, so that
 * the axis changes rarely.
 *
 * @param limit the largest possible value, which the axis does not exceed
 * @param size the unit of the numbers beside the axis, which are round in it
 */
export function rangeOf(min: number, max: number, limit = Number.POSITIVE_INFINITY, size = 1): readonly [low: number, high: number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const magnitude = Math.max(Math.abs(min), Math.abs(max));
  if (magnitude < ZERO) return [0, Math.min(0.5, limit)];
  if (min !== max && max - min <= SAME * magnitude) return rangeOf(rounded(max), rounded(max), limit, size);
  const fromZero = min >= 0 && (min <= 0.5 * max || max === min);
  const spread = (fromZero ? max : max - min) || magnitude;
  const step = stepOf(spread / 4 / size) * size;
  const low = fromZero ? 0 : Math.floor((min - spread * 0.05) / step) * step;
  const high = Math.ceil((max + spread * 0.08) / step) * step;
  return [low >= 0 || min < 0 ? low : 0, Math.min(high, Math.max(max, limit))];
}

/** Distances that two ticks of an axis can have, ascending: round in the unit of the numbers beside it. */
export function stepsOf(largest: number, unit: Unit): number[] {
  const { size } = tickScale(largest, unit);
  return Array.from({ length: 30 }, (_, n) => n - 12).flatMap((power) => [1, 2, 5].map((digit) => precise(digit * 10 ** power * size)));
}

/** The multiples of a step within an axis. */
export function ticksIn(low: number, high: number, step: number): number[] {
  const [first, last] = [Math.ceil(low / step - 1e-6), Math.floor(high / step + 1e-6)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => precise((first + n) * step));
}

/** Without the noise of a multiplication. */
const precise = (value: number): number => Number(value.toPrecision(15));

const rounded = (value: number): number => Number(value.toPrecision(5));

/** The smallest of 1, 2, 5, 10, 20, 50 ... that is not below `minimum`. */
function stepOf(minimum: number): number {
  const power = 10 ** Math.floor(Math.log10(minimum));
  return ([1, 2, 5].find((digit) => digit * power >= minimum) ?? 10) * power;
}
