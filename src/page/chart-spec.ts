import { wordsOf, type Unit } from "./format.ts";
import type { Place } from "./series.ts";
import type { CollectionReport, FieldReport, ThresholdReport } from "./api.ts";

/**
 * - `line`: one number with the band of its extremes
 * - `lines`: a breakdown whose parts do not add up, or a counter's rates
 * - `stack`: a breakdown whose parts add up
 */
export type ChartKind = "line" | "lines" | "stack";

/** What a chart shows, from the sample type alone. */
export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly kind: ChartKind;
  readonly unit: Unit;
  /** Columns of the samples with the name of each; none for the time that readings take. */
  readonly parts: readonly Part[];
  readonly thresholds: readonly ThresholdReport[];
}

export interface Part {
  /** Columns that are added up. */
  readonly columns: readonly number[];
  readonly label: string;
}

/** Id of the chart of how long readings take. */
export const READING_TIME = "readingTime";

/** Parts shown of a breakdown; a chart with more is no longer read. */
const MOST_PARTS = 8;

/** Statistics whose thresholds stand on the axis of the value itself. */
const ON_VALUE = new Set(["mean", "min", "max", "p50", "p95", "p99", "last"]);

/** Charts of a collection, in the order of its sample type, of what was measured at all. */
export function chartsOf(report: CollectionReport, places: readonly Place[]): readonly ChartSpec[] {
  const charts = Object.entries(report.fields).flatMap(([key, field]) => {
    const parts = places.flatMap((place, column): Part[] =>
      place.field === key ? [{ columns: [column], label: place.path.join(" ") }] : [],
    );
    if (parts.length === 0 || field.unit === "{flag}") return [];
    // The stack of what it sums shows a total, too.
    if (field.sums !== undefined && places.some((place) => place.field === field.sums)) return [];
    return [chartOf(key, field, parts, report)];
  });
  return [...charts, readingTime(report)];
}

function chartOf(key: string, field: FieldReport, parts: readonly Part[], { fields, thresholds }: CollectionReport): ChartSpec {
  const total = Object.entries(fields).find(([, { sums }]) => sums === key)?.[0];
  const isRate = field.kind === "counter";
  const isSplit = field.by.length > 0;
  const shown = (threshold: ThresholdReport): boolean =>
    (threshold.field === key || (total !== undefined && threshold.field === total)) &&
    (isRate ? threshold.stat === "rate" : ON_VALUE.has(threshold.stat));
  return {
    id: key,
    title: field.additive || parts.length <= MOST_PARTS ? wordsOf(total ?? key) : `${wordsOf(key)}, ${MOST_PARTS} of ${parts.length}`,
    description: [field.instrument, field.description].filter((text) => text !== undefined).join(": "),
    kind: !isSplit ? "line" : field.additive && !isRate ? "stack" : "lines",
    unit: { unit: field.unit, isRate, ...(field.max === undefined ? {} : { max: field.max }) },
    parts: folded(parts, field.additive),
    thresholds: thresholds.filter(shown),
  };
}

/** As many parts as can be told apart; the rest added up, where that has a meaning. */
function folded(parts: readonly Part[], isAdditive: boolean): readonly Part[] {
  if (parts.length <= MOST_PARTS) return parts;
  const rest = parts.slice(MOST_PARTS - 1);
  if (!isAdditive) return parts.slice(0, MOST_PARTS);
  return [...parts.slice(0, MOST_PARTS - 1), { columns: rest.flatMap(({ columns }) => columns), label: `${rest.length} others` }];
}

const readingTime = ({ thresholds }: CollectionReport): ChartSpec => ({
  id: READING_TIME,
  title: "reading time",
  description: "vitals.collection.duration: time from asking the source to having its answer",
  kind: "line",
  unit: { unit: "s" },
  parts: [],
  thresholds: thresholds.filter(({ stat }) => stat === "durationP95"),
});
