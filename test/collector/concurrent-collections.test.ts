import { describe, expect, it } from "vitest";
import { each, scriptedCollector } from "../support/scripted.ts";

const never = (): Promise<never> => new Promise(() => {});

describe("Concurrent collections", () => {
  it("A hanging and a failing collection delay no tick of a healthy one", async () => {
    let good = 0;
    const script = {
      good: () => ({ depth: (good += 1) }),
      failing: () => Promise.reject(new Error("no")),
      hanging: never,
    };
    const { clock, collector } = scriptedCollector(script, each(["good", "failing", "hanging"]));
    await collector.start();
    await clock.advance(60_000);
    const outcomes = (name: string) => collector.stats().ticks[name];
    expect(outcomes("good")).toMatchObject({ success: 60, missed: 0 });
    expect(outcomes("failing")).toMatchObject({ failed: 60, success: 0 });
    // Each of its readings takes a whole interval, and the next one starts on time because no simulated time passes in between.
    expect(outcomes("hanging")).toMatchObject({ timeout: 59, missed: 0 });
    expect(collector.collection("good").aggregate("1m")).toMatchObject({ successRate: 1, coverage: 1 });
    expect(collector.collection("failing").aggregate("1m")).toMatchObject({ successRate: 0, coverage: 0 });
    const stopped = collector.shutdown();
    await clock.advance(5_000);
    await stopped;
  });

  it("A hundred collections keep to their schedules for a simulated hour", async () => {
    const names = Array.from({ length: 100 }, (_, n) => `queue-${n}`);
    const script = Object.fromEntries(names.map((name) => [name, () => ({ depth: 1 })]));
    const { clock, collector } = scriptedCollector(script, each(names, "30s"));
    await collector.start();
    await clock.advance(3_600_000);
    for (const name of names) {
      const samples = collector.collection(name).recent(1_000);
      expect(samples).toHaveLength(120);
      const times = samples.map(({ time }) => Date.parse(time)).toReversed();
      expect(times.every((time, n) => n === 0 || Math.abs(time - (times[n - 1] as number) - 30_000) <= 1)).toBe(true);
    }
    await collector.shutdown();
  });

  it("Collections of one source share its breaker", async () => {
    let reads = 0;
    const script = { jobs: () => ((reads += 1), Promise.reject(new Error("down"))) };
    const { clock, collector } = scriptedCollector(script, {
      sources: { jobs: { kind: "scripted", breaker: { failures: 4, initial: "24d", max: "24d" } } },
      collections: { a: { source: "jobs", type: "queue", interval: "1s" }, b: { source: "jobs", type: "worker", interval: "1s" } },
      health: { for: "0s" },
    });
    await collector.start();
    await clock.advance(10_000);
    expect(reads).toBe(4);
    const { a, b } = collector.stats().ticks;
    expect((a?.failed ?? 0) + (b?.failed ?? 0)).toBe(4);
    expect((a?.rejected ?? 0) + (b?.rejected ?? 0)).toBe(16);
    expect(collector.collection("a").report().breaker).toBe("open");
    expect(collector.health.report().components.find(({ component }) => component === "source:jobs")).toMatchObject({
      status: "unhealthy",
    });
    await collector.shutdown();
  });

  it("Pausing and resuming a collection does not affect the others", async () => {
    const { clock, collector } = scriptedCollector({ a: () => ({ depth: 1 }), b: () => ({ depth: 1 }) }, each(["a", "b"]));
    await collector.start();
    await clock.advance(5_000);
    collector.pause("a");
    await clock.advance(5_000);
    expect(collector.collection("a").report()).toMatchObject({ state: "paused", samples: 5 });
    expect(collector.collection("b").report()).toMatchObject({ state: "running", samples: 10 });
    expect(collector.health.report().status).toBe("healthy");
    collector.resume("a");
    await clock.advance(5_000);
    expect(collector.collection("a").report()).toMatchObject({ state: "running", samples: 10 });
    expect(collector.alerts("all")).toEqual([]);
    await collector.shutdown();
  });
});
