import { quantity } from "../base/quantity.ts";
import { labelOf, type Field } from "../sample/field.ts";
import { alertNameOf, type RuleOptions } from "../health/rules/options.ts";
import type { Draft } from "./alert-draft.ts";
import { familyOf } from "./field-panels.ts";
import { BY_COLLECTION, COLLECTION } from "./own-metrics.ts";
import type { DashboardPlan, PlannedCollection } from "./plan.ts";
import { aggregate, quoted, select } from "./promql.ts";
import { isShare } from "./units.ts";

const SEVERITY = { degraded: "warning", unhealthy: "error", critical: "critical" } as const;

/** The rules of a collection that its source kind brings. */
export const sourceRulesIn = ({ rules, sourceRules }: PlannedCollection): readonly RuleOptions[] =>
  rules.filter(({ name }) => sourceRules.some((rule) => rule.name === name));

/** Names of the alerts below. */
export const sourceAlertNames = ({ collections }: DashboardPlan): readonly string[] => [
  ...new Set(collections.flatMap(sourceRulesIn).map(alertNameOf)),
];

/** An alert for each rule that a source kind brings, in each collection, on the field's own series. */
export function sourceAlerts({ collections }: DashboardPlan): readonly Draft[] {
  return collections.flatMap((collection) =>
    sourceRulesIn(collection).map((rule): Draft => {
      const field = collection.type.fields[rule.field ?? ""] as Field; // sound: a plan's rules were checked
      const bound = quantity((rule.above ?? rule.below) as number, field.unit, { max: isShare(field) ? 1 : undefined, isExact: true });
      return {
        alert: alertNameOf(rule),
        severity: SEVERITY[rule.status],
        for: seconds(rule.for),
        keepFiringFor: seconds(rule.keep_firing_for),
        expr: expressionOf(rule, collection),
        component: `collection:{{ $labels.${COLLECTION} }}`,
        summary: `{{ $labels.${COLLECTION} }} of {{ $labels.instance }}: ${rule.summary ?? alertNameOf(rule)}`,
        description: `${rule.field} is {{ $value | humanize }} (${rule.status} ${rule.above === undefined ? "below" : "above"} ${bound}).`,
      };
    }),
  );
}

function expressionOf({ field = "", above, below, while: condition }: RuleOptions, collection: PlannedCollection): string {
  const judged = compared(field, { above, below }, collection);
  if (!condition) return judged;
  const labels = [...BY_COLLECTION, ...labelsOf(condition.field, collection)];
  return `${judged} and on (${labels.join(", ")}) ${compared(condition.field, condition, collection)}`;
}

/** A total has no series of its own: it is the sum of its parts. */
function compared(key: string, { above, below }: Pick<RuleOptions, "above" | "below">, collection: PlannedCollection): string {
  const field = collection.type.fields[key] as Field; // sound: a plan's rules were checked
  const series = select(familyOf(field, collection.type), [`${COLLECTION}=${quoted(collection.name)}`]);
  const value = field.kind === "total" ? aggregate("sum", [...BY_COLLECTION, ...labelsOf(key, collection)], series) : series;
  return `${value} ${above === undefined ? `< ${below}` : `> ${above}`}`;
}

const labelsOf = (key: string, { type }: PlannedCollection): readonly string[] =>
  (type.fields[key]?.by ?? []).map(({ attribute }) => labelOf(attribute));

const seconds = (ms: number): string => `${Math.ceil(ms / 1_000)}s`;
