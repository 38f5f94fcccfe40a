import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BUILT_IN_TYPES } from "../../src/collector/kinds.ts";
import { dashboardsFor } from "../../src/dashboards/files.ts";
import type { DashboardPlan } from "../../src/dashboards/plan.ts";
import { rulesFor } from "../../src/dashboards/rules.ts";
import { healthOptions } from "../../src/health/rules/options.ts";
import { queriesOf } from "../support/grafana.ts";

const plan: DashboardPlan = {
  collections: BUILT_IN_TYPES.map((type) => ({
    name: type.name,
    type,
    intervalMs: 1_000,
    cadence: new Map(),
    slowMs: 800,
    rules: [],
    sourceRules: [],
  })),
  types: BUILT_IN_TYPES,
  health: healthOptions.parse({}),
  job: "otel-vitals",
  runbooks: "docs/runbooks/{alert}.md",
};

/** Two are 0 unless a source or a subscriber is at fault; transitions show in the panels of statuses. */
const IN_NO_PANEL = ["vitals.buffer.refused", "vitals.component.transitions", "vitals.subscriber.errors"];

describe("The collector's metrics about itself", () => {
  it("Every documented metric of the collector about itself is in a panel or a rule, apart from three", () => {
    const documented = [...readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `(vitals\.[a-z_.]+)`/gm)].map(
      ([, name]) => name as string,
    );
    expect(documented.length).toBeGreaterThan(20);
    const queries = dashboardsFor(plan)
      .flatMap(queriesOf)
      .map(({ target }) => target.expr);
    const judged = [...queries, JSON.stringify(rulesFor(plan))].join("\n");
    const missing = documented.filter((name) => !judged.includes(name.replaceAll(".", "_")));
    expect(missing.toSorted()).toEqual(IN_NO_PANEL);
  });
});
