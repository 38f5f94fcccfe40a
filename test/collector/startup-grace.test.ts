import { describe, expect, it } from "vitest";
import type { EventSink, HealthEvent } from "../../src/collector/collector.ts";
import { SimulatedCollection, type HealthConfig, type SimulatedSample } from "../support/simulated-collection.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const good: SimulatedSample = { outcome: "success", values: { load: 1 } };
const high: SimulatedSample = { outcome: "success", values: { load: 99 } };
const between: SimulatedSample = { outcome: "success", values: { load: 45 } };

/** A rule with a hold so long that only the end of the grace can end its alert within a minute. */
const RULE: HealthConfig = {
  rules: [{ name: "High", collection: "it", field: "load", above: 50, clear: 40, keep_firing_for: "10m" }],
};

function run(health: HealthConfig, samples: readonly (readonly [sample: SimulatedSample, ticks: number])[]): SimulatedCollection {
  const it = new SimulatedCollection("1s", health);
  for (const [sample, ticks] of samples) for (let n = 0; n < ticks; n += 1) it.tick(sample);
  return it;
}

const seen = ({ sent }: SimulatedCollection) =>
  sent.map(({ atMs, alert }) => [alert.labels.alertname, alert.state, Math.floor(atMs / 1_000) * 1_000]);

describe("The start-up grace", () => {
  it("What is bad when the grace ends is sent then, once", () => {
    const it = run(RULE, [[high, 40]]);
    expect(seen(it)).toEqual([["High", "firing", 30_000]]);
    expect(it.changes.map(({ state }) => state)).toEqual(["firing"]);
  });

  it("What is good when the grace ends clears at once without its hold, is listed as resolved, sent to nobody and counted", () => {
    const it = run(RULE, [
      [high, 5],
      [good, 24],
    ]);
    expect(it.firing().map(({ labels }) => labels.alertname)).toEqual(["High"]);
    expect(it.suppressedAtStartup).toBe(0);
    it.tick(good);
    it.tick(good);
    expect(it.firing()).toEqual([]);
    expect(it.changes.map(({ state }) => state)).toEqual(["firing", "resolved"]);
    expect(it.suppressedAtStartup).toBe(2);
    for (let n = 0; n < 100; n += 1) it.tick(good);
    expect(seen(it)).toEqual([]);
  });

  it("An alert that its cause inhibits at the end of the grace is not suppressed by the grace", () => {
    // Judged before the source, because its own rule does not wait.
    const rules = [{ name: "Rate", collection: "it", stat: "successRate", window: "20s", below: 0.8, clear: 0.9 }] as const;
    const it = run({ rules: [...rules] }, [
      [{ outcome: "failed" }, 5],
      [{ outcome: "rejected" }, 30],
    ]);
    expect(it.firing().map(({ labels, inhibitedBy }) => [labels.alertname, inhibitedBy !== undefined])).toContainEqual(["Rate", true]);
    expect(it.changes.find(({ labels }) => labels.alertname === "Rate")?.inhibitedBy).toBeUndefined();
    expect(seen(it)).toEqual([["VitalsBreakerOpen", "firing", 30_000]]);
    expect(it.suppressedAtStartup).toBe(0);
  });

  it("What is neither bad nor good when the grace ends ends as well", () => {
    const it = run(RULE, [
      [high, 5],
      [between, 30],
    ]);
    expect(it.firing()).toEqual([]);
    expect(seen(it)).toEqual([]);
  });

  it("What was bad and cannot be judged when the grace ends is not sent", () => {
    const failed: SimulatedSample = { outcome: "failed" };
    const it = run({}, [
      [failed, 24],
      [good, 5],
      [failed, 1],
      [good, 60],
    ]);
    expect(seen(it)).toEqual([]);
  });

  it("What begins within the grace and lasts is sent, although its `for` ends after the grace", () => {
    const it = run({ rules: [{ ...RULE.rules?.[0], for: "20s" } as never] }, [
      [good, 20],
      [high, 40],
    ]);
    expect(seen(it)).toEqual([["High", "firing", 40_000]]);
  });

  it("A user-defined success rate is judged from the first response of a source that starts late, and then as ever", () => {
    const it = run({ rules: [{ name: "Rate", collection: "it", stat: "successRate", below: 0.8, clear: 0.9 }] }, [
      [{ outcome: "failed" }, 20],
      [good, 100],
    ]);
    expect(seen(it)).toEqual([]);
    for (let n = 0; n < 20; n += 1) it.tick({ outcome: "failed" });
    expect(seen(it)).toContainEqual(["Rate", "firing", 132_000]);
  });

  it("Without a grace everything is sent at once", () => {
    const it = run({ ...RULE, startup_grace: "0s" }, [[high, 3]]);
    expect(seen(it).map(([name, state]) => [name, state])).toEqual([["High", "firing"]]);
  });

  it("A collector with a grace keeps its sinks waiting from its start, while the API and the journal do not wait; a log does not either", async () => {
    const [received, logged]: [HealthEvent[], HealthEvent[]] = [[], []];
    const sink = (name: string, into: HealthEvent[], duringStartup: boolean): EventSink => ({
      name,
      target: name,
      duringStartup,
      send: async (events) => void into.push(...events),
    });
    const { clock, collector } = scriptedCollector(
      { jobs: () => ({ depth: 99 }) },
      { ...each(["jobs"]), health: { startup_grace: "20s", rules: [{ collection: "jobs", field: "depth", above: 10, name: "Deep" }] } },
      { sinks: [sink("pager", received, false), sink("log", logged, true)] },
    );
    await clock.advance(60_000);
    await collector.start();
    await clock.advance(19_000);
    expect(collector.alerts().map(({ labels }) => labels.alertname)).toEqual(["Deep"]);
    expect(received).toEqual([]);
    expect(logged.filter(({ kind }) => kind === "alert")).toHaveLength(1);
    await clock.advance(2_000);
    const kinds = received.map((event) => (event.kind === "alert" ? event.alert.labels.alertname : event.transition.component));
    expect(kinds.toSorted()).toEqual(["Deep", "collection:jobs", "overall"]);
    expect(logged.filter(({ kind }) => kind === "alert")).toHaveLength(1);
    await collector.shutdown();
  });

  it("A collector that is stopped within its grace sends nothing", async () => {
    const received: HealthEvent[] = [];
    const { clock, collector } = scriptedCollector(
      { jobs: () => ({ depth: 99 }) },
      { ...each(["jobs"]), health: { rules: [{ collection: "jobs", field: "depth", above: 10 }] } },
      { sinks: [{ name: "pager", target: "pager", send: async (events) => void received.push(...events) }] },
    );
    await collector.start();
    await clock.advance(10_000);
    expect(collector.alerts()).toHaveLength(1);
    await collector.shutdown();
    expect(received).toEqual([]);
  });
});
