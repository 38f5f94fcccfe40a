import { describe, expect, it } from "vitest";
import { Model } from "../../src/client/model.ts";
import type { AggregateEvent, Alert, CollectionReport, HealthReport, Stats, Transition } from "../../src/client/api.ts";

const at = (second: number): string => new Date(second * 1_000).toISOString();
const now = { wallMs: 0, monotonicMs: 0 };

const alert = (second: number, endsAt?: number): Alert => ({
  fingerprint: "f",
  state: endsAt === undefined ? "firing" : "resolved",
  labels: { alertname: "Deep", component: "collection:jobs", severity: "error" },
  annotations: { summary: "s", description: "d" },
  startsAt: at(second),
  ...(endsAt === undefined ? {} : { endsAt: at(endsAt) }),
  reason: "r",
});

const transition = (second: number, component = "process"): Transition => ({
  time: at(second),
  component,
  from: second % 2 === 0 ? "healthy" : "critical",
  to: second % 2 === 0 ? "critical" : "healthy",
  reason: "r",
});

describe("Model", () => {
  it("Model forgets a window that the collector has no more", () => {
    const model = new Model();
    model.setReports([{ name: "jobs" } as CollectionReport]);
    for (const window of ["1m", "5m"]) model.aggregate({ collection: "jobs", window } as AggregateEvent);
    const windows = (): readonly string[] => [...(model.collections.get("jobs")?.aggregates.keys() ?? [])];
    model.setStats({ bootId: "b", windows: ["1m", "5m", "1h"] as readonly string[] } as Stats);
    expect(windows()).toEqual(["1m", "5m"]);
    model.setStats({ bootId: "b", windows: ["5m"] as readonly string[] } as Stats);
    expect(windows()).toEqual(["5m"]);
  });

  it("Model accepts the stats of a collector of an older version, which do not list the windows", () => {
    const model = new Model();
    model.setReports([{ name: "jobs" } as CollectionReport]);
    model.aggregate({ collection: "jobs", window: "1m" } as AggregateEvent);
    model.setStats({ bootId: "b" } as Stats);
    expect(model.stats?.bootId).toBe("b");
    expect([...(model.collections.get("jobs")?.aggregates.keys() ?? [])]).toEqual(["1m"]);
  });

  it("Model keeps every firing alert, and of the resolved ones those that resolved last", () => {
    const model = new Model();
    for (let second = 0; second < 300; second += 1) model.receive("alert", alert(second), now);
    expect(model.alerts).toHaveLength(300);
    for (let second = 0; second < 2_000; second += 1) {
      model.receive("alert", alert(10_000 + second), now);
      model.receive("alert", alert(10_000 + second, 20_000 + second), now);
    }
    const resolved = model.alerts.filter(({ state }) => state === "resolved");
    expect(model.alerts).toHaveLength(500);
    expect(resolved).toHaveLength(200);
    expect(Math.min(...resolved.map(({ endsAt }) => Date.parse(endsAt as string)))).toBe(21_800_000);
  });

  it("Model keeps the last 500 transitions, and knows no component's past before them", () => {
    const model = new Model();
    model.addHistory({ since: at(0), forgotten: { stream: at(50) }, transitions: [] });
    for (let second = 100; second < 600; second += 1) model.receive("transition", transition(second), now);
    expect(model.transitions).toHaveLength(500);
    expect([model.completeSinceMs("process"), model.completeSinceMs("stream")]).toEqual([0, 50_000]);
    for (let second = 600; second < 610; second += 1) model.receive("transition", transition(second), now);
    expect([model.transitions.length, model.transitions[0]?.time]).toEqual([500, at(110)]);
    expect([model.completeSinceMs("process"), model.completeSinceMs("stream")]).toEqual([109_001, 109_001]);
  });

  it("Model shows a transition in the health report at once", () => {
    const model = new Model();
    const component = {
      component: "process",
      since: at(1),
      time: at(1),
      reason: "r",
      trend: { direction: "unknown" },
      affectsOverall: true,
    } as const;
    const health: HealthReport = {
      time: at(1),
      since: at(1),
      status: "healthy",
      reason: "r",
      components: [{ ...component, status: "healthy" }],
    };
    model.setHealth(health);
    model.receive("transition", { ...transition(2), reason: "it failed" }, now);
    expect(model.health?.components[0]).toMatchObject({ status: "critical", since: at(2), reason: "it failed" });
  });

  it("Model is no larger after a day than after its first half, whatever comes and goes", () => {
    const model = new Model();
    const field = {
      title: "I/O",
      kind: "counter",
      additive: true,
      instrument: "net.io",
      unit: "By",
      intervalMs: 60_000,
      by: ["interface"],
    };
    const report = { name: "c", source: "s", type: "t", intervalMs: 60_000, state: "running", fields: { io: field }, thresholds: [] };
    const health = { time: at(0), since: at(0), status: "healthy", reason: "r", components: [] };
    model.receive("hello", { bootId: "b" }, now);
    model.receive("snapshot", { collections: [report], samples: [], health, alerts: [] }, now);
    const sizes: (readonly number[])[] = [];
    for (let minute = 0; minute < 1_440; minute += 1) {
      const second = minute * 60;
      // Twenty interfaces, of which one is replaced every minute.
      const io = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`veth${minute + n}`, minute]));
      model.receive("sample", { time: at(second), collection: "c", outcome: "success", durationMs: 1, values: { io } }, now);
      model.receive("transition", transition(minute % 2 === 0 ? second : second + 1), now);
      model.receive("alert", alert(second), now);
      model.receive("alert", alert(second, second + 1), now);
      model.trim(second * 1_000);
      const series = model.collections.get("c")?.series;
      if (minute === 720 || minute === 1_440 - 1) {
        const width = Math.max(...(series?.rows ?? []).map(({ values }) => values.length));
        sizes.push([series?.rows.length ?? 0, series?.points.length ?? 0, width, model.transitions.length, model.alerts.length]);
      }
    }
    // An hour and three minutes; the interfaces of that time.
    expect(sizes).toEqual([
      [64, 83, 83, 500, 200],
      [64, 83, 83, 500, 200],
    ]);
  });
});
