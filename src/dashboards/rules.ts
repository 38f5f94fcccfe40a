import { alertsFor, type AlertingRule } from "./alerts.ts";
import { ageInIntervals, breakerRank, clockAhead, durationQuantile, everywhere, statusRank, successRatio } from "./measures.ts";
import type { DashboardPlan } from "./plan.ts";
import { recordsOf, windowsFor } from "./records.ts";

interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** A Prometheus rule file. */
export interface RuleFile {
  readonly groups: readonly RuleGroup[];
}

/** Recording rules, and alerts based on them. An incident fires only the alert nearest to its cause. */
export function rulesFor(plan: DashboardPlan): RuleFile {
  const windows = windowsFor(plan);
  const scope = everywhere(windows.window);
  const names = recordsOf(windows);
  const records: readonly RecordingRule[] = [
    { record: names.age, expr: ageInIntervals(scope) },
    { record: names.success, expr: successRatio(scope) },
    { record: names.recentSuccess, expr: successRatio(everywhere(windows.recent)) },
    { record: names.duration, expr: durationQuantile(0.95, scope) },
    { record: names.status, expr: statusRank(scope) },
    { record: names.breaker, expr: breakerRank(scope) },
    { record: names.clock, expr: clockAhead(scope) },
  ];
  // One group: Prometheus evaluates it in order, so the alerts see values recorded in the same evaluation.
  return { groups: [{ name: "otel-vitals", rules: [...records, ...alertsFor(plan, names, windows)] }] };
}
