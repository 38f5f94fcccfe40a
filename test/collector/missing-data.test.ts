import * as fc from "fast-check";
import * as z from "zod";
import { describe, expect, it, vi } from "vitest";
import type { RecordedEvent } from "../support/recorded.ts";
import { recordedEvents } from "../support/recorded.ts";
import { ManualClock, settle } from "../../src/base/manual-clock.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { counter } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { each, scriptedCollector, type ScriptedConfig } from "../support/scripted.ts";

type Rule = NonNullable<NonNullable<ScriptedConfig["health"]>["rules"]>[number];

const withRule = (rule: Partial<Rule>, interval = "1s"): ScriptedConfig => ({
  ...each(["jobs"], interval),
  health: { startup_grace: "0s", rules: [{ name: "Deep", collection: "jobs", field: "depth", above: 10, keep_firing_for: "0s", ...rule }] },
});

const fires = (events: readonly RecordedEvent[]): readonly string[] =>
  events.flatMap((event) => (event.kind === "alert" && event.alert.state === "firing" ? [event.alert.labels.alertname] : []));

describe("Missing data", () => {
  it("A collector that is started long after it was created has no missing data", async () => {
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, withRule({ stat: "age", field: undefined, above: 5 }));
    await clock.advance(60_000);
    const events = recordedEvents(collector);
    await collector.start();
    await clock.advance(10_000);
    expect(collector.health.report().status).toBe("healthy");
    expect(events()).toEqual([]);
    await collector.shutdown();
  });

  it("A collection that is resumed has no missing data from before the pause", async () => {
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, withRule({ stat: "age", field: undefined, above: 5 }));
    await collector.start();
    await clock.advance(60_000);
    collector.pause("jobs");
    await clock.advance(300_000);
    const events = recordedEvents(collector);
    collector.resume("jobs");
    await clock.advance(60_000);
    expect(collector.health.report().status).toBe("healthy");
    expect(fires(events())).toEqual([]);
    await collector.shutdown();
  });

  it("A reading in flight within its timeout is no missing data, and the ticks that it delays say what delayed them", async () => {
    let hang: (() => void) | undefined;
    const script = { jobs: () => (hang ? new Promise((resolve) => (hang = () => resolve({ depth: 1 }))) : { depth: 1 }) };
    const config = { ...each(["jobs"]), collections: { jobs: { source: "jobs", type: "queue", interval: "250ms", timeout: "60s" } } };
    const { clock, collector } = scriptedCollector(script, { ...config, health: { startup_grace: "0s", for: "0s" } });
    await collector.start();
    await clock.advance(60_000);
    const events = recordedEvents(collector);
    hang = () => {};
    await clock.advance(45_000);
    expect(collector.health.report().components.find(({ component }) => component === "collection:jobs")?.status).toBe("healthy");
    expect(fires(events())).not.toContain("VitalsCollectionStale");
    const release = hang;
    hang = undefined;
    release();
    await clock.advance(1_000);
    const missed = collector
      .collection("jobs")
      .recent(20)
      .find(({ outcome }) => outcome === "missed");
    expect(missed?.error).toEqual({ type: "missed", message: "not read: the previous reading took 45s, and one is due every 250 ms" });
    await collector.shutdown();
  });

  it("Ticks missed because the event loop was blocked say so", async () => {
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 1 }) }, each(["jobs"]));
    await collector.start();
    await clock.advance(3_000);
    clock.block(5_700);
    await clock.advance(1_000);
    const missed = collector
      .collection("jobs")
      .recent(20)
      .filter(({ outcome }) => outcome === "missed");
    expect(missed.length).toBeGreaterThan(3);
    for (const { error } of missed) expect(error?.message).toMatch(/^not read: the event loop was blocked for [\d.]+ ?m?s$/);
    await collector.shutdown();
  });

  it("Time without data does not count towards `for`: a bad sample, ten minutes of outage and a bad sample are two bad samples", async () => {
    let read = (): unknown => ({ depth: 99 });
    const { clock, collector } = scriptedCollector({ jobs: () => read() }, withRule({ for: "5m" }));
    const events = recordedEvents(collector);
    await collector.start();
    await clock.advance(1_000);
    read = () => Promise.reject(new Error("down"));
    await clock.advance(600_000);
    read = () => ({ depth: 99 });
    await clock.advance(1_000);
    expect(fires(events())).not.toContain("Deep");
    await clock.advance(301_000);
    expect(fires(events())).toContain("Deep");
    await collector.shutdown();
  });

  it("A recovery in progress survives a gap shorter than staleness, which does not count towards it", async () => {
    let read = (): unknown => ({ depth: 99 });
    const { clock, collector } = scriptedCollector({ jobs: () => read() }, withRule({ keep_firing_for: "10s" }));
    const events = recordedEvents(collector);
    await collector.start();
    await clock.advance(5_000);
    read = () => ({ depth: 1 });
    await clock.advance(6_000);
    read = () => Promise.reject(new Error("blip"));
    await clock.advance(2_000);
    read = () => ({ depth: 1 });
    await clock.advance(4_000);
    expect(collector.alerts().map(({ labels }) => labels.alertname)).toEqual(["Deep"]);
    await clock.advance(2_000);
    expect(collector.alerts()).toEqual([]);
    expect(fires(events())).toEqual(["Deep"]);
    await collector.shutdown();
  });

  it("The increase of a counter is not judged from one sample", async () => {
    const tally = defineSampleType("tally", { done: counter("tally.done", "{job}") });
    const kind = defineSource({
      kind: "tally",
      options: z.strictObject({}),
      open: () => ({}),
      readings: [reading(tally, () => ({ done: 7 }))],
    });
    const clock = new ManualClock();
    const collector = createCollector(
      {
        sources: { jobs: { kind: "tally" } },
        collections: { jobs: { source: "jobs", interval: "1s" } },
        health: { rules: [{ name: "Idle", collection: "jobs", field: "done", stat: "increase", below: 1 }] },
      },
      { clock, sourceKinds: [kind] },
    );
    await collector.start();
    await clock.advance(900);
    expect(collector.alerts()).toEqual([]);
    await clock.advance(2_000);
    expect(collector.alerts().map(({ labels }) => labels.alertname)).toEqual(["Idle"]);
    await collector.shutdown();
  });
});

describe("What ends", () => {
  it.each([1, 2, 5, 10])("An alert about a field that every %s. successful sample has ends once the field is good", async (every) => {
    let n = 0;
    const script = { jobs: () => ((n += 1), n === 30 ? { depth: 99 } : n % every === 0 ? { depth: 1 } : {}) };
    const { clock, collector } = scriptedCollector(script, withRule({ keep_firing_for: "20s" }));
    const events = recordedEvents(collector);
    await collector.start();
    await clock.advance(180_000);
    expect(fires(events())).toEqual(["Deep"]);
    expect(collector.alerts()).toEqual([]);
    await collector.shutdown();
  });

  it("An alert about a field that is not measured any more ends, unless the source fails", async () => {
    let read = (): unknown => ({ depth: 99 });
    const { clock, collector } = scriptedCollector({ jobs: () => read() }, withRule({ keep_firing_for: "5s" }));
    await collector.start();
    await clock.advance(10_000);
    read = () => Promise.reject(new Error("connect ECONNREFUSED"));
    await clock.advance(600_000);
    const deep = () => collector.alerts().find(({ labels }) => labels.alertname === "Deep");
    expect(deep()?.reason).toMatch(/has no data; still degraded; last error: connect ECONNREFUSED; /);
    read = () => ({});
    await clock.advance(70_000);
    expect(deep()).toBeUndefined();
    expect(collector.alerts("resolved").find(({ labels }) => labels.alertname === "Deep")?.reason).toBe("depth over 1m is not measured");
    await collector.shutdown();
  });

  it("An alert with a threshold that the value returns to, and not past, ends", async () => {
    let depth = 11;
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth }) }, withRule({}));
    await collector.start();
    await clock.advance(3_000);
    expect(collector.alerts()).toHaveLength(1);
    depth = 10;
    await clock.advance(2_000);
    expect(collector.alerts()).toEqual([]);
    await collector.shutdown();
  });

  it.each(["pause", "removeCollection"] as const)("The alert of a source ends when %s leaves nothing that reads it", async (how) => {
    const { clock, collector } = scriptedCollector(
      { jobs: () => Promise.reject(new Error("down")) },
      {
        sources: { jobs: { kind: "scripted", breaker: { failures: 3, initial: "24d", max: "24d" } } },
        collections: { jobs: { source: "jobs", type: "queue", interval: "1s" } },
      },
    );
    await collector.start();
    await clock.advance(60_000);
    expect(collector.alerts().map(({ labels }) => labels.alertname)).toContain("VitalsBreakerOpen");
    await collector[how]("jobs");
    expect(collector.alerts()).toEqual([]);
    await clock.advance(600_000);
    expect(collector.alerts()).toEqual([]);
    await collector.shutdown();
  });
});

describe("Hold times", () => {
  it("`for: 1s` over six bad ticks every 200 ms fires however long each reading takes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 12, maxLength: 12 }), async (delays) => {
        const bad = { from: 3, to: 9 };
        let n = -1;
        const { clock, collector } = scriptedCollector(
          {
            jobs: async (signal) => {
              n += 1;
              const depth = n >= bad.from && n < bad.to ? 99 : 1;
              await clock.sleepUntil(clock.monotonicMs() + (delays[n % delays.length] as number), signal);
              return { depth };
            },
          },
          withRule({ for: "1s", window: "1m" }, "200ms"),
        );
        const events = recordedEvents(collector);
        await collector.start();
        await clock.advance(4_000);
        // A reading in flight ends only as time passes.
        const stopped = collector.shutdown();
        await clock.advance(1_000);
        await stopped;
        expect(fires(events())).toEqual(["Deep"]);
      }),
      { numRuns: 12 },
    );
  });

  it("`for: 5s` every second fires at the tick that is due five seconds after the first bad one, however long each reading takes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 7, maxLength: 7 }), async (delays) => {
        let [n, firedAt] = [-1, -1];
        const { clock, collector } = scriptedCollector(
          {
            jobs: async (signal) => {
              n += 1;
              const depth = n >= 2 ? 99 : 1;
              await clock.sleepUntil(clock.monotonicMs() + (delays[n % delays.length] as number), signal);
              return { depth };
            },
          },
          withRule({ for: "5s" }),
        );
        await collector.start();
        for (let step = 0; step < 120 && firedAt < 0; step += 1) {
          await clock.advance(100);
          if (collector.alerts().length > 0) firedAt = n;
        }
        // A reading in flight ends only as time passes.
        const stopped = collector.shutdown();
        await clock.advance(1_000);
        await stopped;
        expect(firedAt).toBe(7);
      }),
      { numRuns: 12 },
    );
  });
});

describe("A pause", () => {
  it("A pause resolves the alerts of its collection, and says why; they fire again after it only if they still have a reason", async () => {
    let depth = 99;
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth }) }, withRule({}));
    await collector.start();
    await clock.advance(5_000);
    expect(collector.alerts()).toHaveLength(1);
    collector.pause("jobs");
    expect(collector.alerts()).toEqual([]);
    expect(collector.alerts("resolved")[0]).toMatchObject({ labels: { alertname: "Deep" }, reason: "paused" });
    expect(collector.health.report().status).toBe("healthy");
    await clock.advance(600_000);
    expect(collector.alerts()).toEqual([]);
    depth = 1;
    collector.resume("jobs");
    await clock.advance(5_000);
    expect(collector.alerts()).toEqual([]);
    await collector.shutdown();
  });
});

describe("Missed ticks", () => {
  it("The share of missed ticks is 0 while no tick is due, so that its alert ends after a pause of every collection", async () => {
    const { clock, collector } = scriptedCollector(
      { jobs: () => ({ depth: 1 }) },
      { ...each(["jobs"]), health: { startup_grace: "0s", interval: "1s" } },
    );
    const names = () => collector.alerts().map(({ labels }) => labels.alertname);
    await collector.start();
    for (let n = 0; n < 12; n += 1) {
      await clock.advance(7_000);
      clock.block(3_000);
      await clock.advance(0);
      await settle();
    }
    expect(names()).toEqual(["VitalsTicksMissed"]);
    collector.pause("jobs");
    // The window of a minute and the recovery hold of half a minute, and an evaluation each.
    await clock.advance(92_000);
    expect(names()).toEqual([]);
    expect(collector.alerts("resolved")[0]?.reason).toBe("share of ticks missed over 1m is 0");
    expect(collector.health.report().components.find(({ component }) => component === "process")?.status).toBe("healthy");
    await collector.shutdown();
  });
});

describe("The cause of an outage", () => {
  it("The last error of a source is in the reasons of its breaker and of its collections, and in rejected samples, until it is over", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    let read = (): unknown => ({ depth: 1 });
    const cause = "GET http://127.0.0.1:8080/stats returned 503";
    const { clock, collector } = scriptedCollector(
      { jobs: () => read() },
      {
        sources: { jobs: { kind: "scripted", breaker: { failures: 3, initial: "2s", max: "2s" } } },
        collections: { jobs: { source: "jobs", type: "queue", interval: "1s" }, other: { source: "jobs", type: "worker", interval: "1s" } },
        health: { startup_grace: "0s" },
      },
    );
    const pass = async (seconds: number): Promise<void> => {
      for (let n = 0; n < seconds; n += 1) {
        vi.setSystemTime(Date.now() + 1_000);
        await clock.advance(1_000);
      }
    };
    await collector.start();
    await pass(60);
    read = () => Promise.reject(new Error(cause));
    await pass(40);
    const reasons = () => collector.health.report().components.filter(({ component }) => /^(source|collection):/.test(component));
    for (const { reason } of reasons()) expect(reason).toContain(`last error: ${cause}`);
    expect(collector.alerts().length).toBeGreaterThan(1);
    for (const { reason, annotations } of collector.alerts()) {
      expect(reason).toContain(cause);
      expect(annotations.description).toContain(cause);
    }
    expect(collector.health.report().reason).toContain(cause);
    const rejected = collector
      .collection("other")
      .recent(5)
      .find(({ outcome }) => outcome === "rejected");
    expect(rejected?.error?.message).toBe(`not read: the circuit breaker of source "jobs" is open; last error: ${cause}`);
    read = () => ({ depth: 1 });
    await pass(120);
    for (const { reason } of reasons()) expect(reason).not.toContain(cause);
    await collector.shutdown();
    vi.useRealTimers();
  });
});
