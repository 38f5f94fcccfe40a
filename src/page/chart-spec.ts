import { cadenceOf, isStale, type Cadence, type Range } from "../client/columns.ts";
import { formatValue, type Unit } from "./format.ts";
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
  /** What the field is, in one sentence; empty if its sample type does not say. */
  readonly about: string;
  readonly kind: ChartKind;
  readonly unit: Unit;
  /** Whether the number above the chart adds up its parts without being a field of its own, such as that of memory in every state. */
  readonly isSum: boolean;
  /** The part whose number stands above the chart instead of the sum: of memory, what is used. */
  readonly headline: number | undefined;
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
    if (columns.length === 0 || field.unit === "{flag}" || isFixed(key, field, report)) return [];
    // The stack of the breakdown shows its total, too.
    if (field.sums !== undefined && points.some((point) => point.field === field.sums)) return [];
    const shown = measuredFirst(columns, lifetimes, range, field.intervalMs);
    const parts = shown.map((column): Part => ({ columns: [column], label: points[column]?.path.join(" ") ?? "" }));
    return [chartOf(key, field, parts, report)];
  });
  // What a rule judges is what to look at first.
  return [...charts.filter(isJudged), ...charts.filter((chart) => !isJudged(chart)), readingTime(report)];
}

/** Fields that a chart says nothing about: a limit stays the same, and an uptime grows with time. A rule about one makes it worth a chart. */
const isFixed = (key: string, { instrument }: FieldReport, { thresholds }: Pick<CollectionReport, "thresholds">): boolean =>
  /\.(limit|uptime)$/.test(instrument) && !thresholds.some(({ field }) => field === key);

/** The newest numbers of the fields that have no chart because it would say nothing: `Memory limit 16 GiB`. */
export function fixedNumbers(report: CollectionReport, points: readonly Point[], newest: readonly number[]): readonly string[] {
  return [...points.entries()].flatMap(([column, { field: key, path }]) => {
    const field = report.fields[key];
    const value = newest[column] ?? Number.NaN;
    if (!field || Number.isNaN(value) || !isFixed(key, field, report)) return [];
    return [`${[field.title, ...path].join(" ")} ${formatValue(value, { unit: field.unit })}`];
  });
}

/** A line for each reason why fields have no chart: `Pending, Episodes: a memory file stores no times`. Fields that have values are left out. */
export function absences({ fields, unmeasured = [] }: CollectionReport, points: readonly Point[]): readonly string[] {
  const measured = new Set(points.map(({ field }) => field));
  return unmeasured.flatMap(({ fields: keys, reason, parts }) => {
    const titles = keys.filter((key) => parts || !measured.has(key)).map((key) => fields[key]?.title ?? key);
    return titles.length === 0 ? [] : [`${titles.join(", ")}: ${reason}${parts ? ` (${parts.join(", ")})` : ""}`];
  });
}

/** The part that is in use, of a stack of all there is. */
function headlineOf(kind: ChartKind, parts: readonly Part[]): number | undefined {
  const used = parts.findIndex(({ label }) => label === "used");
  return kind === "stack" && used >= 0 ? used : undefined;
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
    about: field.description ?? "",
    description: [field.instrument, field.description].filter((text) => text !== undefined).join(": "),
    kind,
    isSum: kind === "stack" && total === undefined,
    headline: headlineOf(kind, parts),
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
  about: "Time from the request to the source's answer.",
  description: "vitals.collection.duration",
  kind: "line",
  unit: { unit: "s" },
  isSum: false,
  headline: undefined,
  parts: [],
  thresholds: thresholds.filter(({ stat }) => stat === "durationP95"),
  cadence: cadenceOf(intervalMs, intervalMs),
  isSparse: false,
});
