import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { CollectorConfig } from "../../src/collector/options.ts";
import { resolve } from "../../src/collector/resolve.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";
import { dashboardsFor } from "../../src/dashboards/files.ts";
import { rulesFor } from "../../src/dashboards/rules.ts";
import { gauge, total, upDownCounter, upTo } from "../../src/sample/field.ts";
import { defineSampleType, type Values } from "../../src/sample/sample-type.ts";
import type { SourceRule } from "../../src/sample/source-rule.ts";
import { defineSource, reading } from "../../src/source/source.ts";

const store = defineSampleType("store", {
  count: total("items", "{item}"),
  items: upDownCounter("store.items", "{item}", { by: [upTo(5, "store.name")] }),
  junk: gauge("store.junk.share", "1", { max: 1, good: "low" }),
  lag: gauge("store.lag", "s", { good: "low" }),
});

const JUNK: SourceRule = {
  name: "StoreJunk",
  field: "junk",
  above: 0.2,
  while: { field: "count", above: 100 },
  summary: "Junk is stored.",
};
const LAG: SourceRule = { name: "StoreLag", field: "lag", above: 900, clear: 600, for: "2m", status: "unhealthy", summary: "Late." };

const kindOf = (read: () => Values<typeof store>) =>
  defineSource({
    kind: "store",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [reading(store, read, { intervalMs: 10_000, measuredEveryMs: { lag: 300_000 }, rules: [JUNK, LAG] })],
  });

const kind = kindOf(() => ({}));
type Health = CollectorConfig["health"];

const configOf = (health: Health = {}, more: object = {}): CollectorConfig<typeof kind> => ({
  sources: { it: { kind: "store" } },
  collections: { it: { source: "it", ...more } },
  health,
});

const rulesOf = (health: Health = {}) => resolve(configOf(health), { sourceKinds: [kind] }).collections.get("it")?.rules;

describe("rules of a source kind", () => {
  it("rules of a source kind apply to its collections, with a window that has a measurement of the field", () => {
    expect(rulesOf()).toMatchObject([
      { name: "StoreJunk", collection: "it", field: "junk", stat: "last", above: 0.2, window: "1m", for: 0, keep_firing_for: 60_000 },
      { name: "StoreLag", collection: "it", above: 900, clear: 600, window: "5m", for: 120_000, status: "unhealthy" },
    ]);
  });

  it("health.source_rules changes thresholds and turns rules off; a changed threshold clears at itself", () => {
    const rules = rulesOf({ source_rules: { StoreJunk: false, StoreLag: { above: 60, for: "10s", status: "critical" } } });
    expect(rules).toMatchObject([{ name: "StoreLag", above: 60, for: 10_000, status: "critical", keep_firing_for: 60_000 }]);
    expect(rules?.[0]).not.toHaveProperty("clear");
  });

  it("a user-defined rule of the same name replaces a rule of the source kind on its collection", () => {
    const own = { name: "StoreJunk", collection: "it", field: "junk", above: 0.9 };
    expect(rulesOf({ rules: [own] })?.map(({ name, above }) => [name, above])).toEqual([
      ["StoreLag", 900],
      ["StoreJunk", 0.9],
    ]);
  });

  it.each([
    [{ StoreJnk: false }, 'health.source_rules.StoreJnk: unknown rule of a source "StoreJnk"; did you mean "StoreJunk"?'],
    [{ StoreJunk: { above: 2 } }, "health.source_rules.StoreJunk.above: expected less than 1, the maximum of the value, found 2"],
    [{ StoreJunk: { below: 0.1 } }, "rule StoreJunk: expected exactly one threshold, above or below"],
    [{ StoreLag: { clear: 1_000 } }, "health.source_rules.StoreLag.clear: expected at most 900"],
    [
      { StoreJunk: { while: { field: "coun", above: 1 } } },
      'health.source_rules.StoreJunk.while.field: sample type "store" has no field "coun"',
    ],
    [{ StoreJunk: { while: { field: "items", above: 1 } } }, 'found "items", which is split by store.name'],
  ] as const)("health.source_rules %j is refused", (source_rules, message) => {
    expect(() => rulesOf({ source_rules })).toThrow(message);
  });

  it("a collection that retains too little for a rule of its source kind is refused, with the way to turn the rule off", () => {
    expect(() => resolve(configOf({}, { retain: 10 }), { sourceKinds: [kind] })).toThrow(
      'collections.it: rule StoreLag: expected at most 100s, because the collection retains 10 samples, one every 10s, found "5m"; ' +
        "turn the rule off with health.source_rules.StoreLag: false, if it is not needed",
    );
    const off = { source_rules: { StoreLag: false } } as const;
    expect(() => resolve(configOf(off, { retain: 10 }), { sourceKinds: [kind] })).not.toThrow();
  });

  it("a rule with a condition judges only while it holds, and its alert resolves when it does not", async () => {
    let items = 50;
    const clock = new ManualClock();
    const scripted = kindOf(() => ({ count: items, items: { a: items }, junk: 0.5 }));
    const collector = createCollector(configOf({ startup_grace: "0s" }), { clock, sourceKinds: [scripted] });
    await collector.start();
    const status = () => collector.health.report().components.find(({ component }) => component === "collection:it");
    await clock.advance(60_000);
    expect(collector.alerts()).toEqual([]);
    expect(status()?.status).toBe("healthy");
    items = 101;
    await clock.advance(20_000);
    expect(collector.alerts()).toMatchObject([
      { labels: { alertname: "StoreJunk" }, reason: expect.stringContaining("junk over 1m is 0.50 (degraded above 0.20)") as string },
    ]);
    items = 99;
    await clock.advance(90_000);
    expect(collector.alerts()).toEqual([]);
    await collector.shutdown();
  });

  it("the thresholds of a source kind's rules are in the report of the collection", async () => {
    const collector = createCollector(configOf(), { clock: new ManualClock(), sourceKinds: [kind] });
    expect(collector.collection("it").report().thresholds).toMatchObject([
      { field: "junk", above: 0.2, status: "degraded" },
      { field: "lag", above: 900, clear: 600, status: "unhealthy" },
      { stat: "durationP95" },
    ]);
    await collector.shutdown();
  });

  it("the dashboard of a type shows the panels of the fields that rules of a source judge first, and each once", () => {
    const { collections, options } = resolve(configOf({ source_rules: { StoreLag: false } }), { sourceKinds: [kind] });
    const planned = [...collections.values()].map(({ reading: { type, rules }, ...plan }) => ({ ...plan, type, sourceRules: rules }));
    const plan = { collections: planned, types: [store], health: options.health, job: "j", runbooks: "r/{alert}.md" };
    const text = JSON.stringify(dashboardsFor(plan).find(({ uid }) => uid === "otel-vitals-type-store"));
    const titles = [...text.matchAll(/"title":"(Judged by rules|Junk|Lag|Items)"/g)].map(([, title]) => title);
    expect(titles).toEqual(["Judged by rules", "Junk", "Items", "Lag"]);
    expect(text).toContain("Rule StoreJunk: degraded if last over 1m is above 20 %, while count is above 100.");
  });

  it("dashboards get an alert for each rule of a source kind, and none for a component that it explains", () => {
    const { collections, options, types } = resolve(configOf(), { sourceKinds: [kind] });
    const planned = [...collections.values()].map(({ reading: { type, rules }, ...plan }) => ({ ...plan, type, sourceRules: rules }));
    const plan = { collections: planned, types: [...types.values()], health: options.health, job: "j", runbooks: "r/{alert}.md" };
    const alerts = rulesFor(plan).groups.flatMap(({ rules }) => rules.flatMap((rule) => ("alert" in rule ? [rule] : [])));
    expect(alerts.find(({ alert }) => alert === "StoreJunk")).toMatchObject({
      expr:
        'store_junk_share_ratio{vitals_collection_name="it"} > 0.2 and on (job, instance, vitals_collection_name) ' +
        'sum by (job, instance, vitals_collection_name) (store_items{vitals_collection_name="it"}) > 100',
      for: "0s",
      keep_firing_for: "60s",
      labels: { severity: "warning", component: "collection:{{ $labels.vitals_collection_name }}" },
      annotations: { runbook_url: "r/StoreJunk.md" },
    });
    expect(alerts.find(({ alert }) => alert === "StoreLag")).toMatchObject({ for: "120s", labels: { severity: "error" } });
    expect(alerts.find(({ alert }) => alert === "VitalsComponentDegraded")?.expr).toContain('ALERTS{alertname=~"StoreJunk|StoreLag"}');
  });
});
