import { describe, expect, it } from "vitest";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { each, queueMetrics, scriptedCollector, type Script } from "../support/scripted.ts";
import { settle, ManualClock } from "../../src/base/manual-clock.ts";

const queue = { type: "queue", interval: "1s" } as const;

function setUp(script: Script = {}) {
  const clock = new ManualClock();
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {}, clock });
  const sources: Script = { a: () => ({ depth: 1 }), b: () => ({ depth: 2 }), ...script };
  const { collector } = scriptedCollector(sources, each(["a", "b"]), { telemetry, clock });
  const series = async (name: string): Promise<readonly string[]> =>
    ((await telemetry.scrape?.())?.text ?? "").split("\n").filter((line) => line.includes(`vitals_collection_name="${name}"`));
  return { clock, collector, series, telemetry };
}

describe("Collector.addCollection", () => {
  it("A collection added before the start runs like a configured one", async () => {
    const { clock, collector } = setUp();
    const added = collector.addCollection("c", { source: "a", ...queue });
    expect(added.report()).toMatchObject({ name: "c", source: "a", state: "waiting" });
    await collector.start();
    await clock.advance(3_000);
    expect(collector.collections().map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(added.recent(10)).toHaveLength(3);
    await collector.shutdown();
  });

  it("A collection added while running ticks, has a health component, and appears on /metrics", async () => {
    const { clock, collector, series, telemetry } = setUp();
    await collector.start();
    await clock.advance(5_000);
    const added = collector.addCollection("c", { source: "b", ...queue });
    expect(await series("c")).not.toContainEqual(expect.stringContaining("queue_depth"));
    await clock.advance(3_000);
    expect(added.recent(10).map(({ outcome }) => outcome)).toEqual(["success", "success", "success"]);
    expect(collector.health.report().components).toContainEqual(expect.objectContaining({ component: "collection:c", status: "healthy" }));
    expect(await series("c")).toContainEqual(expect.stringMatching(/^queue_depth\{.*\} 2$/));
    await collector.shutdown();
    await telemetry.shutdown(1_000);
  });

  it.each([
    ["a name that is taken", "a", { source: "a", ...queue }, 'collection "a" exists already; choose another name'],
    ["an unknown source", "c", { source: "nope", ...queue }, 'collections.c.source: unknown source "nope"; expected a or b'],
    ["an unknown type", "c", { source: "a", type: "quue" }, 'source "a" has no sample type "quue"; did you mean "queue"?'],
    [
      "an interval that is not a duration",
      "c",
      { source: "a", type: "queue", interval: "soon" },
      "collections.c.interval: expected a duration",
    ],
  ])("addCollection refuses %s and changes nothing", async (_, name, config, message) => {
    const { collector } = setUp();
    await collector.start();
    expect(() => collector.addCollection(name, config)).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining(message) as string }) as Error,
    );
    expect(collector.collections().map((handle) => handle.name)).toEqual(["a", "b"]);
    await collector.shutdown();
  });

  it("addCollection refuses an instrument that shares its name on /metrics with one of another collection", async () => {
    const { collector } = scriptedCollector(
      {},
      {
        sample_types: {
          size: { q: { instrument: "store.size", unit: "By" } },
          bytes: { q: { instrument: "store.size.bytes", unit: "By" } },
        },
        sources: { s: { kind: "http-json", url: "http://127.0.0.1:1/", readings: { size: { q: "/q" }, bytes: { q: "/q" } } } },
        collections: { size: { source: "s", type: "size" } },
      },
    );
    expect(() => collector.addCollection("bytes", { source: "s", type: "bytes" })).toThrow(/have the same name on \/metrics/);
    await collector.shutdown();
  });

  it("addCollection refuses a type that a rule of this collection does not fit", async () => {
    const { collector } = scriptedCollector({}, { ...each(["a"]), health: { rules: [{ collection: "a", field: "depth", above: 5 }] } });
    await collector.removeCollection("a");
    expect(() => collector.addCollection("a", { source: "a", type: "worker" })).toThrow(/health\.rules\.0\.field/);
    expect(collector.addCollection("a", { source: "a", type: "queue" }).report().thresholds).toHaveLength(2);
    await collector.shutdown();
  });

  it("addCollection is refused once the shutdown has started", async () => {
    const { collector } = setUp();
    await collector.start();
    await collector.shutdown();
    expect(() => collector.addCollection("c", { source: "a", ...queue })).toThrow(
      expect.objectContaining({ code: "lifecycle", message: "no collection can be added to a collector that is stopped" }) as Error,
    );
  });
});

describe("Collector.removeCollection", () => {
  it("A removed collection disappears from the API, health and /metrics, and the others continue", async () => {
    const { clock, collector, series, telemetry } = setUp();
    await collector.start();
    await clock.advance(3_000);
    expect(await series("a")).toContainEqual(expect.stringMatching(/^queue_depth\{/));
    await collector.removeCollection("a");
    expect(collector.collections().map(({ name }) => name)).toEqual(["b"]);
    expect(() => collector.collection("a")).toThrow('unknown collection "a"; expected b');
    expect(collector.health.report().components.map(({ component }) => component)).not.toContain("collection:a");
    const taken = collector.collection("b").taken;
    await clock.advance(3_000);
    expect(collector.collection("b").taken).toBe(taken + 3);
    expect(await series("a")).toEqual([]);
    expect(await series("b")).toContainEqual(expect.stringMatching(/^queue_depth\{/));
    await collector.shutdown();
    await telemetry.shutdown(1_000);
  });

  it("The firing alerts of a removed collection are resolved, with the removal as the reason", async () => {
    const { clock, collector } = setUp({ a: () => ({ depth: "none" }) });
    await collector.start();
    await clock.advance(120_000);
    const firing = collector.alerts().filter(({ labels }) => labels.component === "collection:a");
    expect(firing.length).toBeGreaterThan(0);
    await collector.removeCollection("a");
    expect(collector.alerts()).toEqual([]);
    expect(collector.alerts("resolved")).toContainEqual(
      expect.objectContaining({ fingerprint: firing[0]?.fingerprint, reason: "the collection was removed" }),
    );
    await collector.shutdown();
  });

  it("removeCollection aborts a reading in flight, which makes no sample", async () => {
    let aborted = false;
    const { clock, collector } = setUp({
      a: (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => ((aborted = true), reject(new Error("aborted"))))),
    });
    await collector.start();
    await clock.advance(500);
    const { total } = collector.journal;
    const removed = collector.removeCollection("a");
    await settle();
    await removed;
    expect(aborted).toBe(true);
    const later: string[] = [];
    collector.journal.subscribe(({ event }) => event.kind === "sample" && later.push(event.sample.collection));
    await clock.advance(2_000);
    expect(collector.journal.total).toBeGreaterThan(total);
    expect(new Set(later)).toEqual(new Set(["b"]));
    expect(collector.lifecycle).toBe("running");
    await collector.shutdown();
  });

  it("A collection added under the name of a removed one starts without samples", async () => {
    const { clock, collector } = setUp();
    await collector.start();
    await clock.advance(3_000);
    const removed = collector.removeCollection("a");
    const again = collector.addCollection("a", { source: "b", ...queue });
    expect(again.taken).toBe(0);
    await removed;
    await clock.advance(2_000);
    expect(
      collector
        .collection("a", queueMetrics)
        .recent(10)
        .map(({ values }) => values?.depth),
    ).toEqual([2, 2]);
    expect(collector.lifecycle).toBe("running");
    await collector.shutdown();
  });

  it("removeCollection throws for a collection that does not exist", async () => {
    const { collector } = setUp();
    await expect(collector.removeCollection("c")).rejects.toMatchObject({ code: "unknown_name" });
    await collector.shutdown();
  });
});
