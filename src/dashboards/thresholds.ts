import { alertNameOf, type RuleOptions } from "../health/rules/options.ts";
import { compareStatus, type Status } from "../health/status.ts";
import { quantity } from "../base/quantity.ts";
import type { Field } from "../sample/field.ts";
import type { Mapping, Thresholds } from "./schema.ts";
import { BREAKER_RANKS, STATUS_RANKS } from "./measures.ts";
import { isShare } from "./units.ts";

const COLOR_OF: Readonly<Record<Status, string>> = {
  healthy: "green",
  unknown: "#808080",
  degraded: "yellow",
  unhealthy: "orange",
  critical: "red",
};

/** A bound, and the status beyond it. */
export interface Bound {
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly status: Status;
}

/** Grafana's steps for bounds on either side: each range between two bounds has the colour of the worst status that applies in it. */
export function thresholdsOf(bounds: readonly Bound[]): Thresholds | undefined {
  if (bounds.length === 0) return undefined;
  const edges = [...new Set(bounds.map(({ above, below }) => (above ?? below) as number))].sort((a, b) => a - b);
  const colorAt = (value: number): string => {
    let worst: Status = "healthy";
    for (const { above, below, status } of bounds) {
      const holds = (above !== undefined && value >= above) || (below !== undefined && value < below);
      if (holds && compareStatus(status, worst) > 0) worst = status;
    }
    return COLOR_OF[worst];
  };
  return {
    mode: "absolute",
    steps: [{ value: null, color: colorAt(Number.NEGATIVE_INFINITY) }, ...edges.map((value) => ({ value, color: colorAt(value) }))],
  };
}

const LEVEL_STATS = ["last", "mean", "min", "max", "p50", "p95", "p99"];

/** Rules whose bounds compare with what a field's panel shows: its values, or for a counter their rate. */
export function rulesOn(rules: readonly RuleOptions[], field: string, kind: "level" | "rate"): readonly RuleOptions[] {
  return rules.filter((rule) => rule.field === field && (kind === "rate" ? rule.stat === "rate" : LEVEL_STATS.includes(rule.stat)));
}

/** A rule on a field as a sentence, for the description of a panel. */
export function ruleInWords(rule: RuleOptions, field: Pick<Field, "unit" | "max" | "instrument">): string {
  const side = rule.above === undefined ? "below" : "above";
  const shown = rule.stat === "rate" ? `${field.unit}/s` : field.unit;
  const bound = quantity((rule.above ?? rule.below) as number, shown, { max: isShare(field) ? 1 : undefined, isExact: true });
  const { while: condition } = rule;
  const only =
    condition && `, while ${condition.field} is ${condition.above === undefined ? "below" : "above"} ${condition.above ?? condition.below}`;
  return `Rule ${alertNameOf(rule)}: ${rule.status} if ${rule.stat} over ${rule.window} is ${side} ${bound}${only ?? ""}.`;
}

const mappingOf = (texts: readonly (readonly [text: string, color: string])[]): Mapping => ({
  type: "value",
  options: Object.fromEntries(texts.map(([text, color], index) => [String(index), { text, color, index }])),
});

/** Texts and colours for the ranks of statuses and breaker states. */
export const STATUS_MAPPING: readonly Mapping[] = [mappingOf(STATUS_RANKS.map((status) => [status, COLOR_OF[status]]))];
export const BREAKER_MAPPING: readonly Mapping[] = [
  mappingOf(BREAKER_RANKS.map((state, rank) => [state, COLOR_OF[(["healthy", "degraded", "unhealthy"] as const)[rank] as Status]])),
];
export const FLAG_MAPPING: readonly Mapping[] = [
  mappingOf([
    ["0", "yellow"],
    ["1", "green"],
  ]),
];
