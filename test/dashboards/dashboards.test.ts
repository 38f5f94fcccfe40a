import * as units from "@grafana/grafana-foundation-sdk/units";
import * as fc from "fast-check";
import { defaultDashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, it } from "vitest";
import { BUILT_IN_TYPES } from "../../src/collector/kinds.ts";
import { uidOf } from "../../src/dashboards/dashboard.ts";
import { dashboardsFor, filesFor } from "../../src/dashboards/files.ts";
import type { DashboardPlan, PlannedCollection } from "../../src/dashboards/plan.ts";
import { sourceRulesOf } from "../../src/health/rules/source.ts";
import { rulesFor } from "../../src/dashboards/rules.ts";
import type { Dashboard, Placed } from "../../src/dashboards/schema.ts";
import { healthOptions } from "../../src/health/rules/options.ts";
import { declareSampleType, declaredTypeOptions } from "../../src/sample/declared.ts";
import { counter, duration, gauge, oneOf, total, upDownCounter, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { interpolate, panelsOf, queriesOf } from "../support/grafana.ts";

const queue = defineSampleType("queue", {
  waiting: total("depth", "{job}", { description: "All that wait." }),
  depth: upDownCounter("queue.depth", "{job}", {
    good: "low",
    description: "Jobs that wait.",
    by: [upTo(5, "queue.name"), oneOf("job.kind", "a", "b")],
  }),
  load: gauge("queue.load", "1", { max: 1, description: "Share of workers that are busy.", by: [upTo(5, "queue.name")] }),
  quota: gauge("queue.quota.utilization", "1"),
  heat: gauge("queue.heat", "Cel", { min: -50 }),
  pages: gauge("queue.pages", "{page}/s"),
  moved: counter("queue.moved", "By", { description: "Bytes moved." }),
  took: duration("queue.took", { description: "Time of one job." }),
});

type Collection = Omit<PlannedCollection, "rules" | "sourceRules"> & Partial<Pick<PlannedCollection, "sourceRules">>;

const planOf = (
  over: Partial<Omit<DashboardPlan, "collections">> & { readonly collections?: readonly Collection[] } = {},
): DashboardPlan => {
  const { health = healthOptions.parse({}), collections, ...others } = over;
  const own = collections ?? [
    ...BUILT_IN_TYPES.map((type) => ({ name: type.name, type, intervalMs: 1_000, cadence: new Map(), slowMs: 800 })),
    { name: "jobs", type: queue, intervalMs: 5_000, cadence: new Map(), slowMs: 4_000 },
  ];
  const planned = own.map((collection: Collection): PlannedCollection => {
    const { name, sourceRules = [] } = collection;
    const rules = [...sourceRulesOf({ ...collection, sourceRules }, health), ...health.rules.filter((rule) => rule.collection === name)];
    return { ...collection, sourceRules, rules };
  });
  return {
    collections: planned,
    types: [...BUILT_IN_TYPES, queue],
    health,
    job: "otel-vitals",
    runbooks: "docs/runbooks/{alert}.md",
    ...others,
  };
};

const dashboards = dashboardsFor(planOf());
const dashboardOf = (uid: string, plan = planOf()): Dashboard => dashboardsFor(plan).find((each) => each.uid === uid) as Dashboard;
const panelOf = (title: string, plan = planOf()) => {
  const panel = panelsOf(dashboardOf("otel-vitals-type-queue", plan)).find((each) => each.title === title);
  if (!panel) throw new Error(`no panel ${title}`);
  return panel;
};
const exprOf = (title: string): string => panelOf(title).targets[0]?.expr ?? "";
const CHOICE = { job: ["a", "b"], instance: { all: ".+" }, collection: ["jobs"] };
const TIMING = { scrapeS: 15, stepS: 30 };

function isPromql(text: string): boolean {
  let wrong = text.trim() === "";
  parser.parse(text).iterate({ enter: ({ type }) => void (wrong ||= type.isError) });
  return !wrong;
}

function overlap(a: Placed, b: Placed): boolean {
  const [p, q] = [a.gridPos, b.gridPos];
  if (!p || !q) return true;
  return p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h;
}

describe("every dashboard", () => {
  it.each(dashboards)("dashboard $uid has panels that do not overlap, with distinct ids and titles", (each) => {
    const { panels } = each;
    expect(each.schemaVersion).toBe(defaultDashboard().schemaVersion);
    expect(panelsOf(each).length).toBeGreaterThan(5);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [n, panel] of panels.entries()) {
      expect(panel.gridPos && panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24);
      for (const other of panels.slice(n + 1)) expect(overlap(panel, other), `${panel.title} and ${other.title}`).toBe(false);
    }
    for (const { title, targets, datasource } of panelsOf(each)) {
      expect(title).not.toBe("");
      expect(datasource).toEqual({ type: "prometheus", uid: "${datasource}" });
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
    expect(new Set(panelsOf(each).map(({ title }) => title)).size, "titles").toBe(panelsOf(each).length);
  });

  it.each(dashboards)("dashboard $uid has rows without holes, whose panels are equally high", ({ panels }) => {
    const rows = Map.groupBy(panels, ({ gridPos }) => gridPos?.y);
    expect(rows.size).toBeGreaterThan(3);
    for (const row of rows.values()) {
      expect(
        row.reduce((sum, { gridPos }) => sum + (gridPos?.w ?? 0), 0),
        row.map(({ title }) => title).join(", "),
      ).toBe(24);
      expect(new Set(row.map(({ gridPos }) => gridPos?.h)).size).toBe(1);
    }
  });

  it.each(dashboards)("dashboard $uid has graphs whose legends are tables with the latest and the greatest value", (each) => {
    const legends = panelsOf(each).flatMap((panel) => (panel.type === "timeseries" ? [panel.options.legend] : []));
    expect(legends.length).toBeGreaterThan(2);
    for (const { displayMode, calcs } of legends) expect([displayMode, calcs]).toEqual(["table", ["lastNotNull", "max"]]);
  });

  it.each(dashboards)("dashboard $uid defines exactly the variables that it uses", (each) => {
    const { list } = each.templating;
    expect(list.map(({ name }) => name)).toEqual(["datasource", "job", "instance", "collection"]);
    const own = ["__rate_interval", "__interval", "__all"];
    const used = new Set([...JSON.stringify(each).matchAll(/\$\{?(\w+)[}:]?/g)].map(([, name = ""]) => name));
    expect([...used].filter((name) => !own.includes(name)).sort()).toEqual(list.map(({ name }) => name).sort());
  });

  it.each(dashboards)("dashboard $uid has only valid PromQL, and only units that Grafana knows", (each) => {
    const queries = queriesOf(each);
    for (const { target } of queries) {
      const text = interpolate(target, CHOICE, TIMING);
      expect(text).not.toContain("$");
      expect(isPromql(text), text).toBe(true);
    }
    const known = new Set(Object.values(units).map(String));
    for (const { fieldConfig } of panelsOf(each)) {
      const { unit } = fieldConfig.defaults;
      if (unit !== undefined && !unit.startsWith("suffix: ")) expect(known, unit).toContain(unit);
    }
  });

  it("the PromQL check of these tests rejects invalid expressions", () => {
    expect(isPromql("sum by (a) (rate(b[5m]))")).toBe(true);
    for (const wrong of ["", "sum by (a (rate(b[5m]))", "rate(b[$x])", "a{b=~c}"]) expect(isPromql(wrong), wrong).toBe(false);
  });

  it("every dashboard links to all others by uid, and passes on the chosen instances but not the collections", () => {
    const uids = dashboards.map(({ uid }) => uid);
    expect(new Set(uids).size).toBe(uids.length);
    for (const { links } of dashboards) {
      expect(links?.map(({ url }) => /^\/d\/([^?]+)\?/.exec(url ?? "")?.[1])).toEqual(uids);
      for (const { url } of links ?? [])
        expect(url).toMatch(/\?\$\{datasource:queryparam\}&\$\{job:queryparam\}&\$\{instance:queryparam\}$/);
    }
  });

  it("every dashboard has annotations for firing alerts and for status changes", () => {
    for (const { annotations } of dashboards) {
      const queried = annotations.list.filter(({ builtIn }) => builtIn === undefined);
      expect(queried.map(({ name }) => name)).toEqual(["Alerts", "Status changes"]);
      for (const { expr = "" } of queried) expect(isPromql(interpolate({ refId: "A", expr }, CHOICE, TIMING)), expr).toBe(true);
    }
  });
});

describe("a field's panel", () => {
  it("each field of each sample type has a panel, including those of user-defined types", () => {
    for (const type of planOf().types) {
      const expressions = queriesOf(dashboardOf(`otel-vitals-type-${type.name}`)).map(({ target }) => target.expr);
      const queried = expressions.join("\n");
      for (const field of Object.values(type.fields)) {
        const named = field.kind === "total" ? type.fields[field.sums as string]?.instrument : field.instrument;
        expect(queried, named).toContain(named?.replaceAll(/[^a-zA-Z0-9]/g, "_"));
      }
    }
  });

  it("a panel sums up-down counters, averages gauges and takes the rate of counters", () => {
    const by = "job, instance, vitals_collection_name";
    const chosen = `job=~"$job", instance=~"$instance", vitals_collection_name=~"$collection"`;
    expect(exprOf("Depth")).toBe(`sum by (${by}, queue_name, job_kind) (queue_depth{${chosen}})`);
    expect(exprOf("Waiting")).toBe(`sum by (${by}) (queue_depth{${chosen}})`);
    expect(exprOf("Load")).toBe(`avg by (${by}, queue_name) (queue_load_ratio{${chosen}})`);
    expect(exprOf("Moved")).toBe(`sum by (${by}) (rate(queue_moved_bytes_total{${chosen}}[$__rate_interval]))`);
    expect(exprOf("Took: p50, p95, p99")).toBe(
      `histogram_quantile(0.5, sum by (le, ${by}) (rate(queue_took_seconds_bucket{${chosen}}[$__rate_interval])))`,
    );
    expect(panelOf("Took: distribution")).toMatchObject({ type: "heatmap", targets: [{ format: "heatmap" }] });
  });

  it("a panel has the unit of its field, and for a counter that of its rate", () => {
    const unitOf = (title: string) => panelOf(title).fieldConfig.defaults.unit;
    expect(["Depth", "Load", "Quota", "Heat", "Pages", "Moved", "Took: p50, p95, p99"].map(unitOf)).toEqual([
      "short",
      "percentunit",
      "percentunit",
      "celsius",
      "cps",
      "binBps",
      "s",
    ]);
  });

  it("a panel describes its field, which direction is better, and what missing data means", () => {
    expect(panelOf("Depth")).toMatchObject({
      description: "Jobs that wait. Lower is better.",
      fieldConfig: { defaults: { noValue: "not measured" } },
    });
  });

  it("a panel's axis starts at zero only if the field's minimum is zero", () => {
    expect(panelOf("Load").fieldConfig.defaults).toMatchObject({ min: 0 });
    expect(panelOf("Heat").fieldConfig.defaults).not.toHaveProperty("min");
  });

  it("a panel takes rates over at least two intervals of its slowest collection", () => {
    expect(panelOf("Moved").targets[0]?.interval).toBe("10s");
  });

  it("a panel of a field that is measured less often than its collection says so, and takes rates over two of the field's own intervals", () => {
    const cadence = new Map(Object.keys(queue.fields).map((field) => [field, field === "moved" || field === "took" ? 300_000 : 5_000]));
    const plan = planOf({ collections: [{ name: "jobs", type: queue, intervalMs: 5_000, cadence, slowMs: 4_000 }] });
    expect(panelOf("Moved", plan).description).toBe("Bytes moved. Measured every 5m in jobs.");
    expect(panelOf("Moved", plan).targets[0]?.interval).toBe("600s");
    expect(panelOf("Took: p50, p95, p99", plan).targets[0]?.interval).toBe("600s");
    expect(panelOf("Depth", plan)).toMatchObject({ description: "Jobs that wait. Lower is better.", targets: [{ interval: "10s" }] });
  });

  it("a panel shows the thresholds of rules on its field in the colour of their status, and none of other collections", () => {
    const { rules } = healthOptions.parse({
      rules: [
        { collection: "jobs", field: "load", stat: "p95", above: 0.9, status: "critical", name: "TooBusy" },
        { collection: "jobs", field: "load", stat: "mean", above: 0.7 },
        { collection: "jobs", field: "load", stat: "min", below: 0.1, status: "unhealthy" },
        { collection: "jobs", field: "load", stat: "trend", above: 55 },
        { collection: "another", field: "load", stat: "last", above: 0.5 },
        { collection: "jobs", field: "moved", stat: "rate", below: 10 },
        { collection: "jobs", field: "moved", stat: "last", above: 77 },
      ],
    });
    const plan = planOf({ health: { ...healthOptions.parse({}), rules } });
    const load = panelOf("Load", plan);
    expect(load.fieldConfig.defaults.thresholds?.steps).toEqual([
      { value: null, color: "orange" },
      { value: 0.1, color: "green" },
      { value: 0.7, color: "yellow" },
      { value: 0.9, color: "red" },
    ]);
    expect(load.description).toContain("Rule TooBusy: critical if p95 over 1m is above 90 %.");
    expect(panelOf("Moved", plan).description).toContain("degraded if rate over 1m is below 10 B/s.");
    expect(panelOf("Moved", plan).fieldConfig.defaults.thresholds?.steps).toEqual([
      { value: null, color: "yellow" },
      { value: 10, color: "green" },
    ]);
    expect(panelOf("Depth", plan).fieldConfig.defaults).not.toHaveProperty("thresholds");
  });
});

describe("the dashboard of a machine", () => {
  const machine = (plan = planOf()) => panelsOf(dashboardOf("otel-vitals-type-system", plan));
  const gauges = (plan?: DashboardPlan) => machine(plan).filter((panel) => panel.type === "gauge");

  it("every utilization has a gauge from 0 to 100 %, whose colour changes at 80 % and 90 %, and a rule has its own thresholds instead", () => {
    expect(gauges().map(({ title }) => title)).toEqual([
      "CPU utilization now",
      "Memory utilization now",
      "Swap utilization now",
      "Filesystem utilization now, highest",
      "Container CPU utilization now",
      "Container memory utilization now",
    ]);
    for (const { fieldConfig } of gauges()) {
      expect(fieldConfig.defaults).toMatchObject({ unit: "percentunit", min: 0, max: 1 });
      expect(fieldConfig.defaults.thresholds?.steps.map(({ value }) => value)).toEqual([null, 0.8, 0.9]);
    }
    const { rules } = healthOptions.parse({ rules: [{ collection: "system", field: "cpuUtilization", above: 0.5, status: "critical" }] });
    const [cpu, memory] = gauges(planOf({ health: { ...healthOptions.parse({}), rules } }));
    expect(cpu?.fieldConfig.defaults.thresholds?.steps.map(({ value }) => value)).toEqual([null, 0.5]);
    expect(memory?.fieldConfig.defaults.thresholds?.steps.map(({ value }) => value)).toEqual([null, 0.8, 0.9]);
  });

  it("load and uptime are numbers beside the gauges, before every graph", () => {
    const titles = machine().map(({ title }) => title);
    const first = machine().findIndex(({ type }) => type === "timeseries");
    for (const title of ["Load average 1m now", "Uptime now"]) expect(titles.slice(0, first)).toContain(title);
    expect(panelsOf(dashboardOf("otel-vitals-type-graph")).some(({ type }) => type === "gauge")).toBe(false);
  });

  it.each([
    ["Memory usage", "system_memory_limit_bytes"],
    ["Container memory usage", "container_memory_limit_bytes"],
  ])("the limit of %s is a line in its graph that is not stacked", (title, family) => {
    const panel = machine().find((each) => each.title === title);
    const limit = panel?.targets.at(-1);
    expect(panel?.targets.length).toBe(2);
    expect(limit?.expr).toContain(family);
    const [override] = panel?.fieldConfig.overrides ?? [];
    expect(override?.matcher).toEqual({ id: "byFrameRefID", options: limit?.refId });
    expect(override?.properties).toContainEqual({ id: "custom.stacking", value: { mode: "none", group: "A" } });
  });
});

describe("the dashboard of a graph", () => {
  it.each(["Nodes by count", "Edges by count", "Relations by count"])("%s is a table of the present state, the largest first", (title) => {
    const panel = panelsOf(dashboardOf("otel-vitals-type-graph")).find((each) => each.title === title);
    expect(panel).toMatchObject({
      type: "table",
      targets: [{ format: "table", instant: true, range: false }],
      options: { sortBy: [{ displayName: "Value", desc: true }] },
    });
  });

  it("a count that is split by known values alone has no table", () => {
    expect(panelsOf(dashboardOf("otel-vitals-type-agent-memory")).some(({ type }) => type === "table")).toBe(false);
  });
});

describe("generated files", () => {
  it("generated files are identical for equal plans, and an added panel changes no other panel's id", () => {
    expect(filesFor(planOf())).toEqual(filesFor(planOf()));
    const fewer = defineSampleType("queue", { depth: queue.fields.depth, took: queue.fields.took });
    const idsOf = (types: DashboardPlan["types"]) =>
      new Map(dashboardOf("otel-vitals-type-queue", planOf({ types })).panels.map(({ title, id }) => [title, id]));
    const [before, after] = [idsOf([fewer]), idsOf([queue])];
    expect(before.size).toBeGreaterThan(5);
    for (const [title, id] of before) expect(after.get(title), title).toBe(id);
  });

  it("dashboard uids are valid and distinct for any names of sample types", () => {
    const name = fc.string({ minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(uidOf(a)).toMatch(/^[a-z0-9_-]{1,40}$/);
        if (a !== b) expect(uidOf(a)).not.toBe(uidOf(b));
      }),
    );
    expect(uidOf("type-a.b")).not.toBe(uidOf("type-a-b"));
  });

  it("a type declared in a configuration gets the same dashboard as one defined by a program", () => {
    const declared = declareSampleType(
      "queue",
      declaredTypeOptions.parse({
        depth: {
          kind: "up_down_counter",
          instrument: "queue.depth",
          unit: "{job}",
          good: "low",
          by: [{ attribute: "queue.name", limit: 5 }],
        },
      }),
    );
    const defined = defineSampleType("queue", {
      depth: upDownCounter("queue.depth", "{job}", { good: "low", by: [upTo(5, "queue.name")] }),
    });
    expect(dashboardOf("otel-vitals-type-queue", planOf({ types: [declared] }))).toEqual(
      dashboardOf("otel-vitals-type-queue", planOf({ types: [defined] })),
    );
  });

  it("rules take rates over four intervals of the slowest collection, and name no collection", () => {
    const slow = { name: "night.ly", type: queue, intervalMs: 600_000, cadence: new Map(), slowMs: 5_000 };
    const [group] = rulesFor(planOf({ collections: [slow] })).groups;
    const text = JSON.stringify(group);
    expect(text).toContain("ratio_rate40m");
    expect(text).toContain("ratio_rate16m");
    expect(text).not.toContain("[5m]");
    for (const { expr } of group?.rules ?? []) expect(isPromql(expr), expr).toBe(true);
    const slowRule = group?.rules.find((rule) => "alert" in rule && rule.alert === "VitalsCollectionSlow");
    expect(slowRule?.expr).toContain("> on (job, instance, vitals_collection_name) vitals_collection_slow_threshold_seconds");
    expect(text).not.toContain("night");
  });

  it("the rules are the same for any collections of the same intervals", () => {
    const of = (name: string, slowMs: number) => ({ name, type: queue, intervalMs: 5_000, cadence: new Map(), slowMs });
    const rules = rulesFor(planOf({ collections: [of("a", 1), of("b.c", 900)] }));
    expect(rules.groups[0]?.rules.length).toBeGreaterThan(15);
    expect(rules).toEqual(rulesFor(planOf({ collections: [] })));
  });
});
