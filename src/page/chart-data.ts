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
  /** The value of a line that is the same all the time. */
  readonly constant: number | undefined;
  /** The newest value of each part; NaN where the newest sample has none. */
  readonly newest: readonly number[];
}

/** One point for every two pixels of a small chart; more cannot be distinguished. */
const MAX_POINTS = 150;

/** What a chart draws of these rows in this range. @param isolated the only part that is drawn; undefined for all */
export function chartData(spec: ChartSpec, rows: readonly Row[], range: Range, isolated?: number): ChartData {
  const { cadence } = spec;
  // Of a field that is measured less often, the samples between two measurements are no gaps.
  const inRange = rowsIn(spec.isSparse ? rows.filter((row) => measures(spec, row)) : rows, range);
  const columns = columnsOf(spec, inRange, cadence);
  const { times, lines: all } = linesOf(inRange, columns, range, cadence, MAX_POINTS);
  const lines = isolated === undefined ? all : all.map((line, n) => (n === isolated ? line : without(line)));
  const isMeasured = (n: number): boolean => columns.some((column) => !Number.isNaN(column[n]));
  // The first value of a counter has no rate, and is no gap.
  const isCounted = spec.unit.isRate ? (n: number): boolean => (inRange[n]?.values.length ?? 0) > 0 : isMeasured;
  const drawn = drawnOf(spec, lines).map((line, n) => (isolated === undefined || n === isolated ? line : line.map(() => null)));
  return {
    range,
    yRange: yRangeOf(spec, drawn),
    constant: constantOf(spec, drawn),
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

const without = ({ mean }: Line): Line => {
  const none = mean.map(() => null);
  return { mean: none, min: none, max: none };
};

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

function constantOf({ kind }: ChartSpec, [mean = []]: ChartData["drawn"]): number | undefined {
  const values = new Set(mean.filter((value) => value !== null));
  return kind === "line" && values.size === 1 && mean.length > 1 ? [...values][0] : undefined;
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
  const steps = stepsOf(Math.max(Math.abs(low), Math.abs(high)), spec.unit);
  return rangeOf(low, high, spec.unit.max, (minimum) => steps.find((step) => step >= minimum) ?? stepOf(minimum));
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
 * @param roundUp the smallest distance of two ticks that is not below another; default: 1, 2, 5, 10, 20, 50 ...
 */
export function rangeOf(
  min: number,
  max: number,
  limit = Number.POSITIVE_INFINITY,
  roundUp: (minimum: number) => number = stepOf,
): readonly [low: number, high: number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const magnitude = Math.max(Math.abs(min), Math.abs(max));
  if (magnitude < ZERO) return [0, Math.min(0.5, limit)];
  if (min !== max && max - min <= SAME * magnitude) return rangeOf(rounded(max), rounded(max), limit, roundUp);
  const fromZero = min >= 0 && (min <= 0.5 * max || max === min);
  const spread = (fromZero ? max : max - min) || magnitude;
  const step = roundUp(spread / 4);
  const low = fromZero ? 0 : Math.floor((min - spread * 0.05) / step) * step;
  const high = Math.ceil((max + spread * 0.08) / step) * step;
  return [low >= 0 || min < 0 ? low : 0, Math.min(high, Math.max(max, limit))];
}

/** Distances that two ticks of times can have, in the unit of the numbers beside the axis. */
const TIME_STEPS: Readonly<Record<string, readonly number[]>> = {
  s: [0.1, 0.5, 1, 5, 15, 30],
  min: [0.5, 1, 5, 15, 30, 60],
  h: [0.5, 1, 3, 6, 12, 24],
};

/**
 * Distances that two ticks of an axis can have, ascending, in the unit of the numbers beside it: powers of two for sizes, what a clock shows
 * for times, and otherwise 1, 2, 5 and their tenfolds.
 */
export function stepsOf(largest: number, unit: Unit): number[] {
  const { size, name } = tickScale(largest, unit);
  const inUnit = TIME_STEPS[name] ?? (/^([KMGT]i)?B(\/|$)/.test(name) ? POWERS_OF_TWO : DECIMALS);
  return inUnit.map((step) => precise(step * size));
}

const DECIMALS = Array.from({ length: 30 }, (_, n) => n - 12).flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
/** Below one the numbers beside the axis are decimal fractions. */
const POWERS_OF_TWO = [...DECIMALS.filter((step) => step < 1), ...Array.from({ length: 14 }, (_, n) => 2 ** n)];

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
