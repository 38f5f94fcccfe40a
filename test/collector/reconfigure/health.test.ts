import { describe, expect, it } from "vitest";
import type { Alert } from "../../../src/health/record.ts";
import { queues, reconfigured, running, type WorldConfig } from "../../support/reconfigured.ts";

const SECOND = 1_000;

const deep = (rule: object | undefined, health: object = {}): WorldConfig =>
  queues(
    ["a"],
    {},
    {
      health: {
        startup_grace: "0s",
        rules: rule ? [{ name: "Deep", collection: "a", field: "depth", above: 50, keep_firing_for: "5s", ...rule }] : [],
        ...health,
      },
    },
  );

const shown = ({ labels, state, fingerprint, startsAt }: Alert) => ({ name: labels.alertname, state, fingerprint, startsAt });

/** A collector whose alert fires since ten seconds. */
async function fired(health: object = {}) {
  const parts = await running(deep({}, health));
  parts.world["home"] = () => ({ depth: 99 });
  await parts.clock.advance(10 * SECOND);
  const [first] = parts.collector.alerts();
  const component = (name = "collection:a") => parts.collector.health.report().components.find((each) => each.component === name);
  return { ...parts, first: first as Alert, component };
}

describe("Collector.reconfigure: health", () => {
  it.each([
    ["its threshold", { above: 60 }, {}],
    ["its window and statistic", { stat: "mean", window: "5m" }, {}],
    ["a health option", {}, { for: "1s" }],
  ])("An open alert stays open without a second notification where %s changes", async (_, rule, health) => {
    const { clock, collector, component, first, sink } = await fired();
    const since = component()?.since;
    expect(shown(first)).toMatchObject({ name: "Deep", state: "firing" });
    const report = await reconfigured(collector, deep(rule, health));
    const [changed] = report.collections;
    if (changed?.change === "changed") expect(changed.kept).toEqual(["10 samples", "status", "1 open alert", "schedule"]);
    await clock.advance(10 * SECOND);
    expect(collector.alerts().map(shown)).toEqual([shown(first)]);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing"]);
    expect(component()).toMatchObject({ status: "degraded", since });
    await collector.shutdown();
  });

  it("An open alert ends after its hold by the new threshold where that does not hold any more", async () => {
    const { clock, collector, component, first, sink } = await fired();
    await reconfigured(collector, deep({ above: 100 }));
    await clock.advance(3 * SECOND);
    expect(component()?.reason).toContain("100");
    expect(sink.alerts).toHaveLength(1);
    await clock.advance(5 * SECOND);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
    expect(sink.alerts[1]?.startsAt).toBe(first.startsAt);
    await collector.shutdown();
  });

  it.each([
    ["removed", undefined],
    ["renamed", { name: "Full" }],
    ["about another field", { field: undefined, stat: "durationP95", above: 50 }],
    ["for another severity", { status: "critical" }],
  ])("An alert whose rule is %s is resolved at once with a reason", async (_, rule) => {
    const { collector, first, sink } = await fired();
    await reconfigured(collector, deep(rule));
    expect(sink.alerts.map(({ state, reason, fingerprint }) => [state, reason, fingerprint]).at(-1)).toEqual([
      "resolved",
      "its rule was removed or changed",
      first.fingerprint,
    ]);
    expect(collector.alerts().map(({ fingerprint }) => fingerprint)).not.toContain(first.fingerprint);
    await collector.shutdown();
  });

  it("A hold in progress goes on over a reconfiguration", async () => {
    const { clock, collector, sink, world } = await running(deep({ for: "10s" }));
    world["home"] = () => ({ depth: 99 });
    await clock.advance(8 * SECOND);
    expect(sink.alerts).toEqual([]);
    await reconfigured(collector, deep({ for: "10s", above: 60 }));
    await clock.advance(4 * SECOND);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing"]);
    await collector.shutdown();
  });

  it("A removed collection resolves its alerts, and leaves the overall status", async () => {
    const { collector, sink } = await fired();
    expect(collector.health.report().status).toBe("degraded");
    await reconfigured(collector, queues(["b"], {}, { health: { startup_grace: "0s" } }));
    expect(sink.alerts.map(({ state, reason }) => [state, reason]).at(-1)).toEqual(["resolved", "the collection was removed"]);
    expect(collector.health.report().status).not.toBe("degraded");
    await collector.shutdown();
  });

  it("A component that becomes informational resolves its alerts, and fires them when it does not stay so", async () => {
    const { clock, collector, component, first, sink } = await fired();
    const { settings } = await reconfigured(collector, deep({}, { informational: ["collection:a"] }));
    expect(settings).toEqual(["health.informational"]);
    expect(sink.alerts.map(({ state, reason }) => [state, reason]).at(-1)).toEqual(["resolved", "the component is informational now"]);
    expect(collector.health.report().status).toBe("healthy");
    expect(component()).toMatchObject({ status: "degraded", affectsOverall: false });
    await clock.advance(400 * SECOND);
    expect(sink.alerts).toHaveLength(2);
    await reconfigured(collector, deep({}));
    await clock.advance(SECOND);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing", "resolved", "firing"]);
    expect(sink.alerts[2]?.fingerprint).toBe(first.fingerprint);
    expect(component()).toMatchObject({ status: "degraded", affectsOverall: true });
    await collector.shutdown();
  });

  it("A smaller history keeps the newest transitions and reports what it forgot", async () => {
    const { clock, collector, world } = await running(deep({ keep_firing_for: "0s" }, { history: 10, flapping: "0s" }));
    let n = 0;
    world["home"] = () => ({ depth: (n += 1) % 2 === 0 ? 99 : 1 });
    await clock.advance(12 * SECOND);
    const before = collector.health.history({ component: "collection:a" });
    expect(before.length).toBe(10);
    await reconfigured(collector, deep({ keep_firing_for: "0s" }, { history: 3, flapping: "0s" }));
    expect(collector.health.history({ component: "collection:a" })).toEqual(before.slice(-3));
    expect(collector.health.historyBounds.forgotten["collection:a"]).toBe(before.at(-4)?.time);
    await collector.shutdown();
  });

  it("A shorter flapping time and a shorter health interval apply at once", async () => {
    const { clock, collector } = await running(deep(undefined, { interval: "1h" }));
    await clock.advance(10 * SECOND);
    const assessed = () => collector.health.report().components.find(({ component }) => component === "process")?.time;
    const before = assessed();
    const { settings } = await reconfigured(collector, deep(undefined, { interval: "2s", flapping: "1s" }));
    expect([...settings].sort()).toEqual(["health.flapping", "health.interval"]);
    await clock.advance(20 * SECOND);
    expect(Date.parse(assessed() ?? "") - Date.parse(before ?? "")).toBeGreaterThanOrEqual(27 * SECOND);
    await collector.shutdown();
  });

  it("The start-up grace is not started again", async () => {
    const { clock, collector, sink, world } = await running(deep({}, { startup_grace: "0s" }));
    await clock.advance(5 * SECOND);
    const { restart } = await reconfigured(collector, deep({}, { startup_grace: "1h" }));
    expect(restart).toEqual(["health.startup_grace"]);
    world["home"] = () => ({ depth: 99 });
    await clock.advance(3 * SECOND);
    expect(sink.alerts.map(({ state }) => state)).toEqual(["firing"]);
    await collector.shutdown();
  });

  it("Components of the program stay", async () => {
    const { clock, collector } = await running(deep({}));
    collector.health.register("mine", () => ({ status: "degraded", reason: "as it is" }));
    await clock.advance(2 * SECOND);
    await reconfigured(collector, deep({}, { for: "1s" }));
    await clock.advance(60 * SECOND);
    expect(collector.health.report().components).toContainEqual(expect.objectContaining({ component: "mine", status: "degraded" }));
    await collector.shutdown();
  });

  it("Other windows apply to every collection, which keeps its samples and their numbers", async () => {
    const { clock, collector } = await running(queues(["a"], {}, { windows: ["10s"] }));
    await clock.advance(20 * SECOND + 500);
    const handle = collector.collection("a");
    const [before, taken] = [handle.recent(100), handle.taken];
    const report = await reconfigured(collector, queues(["a"], {}, { windows: ["5s", "15s"] }));
    expect(report).toMatchObject({ settings: ["windows"], collections: [{ change: "unchanged" }] });
    expect(collector.windows).toEqual(["5s", "15s"]);
    expect([handle.recent(100), handle.taken]).toEqual([before, taken]);
    expect(handle.aggregate("15s")).toMatchObject({ due: 15, fields: { depth: { count: 15 } } });
    await clock.advance(10 * SECOND);
    expect(handle.aggregate("5s")).toMatchObject({ due: 5, coverage: 1 });
    await collector.shutdown();
  });
});
