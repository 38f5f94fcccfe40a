import type { HealthEvent } from "../../src/collector/collector.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { each, scriptedCollector } from "../support/scripted.ts";

// The breaker uses Date.now(), so these tests advance fake timers along with the simulated clock.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

describe("Error recovery", () => {
  it("An outage is recorded in the samples, degrades health with a reason, and clears when the source recovers", async () => {
    let isDown = false;
    const { clock, collector } = scriptedCollector(
      { jobs: () => (isDown ? Promise.reject(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })) : { depth: 7 }) },
      {
        sources: { jobs: { kind: "scripted", breaker: { failures: 3, initial: "2s", max: "4s" } } },
        collections: { jobs: { source: "jobs", type: "queue", interval: "1s" } },
      },
    );
    const pass = async (seconds: number): Promise<void> => {
      for (let n = 0; n < seconds; n += 1) {
        vi.setSystemTime(Date.now() + 1_000);
        await clock.advance(1_000);
      }
    };
    const jobs = collector.collection("jobs");
    const componentOf = (name: string) => collector.health.report().components.find(({ component }) => component === name);
    await collector.start();
    await pass(60);
    expect(collector.health.report().status).toBe("healthy");

    isDown = true;
    await pass(60);
    expect(jobs.aggregate("1m")).toMatchObject({ successRate: 0, coverage: 0, fields: {} });
    expect(jobs.recent(60).every((sample) => sample.values === undefined)).toBe(true);
    const { failed, rejected } = jobs.aggregate("1m").outcomes;
    expect(failed + rejected).toBe(60);
    expect(rejected).toBeGreaterThan(failed);
    expect(componentOf("collection:jobs")).toMatchObject({ status: "critical" });
    expect(componentOf("source:jobs")).toMatchObject({ status: "unhealthy" });
    expect(collector.alerts().map(({ labels }) => [labels.component, labels.severity])).toContainEqual(["collection:jobs", "critical"]);

    isDown = false;
    await pass(120);
    expect(jobs.recent(1)[0]).toMatchObject({ outcome: "success", values: { depth: 7 } });
    expect(jobs.report().breaker).toBe("closed");
    expect(collector.health.report()).toMatchObject({ status: "healthy" });
    expect(collector.alerts("firing")).toEqual([]);
    const statuses = collector.health.history({ component: "collection:jobs" }).map(({ to }) => to);
    expect(statuses).toEqual(["degraded", "critical", "degraded", "healthy"]);
    await collector.shutdown();
  });

  it("An outage of 25 s is over in every component once it has left the windows of the rules; only the coverage still shows it", async () => {
    let isDown = false;
    const { clock, collector } = scriptedCollector(
      { jobs: () => (isDown ? Promise.reject(new Error("down")) : { depth: 7 }) },
      each(["jobs"]),
    );
    await collector.start();
    await clock.advance(60_000);
    isDown = true;
    await clock.advance(25_000);
    expect(collector.collection("jobs").report().coverage).toBeCloseTo(60 / 85);
    isDown = false;
    await clock.advance(120_000);
    const { components } = collector.health.report();
    expect(components.map(({ component, status }) => `${component} ${status}`)).toEqual([
      "collection:jobs healthy",
      "source:jobs healthy",
      "process healthy",
    ]);
    expect(collector.collection("jobs").report().coverage).toBeCloseTo(180 / 205);
    await collector.shutdown();
  });

  it.each(["1s", "5s", "7s", "10s", "20s", "60s"])(
    "An outage of a source that two collections read every %s notifies of one problem, and ends for its receivers",
    async (interval) => {
      let isDown = false;
      const sent: HealthEvent[] = [];
      const { clock, collector } = scriptedCollector(
        { jobs: () => (isDown ? Promise.reject(new Error("down")) : {}) },
        {
          sources: { jobs: { kind: "scripted" } },
          collections: { jobs: { source: "jobs", type: "queue", interval }, other: { source: "jobs", type: "worker", interval } },
        },
        { sinks: [{ name: "pager", target: "pager", send: async (events) => void sent.push(...events) }] },
      );
      const pass = async (intervals: number): Promise<void> => {
        for (let seconds = (intervals * Number.parseInt(interval, 10)) / 0.5; seconds > 0; seconds -= 1) {
          vi.setSystemTime(Date.now() + 500);
          await clock.advance(500);
        }
      };
      const alerts = () => sent.flatMap((event) => (event.kind === "alert" ? [event.alert] : []));
      await collector.start();
      await pass(60);
      isDown = true;
      await pass(Number.parseInt(interval, 10) < 5 ? 60 : 20);
      expect(new Set(alerts().map(({ labels }) => `${labels.component} ${labels.alertname}`)).size).toBe(1);
      isDown = false;
      await pass(Number.parseInt(interval, 10) < 5 ? 300 : 60);
      expect(collector.alerts()).toEqual([]);
      expect(new Set(alerts().map(({ labels }) => `${labels.component} ${labels.alertname}`)).size).toBe(1);
      expect(alerts().filter(({ state }) => state === "resolved")).toHaveLength(alerts().length / 2);
      await collector.shutdown();
    },
  );

  it("A probe that ends because its collection is removed leaves the breaker of the source open", async () => {
    let read: (signal: AbortSignal) => Promise<unknown> = () => Promise.reject(new Error("down"));
    const { clock, collector } = scriptedCollector(
      { jobs: (signal) => read(signal) },
      {
        sources: { jobs: { kind: "scripted", breaker: { failures: 3, initial: "1m", max: "1m" } } },
        collections: {
          jobs: { source: "jobs", type: "queue", interval: "1s" },
          other: { source: "jobs", type: "worker", interval: "1h", timeout: "1s" },
        },
      },
    );
    const breaker = () => collector.collection("other").report().breaker;
    await collector.start();
    await clock.advance(10_000);
    expect(breaker()).toBe("open");
    vi.setSystemTime(Date.now() + 120_000);
    read = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    await clock.advance(1_000);
    expect(breaker()).toBe("half-open");
    await collector.removeCollection("jobs");
    expect(breaker()).toBe("open");
    await collector.shutdown();
  });

  it("A connection that cannot be opened is retried at the next tick", async () => {
    let opened = 0;
    const { clock, collector } = scriptedCollector({}, each(["jobs"]), {
      sourceKinds: [
        {
          ...(await import("../support/scripted.ts")).scriptedKind({ jobs: () => ({ depth: 1 }) }),
          open: (_: unknown, { name }: { name: string }) => {
            opened += 1;
            if (opened < 3) throw new Error("not yet");
            return { name };
          },
        },
      ],
    });
    await collector.start();
    await clock.advance(5_000);
    expect(collector.stats().ticks["jobs"]).toMatchObject({ failed: 2, success: 3 });
    await collector.shutdown();
  });

  it("A reading that violates its type is invalid and counted by check, and does not affect the next sample", async () => {
    const readings: unknown[] = [
      { depth: -1 },
      { depth: Number.POSITIVE_INFINITY },
      { depth: "5" },
      JSON.parse('{"__proto__": {"depth": 1}}'),
      { deep: 1 },
      null,
      { depth: 5 },
    ];
    const { clock, collector } = scriptedCollector({ jobs: () => readings.shift() }, each(["jobs"]));
    await collector.start();
    await clock.advance(7_000);
    const samples = collector.collection("jobs").recent(10).toReversed();
    expect(samples.map(({ outcome }) => outcome)).toEqual([...Array.from({ length: 6 }, () => "invalid"), "success"]);
    expect(samples.every(({ error }) => error === undefined || (error.type === "reading_invalid" && error.message.length < 500))).toBe(
      true,
    );
    await collector.shutdown();
  });

  it("A shutdown does not wait for a hanging source beyond its deadline, and degrades no component", async () => {
    const { clock, collector } = scriptedCollector(
      { jobs: () => new Promise(() => {}) },
      { sources: { jobs: { kind: "scripted" } }, collections: { jobs: { source: "jobs", type: "queue", interval: "1s", timeout: "1h" } } },
    );
    await collector.start();
    await clock.advance(1_500);
    const stopped = collector.shutdown({ timeoutMs: 2_000 });
    await clock.advance(2_000);
    await stopped;
    expect(collector.lifecycle).toBe("stopped");
    expect(collector.collection("jobs").recent(10)).toEqual([]);
    expect(collector.health.history()).toEqual([]);
    expect(collector.alerts("all")).toEqual([]);
  });
});
