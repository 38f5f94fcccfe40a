import { describe, expect, it } from "vitest";
import { settle } from "../../../src/base/manual-clock.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { queues, reconfigured, running } from "../../support/reconfigured.ts";

const SECOND = 1_000;

const dueSeconds = (samples: readonly { readonly time: string }[]): number[] =>
  samples.map(({ time }) => Date.parse(time) / SECOND).toReversed();

/** Differences of neighbours, in milliseconds. */
const steps = (samples: readonly { readonly time: string }[]): number[] => {
  const times = dueSeconds(samples);
  return times.slice(1).map((time, n) => Math.round((time - (times[n] as number)) * SECOND));
};

const componentOf = (collector: Awaited<ReturnType<typeof running>>["collector"], name: string) =>
  collector.health.report().components.find(({ component }) => component === name);

describe("Collector.reconfigure: unchanged collections", () => {
  it("An unchanged collection goes on with its buffer, its status and its ticks on their grid", async () => {
    const { clock, collector } = await running(queues(["a", "b"]));
    await clock.advance(20 * SECOND + 300);
    const handle = collector.collection("a");
    const { table } = handle;
    const before = componentOf(collector, "collection:a");
    const other = { collections: { ...queues(["a"]).collections, b: { source: "s", type: "queue", interval: "2s" } } };
    const { collections } = await reconfigured(collector, queues([], {}, other));
    expect(collections).toMatchObject([
      { name: "a", change: "unchanged" },
      { name: "b", change: "changed" },
    ]);
    expect(collector.collection("a")).toBe(handle);
    await clock.advance(20 * SECOND);
    expect(handle.table).toBe(table);
    expect(handle.recent(100)).toHaveLength(41);
    expect(new Set(steps(handle.recent(100)))).toEqual(new Set([SECOND]));
    expect(componentOf(collector, "collection:a")?.since).toBe(before?.since);
    expect(collector.stats().ticks["a"]).toMatchObject({ success: 41, missed: 0 });
    await collector.shutdown();
  });

  it("An unchanged collection goes on with its reading in flight, its connection and its pause", async () => {
    const { clock, collector, connections, world } = await running(queues(["a", "b"]));
    await clock.advance(2 * SECOND);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    world["home"] = () => promise;
    collector.pause("b");
    await clock.advance(SECOND);
    await reconfigured(collector, queues(["a", "b", "c"], {}, { health: { flapping: "1s" } }));
    resolve({ depth: 7 });
    await settle();
    expect(collector.collection("a").recent(1)).toMatchObject([{ outcome: "success", values: { depth: 7 } }]);
    expect(collector.collection("b").report().state).toBe("paused");
    expect(connections).toEqual(["open home"]);
    await collector.shutdown();
  });

  it("Nothing changes with a copy of the present configuration", async () => {
    const config = queues(["a"], {}, { health: { rules: [{ collection: "a", field: "depth", above: 5 }] } });
    const { clock, collector, connections, logged } = await running(config);
    await clock.advance(5 * SECOND);
    const report = await reconfigured(collector, structuredClone(config));
    expect(report).toEqual({
      collections: [{ name: "a", change: "unchanged" }],
      sources: [{ name: "s", change: "unchanged" }],
      sinks: [],
      settings: [],
      restart: [],
    });
    expect(connections).toEqual(["open home"]);
    expect(logged.at(-1)).toBe("configuration reloaded: nothing changed");
    await collector.shutdown();
  });
});

describe("Collector.reconfigure: changed collections", () => {
  it("A changed collection keeps its samples, its counts and its status, and starts a new grid an interval after its latest reading", async () => {
    const { clock, collector, logged } = await running(queues(["a"], { interval: "1s" }));
    await clock.advance(10 * SECOND + 500);
    const handle = collector.collection("a");
    const since = componentOf(collector, "collection:a")?.since;
    const { taken } = handle;
    const report = await reconfigured(collector, queues(["a"], { interval: "4s" }));
    expect(report.collections).toEqual([
      {
        name: "a",
        change: "changed",
        kept: ["11 samples", "status"],
        reason: "interval 4s, was 1s; timeout 4s, was 1s; slow 3.2 s, was 800 ms; retains 900 samples, was 3600",
      },
    ]);
    expect(logged.at(-1)).toBe("configuration reloaded: 1 collection changed");
    await clock.advance(8 * SECOND);
    expect(steps(handle.recent(4))).toEqual([SECOND, 4 * SECOND, 4 * SECOND]);
    expect(handle.taken).toBe(taken + 2);
    expect(handle.table.oldest).toBe(0);
    expect(handle.report()).toMatchObject({ intervalMs: 4_000, samples: 13, state: "running" });
    expect(componentOf(collector, "collection:a")?.since).toBe(since);
    expect(collector.stats().ticks["a"]?.success).toBe(13);
    await collector.shutdown();
  });

  it("A changed collection keeps its grid exactly where its interval stays", async () => {
    const { clock, collector } = await running(queues(["a"], { timeout: "900ms" }));
    await clock.advance(5 * SECOND + 500);
    const report = await reconfigured(collector, queues(["a"], { timeout: "800ms", slow: "100ms" }));
    expect(report.collections).toMatchObject([{ kept: ["6 samples", "status", "schedule"] }]);
    await clock.advance(5 * SECOND);
    expect(steps(collector.collection("a").recent(100))).toEqual(Array.from({ length: 10 }, () => SECOND));
    await collector.shutdown();
  });

  it("A changed collection reads soon where the new interval has passed since its latest reading", async () => {
    const { clock, collector } = await running(queues(["a"], { interval: "1h" }));
    await clock.advance(600 * SECOND);
    await reconfigured(collector, queues(["a"], { interval: "1m" }));
    await clock.advance(200);
    expect(collector.collection("a").recent(10)).toHaveLength(2);
    await collector.shutdown();
  });

  it("A changed collection ends its reading in flight as it began, and continues on the new grid afterwards", async () => {
    const { clock, collector, world } = await running(queues(["a"], { timeout: "30s" }));
    await clock.advance(2 * SECOND);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    world["home"] = () => promise;
    await clock.advance(SECOND);
    await reconfigured(collector, queues(["a"], { interval: "2s", timeout: "30s" }));
    await clock.advance(500);
    world["home"] = () => ({ depth: 3 });
    resolve({ depth: 9 });
    await settle();
    await clock.advance(4 * SECOND);
    const samples = collector.collection("a").recent(3);
    expect(samples.map(({ values }) => values?.["depth"])).toEqual([3, 3, 9]);
    expect(steps(samples)).toEqual([2 * SECOND, 2 * SECOND]);
    await collector.shutdown();
  });

  it("A changed collection of the same interval reports every tick that its reading in flight made it miss", async () => {
    const { clock, collector, world } = await running(queues(["a"], { timeout: "30s" }));
    await clock.advance(2 * SECOND);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    world["home"] = () => promise;
    await clock.advance(3 * SECOND);
    await reconfigured(collector, queues(["a"], { timeout: "40s" }));
    await clock.advance(SECOND);
    delete world["home"];
    resolve({ depth: 4 });
    await clock.advance(SECOND);
    expect(collector.stats().ticks["a"]).toMatchObject({ success: 4, missed: 3 });
    expect(new Set(steps(collector.collection("a").recent(100)))).toEqual(new Set([SECOND]));
    await collector.shutdown();
  });

  it("A changed collection stays paused, and resumes on its new grid", async () => {
    const { clock, collector } = await running(queues(["a"]));
    await clock.advance(3 * SECOND);
    collector.pause("a");
    await reconfigured(collector, queues(["a"], { interval: "5s" }));
    await clock.advance(30 * SECOND);
    expect(collector.collection("a").recent(100)).toHaveLength(3);
    collector.resume("a");
    await clock.advance(10 * SECOND);
    expect(collector.collection("a").recent(100)).toHaveLength(5);
    await collector.shutdown();
  });

  it.each([
    ["fewer", 8, 8],
    ["more", 100, 21],
  ])("A changed collection keeps its newest samples with their numbers where it retains %s", async (_, retain, kept) => {
    const { clock, collector, world } = await running(queues(["a"], { retain: 30 }));
    let depth = 0;
    world["home"] = () => ({ depth: (depth += 1) });
    await clock.advance(20 * SECOND + 500);
    const handle = collector.collection("a");
    const before = handle.recent(kept);
    const { taken } = handle;
    const report = await reconfigured(collector, queues(["a"], { retain }));
    expect(report.collections).toMatchObject([{ kept: [`${kept} samples`, "status", "schedule"] }]);
    expect(handle.recent(1_000)).toEqual(before);
    expect(handle.taken).toBe(taken);
    expect(handle.table.oldest).toBe(taken - kept);
    await clock.advance(SECOND);
    expect(handle.recent(1)).toMatchObject([{ values: { depth: 22 } }]);
    expect(handle.aggregate("5s").fields).toMatchObject({ depth: { count: 5, min: 18, max: 22 } });
    await collector.shutdown();
  });

  it("A collection begins anew with another sample type, and its alerts are resolved", async () => {
    const rules = { health: { startup_grace: "0s", rules: [{ name: "Deep", collection: "a", field: "depth", above: 5 }] } };
    const { clock, collector, sink, world } = await running(queues(["a"], {}, rules));
    world["home"] = () => ({ depth: 9 });
    await clock.advance(5 * SECOND);
    expect(collector.alerts()).toHaveLength(1);
    world["home"] = () => ({ busy: 0.5 });
    const report = await reconfigured(collector, queues(["a"], { type: "worker" }));
    expect(report.collections).toEqual([
      { name: "a", change: "changed", kept: [], reason: "sample type worker, was queue: it begins anew" },
    ]);
    expect(sink.alerts.map(({ state, reason }) => [state, reason]).at(-1)).toEqual([
      "resolved",
      "the collection reads another sample type",
    ]);
    await clock.advance(3 * SECOND);
    expect(collector.collection("a").type.name).toBe("worker");
    expect(collector.collection("a").recent(10)).toHaveLength(3);
    expect(collector.collection("a").recent(1)).toMatchObject([{ values: { busy: 0.5 } }]);
    await collector.shutdown();
  });
});

describe("Collector.reconfigure: added and removed collections", () => {
  const scrape = (telemetry: ReturnType<typeof createTelemetry>) => async (what: string) =>
    ((await telemetry.scrape?.())?.text ?? "").split("\n").filter((line) => line.includes(what));

  it("Collections that a configuration adds and removes appear and disappear in health, metrics, statistics and samples", async () => {
    const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
    const series = scrape(telemetry);
    const { clock, collector } = await running(queues(["a", "b"]), { telemetry });
    await clock.advance(3 * SECOND);
    expect(await series('vitals_collection_name="b"')).toContainEqual(expect.stringMatching(/^vitals_collection_ticks_total/));
    const report = await reconfigured(collector, queues(["a", "c"]));
    expect(report.collections).toEqual([
      { name: "a", change: "unchanged" },
      { name: "c", change: "added" },
      { name: "b", change: "removed" },
    ]);
    await clock.advance(3 * SECOND);
    expect(collector.collections().map(({ name }) => name)).toEqual(["a", "c"]);
    expect(collector.collection("c").recent(10)).toHaveLength(3);
    expect(collector.health.report().components.map(({ component }) => component)).toContain("collection:c");
    expect(collector.health.report().components.map(({ component }) => component)).not.toContain("collection:b");
    expect(Object.keys(collector.stats().ticks)).toEqual(["a", "c"]);
    expect(await series('vitals_collection_name="b"')).toEqual([]);
    expect(await series('vitals_collection_name="c"')).toContainEqual(expect.stringMatching(/^queue_depth\{/));
    expect(() => collector.collection("b")).toThrow(/unknown collection "b"/);
    await collector.shutdown();
    await telemetry.shutdown(1_000);
  });

  it("A collection that the program added is removed where the configuration does not name it", async () => {
    const { clock, collector } = await running(queues(["a"]));
    collector.addCollection("mine", { source: "s", type: "queue" });
    await clock.advance(SECOND);
    const { collections } = await reconfigured(collector, queues(["a"]));
    expect(collections).toEqual([
      { name: "a", change: "unchanged" },
      { name: "mine", change: "removed" },
    ]);
    expect(collector.collections().map(({ name }) => name)).toEqual(["a"]);
    await collector.shutdown();
  });

  it("addCollection reads a source of the new configuration", async () => {
    const { clock, collector } = await running(queues(["a"]));
    await reconfigured(collector, {
      ...queues(["a"]),
      sources: { s: { kind: "world" }, t: { kind: "world", at: "there" } },
    });
    collector.addCollection("b", { source: "t", type: "queue", interval: "1s" });
    await clock.advance(2 * SECOND);
    expect(collector.collection("b").recent(10)).toHaveLength(2);
    await collector.shutdown();
  });
});
