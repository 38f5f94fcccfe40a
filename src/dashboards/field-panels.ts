import { duration } from "../base/quantity.ts";
import { isAdditive, labelOf, titleOf, type Axis, type Field } from "../sample/field.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { metricKindOf, prometheusName } from "../telemetry/names.ts";
import { IN_DASHBOARD, rate } from "./measures.ts";
import { BY_COLLECTION } from "./own-metrics.ts";
import { heatmap, sized, stateTimeline, table, timeSeries, type Query, type Sized } from "./panels.ts";
import { cadenceOf, collectionsOf, rateStepOf, stepOf, type DashboardPlan, type PlannedCollection } from "./plan.ts";
import { aggregate, quantile, select, sumBy } from "./promql.ts";
import { FLAG_MAPPING, ruleInWords, rulesOn, thresholdsOf } from "./thresholds.ts";
import { unitOf } from "./units.ts";

/** A field's metric family on `/metrics`; a total has that of the breakdown it sums. */
export function familyOf(field: Field, type: SampleType): string {
  const { instrument, unit, kind } = field.kind === "total" ? (type.fields[field.sums as string] as Field) : field;
  return prometheusName(instrument, unit, metricKindOf(kind));
}

/** Common to the panels of a field. */
interface FieldPanel {
  readonly key: string;
  readonly field: Field;
  readonly selector: string;
  readonly stepMs: number;
  readonly description: string;
  readonly thresholds: ReturnType<typeof thresholdsOf>;
  /** Selector of the field that bounds it. */
  readonly limit: string | undefined;
}

/** The panels of one field: a graph split by its axes; for a duration, quantiles and a heatmap. */
export function fieldPanels(key: string, type: SampleType, plan: DashboardPlan): readonly Sized[] {
  const field = type.fields[key] as Field;
  const measured = field.kind === "total" ? (field.sums as string) : key;
  const collections = collectionsOf(plan, type);
  const rules = rulesOn(
    collections.flatMap((collection) => collection.rules),
    key,
    field.kind === "counter" ? "rate" : "level",
  );
  const common: FieldPanel = {
    key,
    field,
    selector: select(familyOf(field, type), IN_DASHBOARD.collection),
    stepMs: field.kind === "counter" || field.kind === "duration" ? rateStepOf(collections, key) : stepOf(collections),
    description: [
      field.description,
      ...cadencesIn(collections, measured),
      betterIn(field),
      ...rules.map((rule) => ruleInWords(rule, field)),
    ]
      .filter(Boolean)
      .join(" "),
    thresholds: thresholdsOf(rules),
    limit: limitOf(field, type),
  };
  if (field.kind === "duration") return durationPanels(common, familyOf(field, type));
  if (field.unit === "{flag}") return [flagPanel(common)];
  return [graphPanel(common), ...(hasOpenCounts(field) ? [countsTable(common)] : [])];
}

/** The limit of a usage is a field whose instrument ends with `limit` instead of `usage`. */
function limitOf({ instrument, unit }: Field, type: SampleType): string | undefined {
  if (!instrument.endsWith(".usage")) return undefined;
  const limit = Object.values(type.fields).find(
    (each) => each.instrument === instrument.replace(/usage$/, "limit") && each.unit === unit && each.by.length === 0,
  );
  return limit && select(familyOf(limit, type), IN_DASHBOARD.collection);
}

/** Whether a field counts things by names that are not known before, such as the types of a graph. */
const hasOpenCounts = ({ kind, by }: Field): boolean => kind === "up_down_counter" && by.some(({ values }) => values === undefined);

function countsTable({ key, field, selector, stepMs, description }: FieldPanel): Sized {
  const labels = [...field.by.map(({ attribute }) => labelOf(attribute)), ...BY_COLLECTION.slice(1)];
  const queries = [{ expr: sumBy(labels, selector), legend: legendOf(field.by), stepMs }];
  return sized(12, 8, table({ title: `${titleOf(key)} by count`, description, unit: unitOf(field), noValue: NO_VALUE, queries }));
}

const betterIn = ({ good }: Field): string | undefined =>
  good === undefined ? undefined : `${good === "low" ? "Lower" : "Higher"} is better.`;

/** A sentence for each collection that measures the field less often than it ticks. */
const cadencesIn = (collections: readonly PlannedCollection[], field: string): readonly string[] =>
  collections
    .filter((collection) => cadenceOf(collection, field) > collection.intervalMs)
    .map((collection) => `Measured every ${duration(cadenceOf(collection, field))} in ${collection.name}.`);

/** Shown instead of a graph without data. */
export const NO_VALUE = "not measured";

const legendOf = (axes: readonly Axis[]): string =>
  [...axes.map(({ attribute }) => labelOf(attribute)), ...BY_COLLECTION.slice(1)].map((label) => `{{${label}}}`).join(" ");

function graphPanel({ key, field, selector, stepMs, description, thresholds, limit }: FieldPanel): Sized {
  const labels = [...BY_COLLECTION, ...field.by.map(({ attribute }) => labelOf(attribute))];
  const numbers = field.kind === "counter" ? rate(selector, IN_DASHBOARD) : selector;
  const isSplit = field.by.length > 0;
  const stacked = isSplit && isAdditive(field);
  const panel = timeSeries({
    title: titleOf(key),
    description,
    unit: unitOf(field),
    thresholds,
    noValue: NO_VALUE,
    stacked,
    ...(field.min === 0 ? { min: 0 } : {}),
    limit: limit === undefined ? undefined : { expr: sumBy(BY_COLLECTION, limit), legend: `limit ${legendOf([])}`, stepMs },
    // Each line is one series, whose mean is itself. Only additive fields are ever summed.
    queries: [{ expr: aggregate(isAdditive(field) ? "sum" : "avg", labels, numbers), legend: legendOf(field.by), stepMs }],
  });
  return sized(isSplit ? 12 : 8, 8, panel);
}

function flagPanel({ key, field, selector, description, stepMs }: FieldPanel): Sized {
  const labels = [...BY_COLLECTION, ...field.by.map(({ attribute }) => labelOf(attribute))];
  const queries = [{ expr: aggregate("max", labels, selector), legend: legendOf(field.by), stepMs }];
  return sized(12, 8, stateTimeline({ title: titleOf(key), description, queries, mappings: FLAG_MAPPING, noValue: NO_VALUE }));
}

function durationPanels({ key, field, stepMs, description, thresholds }: FieldPanel, family: string): readonly Sized[] {
  const rates = rate(select(`${family}_bucket`, IN_DASHBOARD.collection), IN_DASHBOARD);
  const unit = unitOf(field);
  const at = (q: number): Query => ({ expr: quantile(q, BY_COLLECTION, rates), legend: `p${q * 100} ${legendOf([])}`, stepMs });
  const quantiles = timeSeries({
    title: `${titleOf(key)}: p50, p95, p99`,
    description,
    unit,
    thresholds,
    noValue: NO_VALUE,
    min: 0,
    queries: [0.5, 0.95, 0.99].map(at),
  });
  const sizes = heatmap({
    title: `${titleOf(key)}: distribution`,
    description,
    unit,
    noValue: NO_VALUE,
    queries: [{ expr: sumBy(["le"], rates), legend: "{{le}}", stepMs }],
  });
  return [sized(12, 8, quantiles), sized(12, 8, sizes)];
}
