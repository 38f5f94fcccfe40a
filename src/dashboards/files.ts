import { stringify } from "yaml";
import { linked } from "./dashboard.ts";
import { overviewDashboard } from "./overview.ts";
import type { DashboardPlan } from "./plan.ts";
import { rulesFor, type RuleFile } from "./rules.ts";
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

const HEAD = `# Recording rules and alerts for Prometheus 2.42 or later, written by \`otel-vitals dashboards\`; do not edit them by hand.
# Check them with: promtool check rules
`;

/** A rule file as YAML. Lines are not folded: an expression is searched for as it stands. */
export const ruleText = (file: RuleFile): string => `${HEAD}${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`;
