import { cadenceOf, isStale, type Cadence, type Range } from "../client/columns.ts";
import type { Unit } from "./format.ts";
import type { Lifetime, Point } from "../client/series.ts";
import type { CollectionReport, FieldReport, ThresholdReport } from "../client/api.ts";

/**
 * - `line`: one number with the band of its extremes
 * - `lines`: a breakdown whose parts do not add up, or a counter's rates
 * - `stack`: a breakdown whose parts add up
 */
export type ChartKind = "line" | "lines" | "stack";

/** What a chart shows, derived from the report of a collection. */
export interface ChartSpec {
  readonly id: string;
  /** The field that is the total of the parts, if there is one. */
  readonly total?: string | undefined;
  readonly title: string;
  readonly description: string;
  readonly kind: ChartKind;
  readonly unit: Unit;
  /** Whether the number above the chart adds up its parts without being a field of its own, such as that of memory in every state. */
  readonly isSum: boolean;
  /** Columns of the samples, with a label each; none for the reading time. */
  readonly parts: readonly Part[];
  readonly thresholds: readonly ThresholdReport[];
  readonly cadence: Cadence;
  /** Whether the field is measured less often than its collection. */
  readonly isSparse: boolean;
}

export interface Part {
  /** Columns whose sum is shown. */
  readonly columns: readonly number[];
  readonly label: string;
}

/** Id of the chart of the reading time. */
export const READING_TIME = "readingTime";

/** Parts that a chart shows of a breakdown; more are unreadable. */
const MAX_PARTS = 8;

/** Statistics whose thresholds are values on the axis of the field. */
const ON_VALUE = new Set(["mean", "min", "max", "p50", "p95", "p99", "last"]);

/**
 * The charts of a collection: one for each measured field, those with a rule first and otherwise in the order of its sample type, and the
 * reading time.
 *
 * @param lifetimes one for each point; without them every point is measured
 */
export function chartsOf(
  report: CollectionReport,
  points: readonly Point[],
  lifetimes: readonly Lifetime[] = [],
  range: Range = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY },
): readonly ChartSpec[] {
  const charts = Object.entries(report.fields).flatMap(([key, field]) => {
    const columns = [...points.keys()].filter((column) => points[column]?.field === key);
    if (columns.length === 0 || field.unit === "{flag}") return [];
    // The stack of the breakdown shows its total, too.
    if (field.sums !== undefined && points.some((point) => point.field === field.sums)) return [];
    const shown = measuredFirst(columns, lifetimes, range, field.intervalMs);
    const parts = shown.map((column): Part => ({ columns: [column], label: points[column]?.path.join(" ") ?? "" }));
    return [chartOf(key, field, parts, report)];
  });
  // What a rule judges is what to look at first.
  return [...charts.filter(isJudged), ...charts.filter((chart) => !isJudged(chart)), readingTime(report)];
}

const isJudged = ({ thresholds }: ChartSpec): boolean => thresholds.length > 0;

/**
 * The columns that are measured in a range, without those that ended before it or started after it. Those that are still measured at its
 * end come first, so that what a chart has no room for is what has ended. Where none is measured, all are shown.
 */
function measuredFirst(
  columns: readonly number[],
  lifetimes: readonly Lifetime[],
  { fromMs, toMs }: Range,
  intervalMs: number,
): readonly number[] {
  const lastMs = (column: number): number => Math.min(lifetimes[column]?.lastMs ?? toMs, toMs);
  const inRange = columns.filter((column) => lastMs(column) >= fromMs && (lifetimes[column]?.firstMs ?? fromMs) < toMs);
  if (inRange.length === 0) return columns;
  const newestMs = Math.max(...inRange.map(lastMs));
  const isEnded = (column: number): boolean => isStale(newestMs - lastMs(column), intervalMs);
  return [...inRange.filter((column) => !isEnded(column)), ...inRange.filter(isEnded)];
}

function chartOf(key: string, field: FieldReport, parts: readonly Part[], { fields, intervalMs, thresholds }: CollectionReport): ChartSpec {
  const total = Object.entries(fields).find(([, { sums }]) => sums === key)?.[0];
  const isRate = field.kind === "counter";
  const isSplit = field.by.length > 0;
  const kind = !isSplit ? "line" : field.additive && !isRate ? "stack" : "lines";
  const shown = (threshold: ThresholdReport): boolean =>
    (threshold.field === key || (total !== undefined && threshold.field === total)) &&
    (isRate ? threshold.stat === "rate" : ON_VALUE.has(threshold.stat));
  return {
    id: key,
    total,
    title:
      field.additive || parts.length <= MAX_PARTS
        ? (fields[total ?? key] ?? field).title
        : `${field.title}, ${MAX_PARTS} of ${parts.length}`,
    description: [field.instrument, field.description].filter((text) => text !== undefined).join(": "),
    kind,
    isSum: kind === "stack" && total === undefined,
    unit: { unit: field.unit, isRate, ...(field.max === undefined ? {} : { max: field.max }) },
    parts: folded(parts, field.additive),
    thresholds: thresholds.filter(shown),
    cadence: cadenceOf(field.intervalMs, intervalMs),
    isSparse: field.intervalMs > intervalMs,
  };
}

/** As many parts as a chart shows; the others are summed up if the field is additive, and omitted otherwise. */
function folded(parts: readonly Part[], isAdditive: boolean): readonly Part[] {
  if (parts.length <= MAX_PARTS) return parts;
  const rest = parts.slice(MAX_PARTS - 1);
  if (!isAdditive) return parts.slice(0, MAX_PARTS);
  return [...parts.slice(0, MAX_PARTS - 1), { columns: rest.flatMap(({ columns }) => columns), label: `${rest.length} others` }];
}

const readingTime = ({ intervalMs, thresholds }: CollectionReport): ChartSpec => ({
  id: READING_TIME,
  title: "Reading time",
  description: "vitals.collection.duration: time from the request to the source's answer",
  kind: "line",
  unit: { unit: "s" },
  isSum: false,
  parts: [],
  thresholds: thresholds.filter(({ stat }) => stat === "durationP95"),
  cadence: cadenceOf(intervalMs, intervalMs),
  isSparse: false,
});
