import { linked } from "./dashboard.ts";
import { overviewDashboard } from "./overview.ts";
import type { DashboardPlan } from "./plan.ts";
import { ruleText } from "./rule-text.ts";
import { rulesFor } from "./rules.ts";
import type { Dashboard } from "./schema.ts";
import { selfDashboard } from "./self-dashboard.ts";
import { typeDashboard } from "./type-dashboard.ts";

/** A file to be written: its path from the folder of them all, and its text. */
export interface DashboardFile {
  readonly path: string;
  readonly text: string;
}

/** Every dashboard, in a stable order: the overview, one for each sample type, the collectors themselves. */
export const dashboardsFor = (plan: DashboardPlan): readonly Dashboard[] =>
  linked([overviewDashboard(plan), ...plan.types.map((type) => typeDashboard(type, plan)), selfDashboard(plan)]);

/** Dashboards for Grafana and rules for Prometheus, as text. Equal for equal plans, to the byte. */
export const filesFor = (plan: DashboardPlan): readonly DashboardFile[] => [
  ...dashboardsFor(plan).map((each) => ({ path: `dashboards/${each.uid}.json`, text: `${JSON.stringify(each, undefined, 2)}\n` })),
  { path: "prometheus/otel-vitals.rules.yml", text: ruleText(rulesFor(plan)) },
];
