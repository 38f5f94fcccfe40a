import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { VitalsError } from "../../src/index.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { each, scriptedCollector, type ScriptedConfig } from "../support/scripted.ts";

// The breaker uses Date.now(), so these tests advance fake timers along with the simulated clock.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const MESSAGE = 'waiting for the first write: table "jobs" is not there yet';
const wait = (): never => {
  throw new VitalsError("source_waiting", MESSAGE, { retryable: true });
};
const fail = (): never => {
  throw new Error("connection refused");
};
const succeed = (): unknown => ({ depth: 7 });

function collectorThat(first: () => unknown, config: ScriptedConfig = each(["jobs"]), settings = {}) {
  let read = first;
  const { clock, collector } = scriptedCollector({ jobs: () => read() }, config, settings);
  return {
    collector,
    become: (next: () => unknown): void => void (read = next),
    pass: async (seconds: number): Promise<void> => {
      for (let n = 0; n < seconds; n += 1) {
        vi.setSystemTime(Date.now() + 1_000);
        await clock.advance(1_000);
      }
    },
    component: (name = "collection:jobs") => collector.health.report().components.find(({ component }) => component === name),
  };
}

const breaksAtOnce: ScriptedConfig = {
  sources: { jobs: { kind: "scripted", breaker: { failures: 1, initial: "1s", max: "1s" } } },
  collections: { jobs: { source: "jobs", type: "queue", interval: "1s" } },
};

describe("A source that waits for its first write", () => {
  it("its collection is unknown with the reason, raises no alert, and keeps the breaker closed, until the first write", async () => {
    const { collector, component, pass, become } = collectorThat(wait, breaksAtOnce);
    await collector.start();
    await pass(1_200);
    expect(component()).toMatchObject({ status: "unknown", reason: MESSAGE, affectsOverall: true });
    expect(component()).not.toHaveProperty("value");
    expect(component("source:jobs")).toMatchObject({ status: "healthy" });
    expect(collector.health.report()).toMatchObject({
      status: "unknown",
      reason: expect.stringContaining(`collection:jobs: ${MESSAGE}`) as string,
    });
    const jobs = collector.collection("jobs");
    expect(jobs.report()).toMatchObject({ lastOutcome: "waiting", breaker: "closed", coverage: 0 });
    expect(jobs.aggregate("1m")).toMatchObject({ due: 60, successRate: null, coverage: 0, durationMs: null, outcomes: { waiting: 60 } });
    expect(jobs.recent(1)[0]).toMatchObject({ outcome: "waiting", durationMs: 0, error: { type: "source_waiting", message: MESSAGE } });
    expect(collector.readiness().every(({ ok }) => ok)).toBe(true);

    become(succeed);
    await pass(2);
    expect(component()).toMatchObject({ status: "healthy", value: 1 });
    expect(collector.health.report().status).toBe("healthy");
    expect(collector.alerts("all")).toEqual([]);

    become(fail);
    await pass(60);
    expect(component()).toMatchObject({ status: "critical", reason: expect.stringContaining("last error: ") as string });
    expect(collector.alerts().map(({ labels }) => labels.component)).toContain("collection:jobs");
    await collector.shutdown();
  });

  it("ends the alerts of an outage before it, with the reason, although nothing succeeds", async () => {
    const { collector, component, pass, become } = collectorThat(fail, breaksAtOnce);
    await collector.start();
    await pass(60);
    expect(component()).toMatchObject({ status: "critical" });
    become(wait);
    await pass(40);
    expect(collector.alerts("firing")).toEqual([]);
    const ended = collector.alerts("all").filter(({ labels }) => labels.component === "collection:jobs");
    expect(ended.map(({ state }) => state)).toEqual(ended.map(() => "resolved"));
    expect(ended.at(-1)).toMatchObject({ reason: MESSAGE });
    expect(component()).toMatchObject({ status: "unknown", reason: MESSAGE });
    await collector.shutdown();
  });

  it("has answered, so that what failed before, while it started, is not judged any more", async () => {
    const { collector, component, pass, become } = collectorThat(fail);
    await collector.start();
    await pass(10);
    become(wait);
    await pass(45);
    expect(component()).toMatchObject({ status: "unknown", reason: MESSAGE });
    become(fail);
    await pass(1);
    expect(component()).toMatchObject({
      status: "unknown",
      reason: expect.stringContaining("too few to judge: 1 of 1 readings failed") as string,
    });
    await collector.shutdown();
  });

  it("ends the alerts of user-defined rules about what it read before, which hold while data is missing", async () => {
    const common = { collection: "jobs", status: "degraded", keep_firing_for: "5s" } as const;
    const rules = [
      { ...common, name: "Deep", field: "depth", above: 10 },
      { ...common, name: "Unreliable", stat: "successRate", below: 0.99 },
    ] as const;
    const { collector, component, pass, become } = collectorThat(() => ({ depth: 20 }), {
      ...each(["jobs"]),
      health: { success: { degraded_below: 0.99, degraded_clear: 0.995 }, rules: [...rules] },
    });
    const firing = (): readonly string[] => collector.alerts("firing").map(({ labels }) => labels.alertname);
    await collector.start();
    await pass(10);
    become(fail);
    await pass(20);
    expect(firing()).toEqual(expect.arrayContaining(["Deep", "Unreliable", "VitalsCollectionFailing"]));
    become(wait);
    await pass(3);
    expect(component()?.reason).toMatch(/^waiting for the first write: table "jobs" is not there yet; recovering: \d+(\.\d)?s of 30s/);
    await pass(37);
    expect(firing()).toEqual([]);
    expect(component()).toMatchObject({ status: "unknown", reason: MESSAGE });
    await collector.shutdown();
  });

  it("is no failure in the success rate, and not the last error", async () => {
    const { collector, component, pass, become } = collectorThat(succeed);
    await collector.start();
    await pass(2);
    become(fail);
    await pass(3);
    become(wait);
    await pass(6);
    become(succeed);
    await pass(1);
    expect(collector.collection("jobs").aggregate("1m").outcomes).toMatchObject({ success: 3, failed: 3, waiting: 6 });
    expect(component()).toMatchObject({ reason: expect.stringContaining("; last error: connection refused") as string, value: 0.5 });
    await collector.shutdown();
  });

  it("a user-defined rule about the age of the newest success alerts if the first write does not come", async () => {
    const rule = { collection: "jobs", stat: "age", above: 30, status: "degraded", keep_firing_for: "0s" } as const;
    const { collector, component, pass, become } = collectorThat(wait, { ...each(["jobs"]), health: { rules: [rule] } });
    await collector.start();
    await pass(20);
    expect(component()).toMatchObject({ status: "unknown", reason: MESSAGE });
    await pass(20);
    expect(component()).toMatchObject({ status: "degraded" });
    become(succeed);
    await pass(2);
    expect(component()).toMatchObject({ status: "healthy" });
    await collector.shutdown();
  });

  it("is not up, and its ticks are counted by their outcome", async () => {
    const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
    const { collector, pass } = collectorThat(wait, each(["jobs"]), { telemetry });
    await collector.start();
    expect((await telemetry.scrape?.())?.text).not.toContain("vitals_collection_coverage");
    await pass(5);
    const { text } = (await telemetry.scrape?.()) ?? { text: "" };
    expect(text).toContain('vitals_collection_up{vitals_collection_name="jobs"} 0');
    expect(text).toContain('vitals_collection_waiting{vitals_collection_name="jobs"} 1');
    expect(text).toContain('vitals_collection_coverage_ratio{vitals_collection_name="jobs"} 0');
    expect(text).toContain(
      'vitals_collection_ticks_total{vitals_collection_name="jobs",vitals_outcome="waiting",error_type="source_waiting"} 5',
    );
    expect(text).not.toContain("vitals_collection_duration_seconds_count");
    await collector.shutdown();
    await telemetry.shutdown(1_000);
  });
});
