import { describe, expect, it } from "vitest";
import { settle } from "../../../src/base/manual-clock.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { queues, reconfigured, running, type WorldConfig } from "../../support/reconfigured.ts";

const SECOND = 1_000;

const at = (place: string, names: readonly string[] = ["a"], more: object = {}, rest: object = {}): WorldConfig =>
  queues(names, more, { sources: { s: { kind: "world", at: place, breaker: { failures: 2 } } }, ...rest });

describe("Collector.reconfigure: sources", () => {
  it("A changed source reads over a new connection, continues from what the old one measured, and the old one is closed", async () => {
    const { clock, collector, connections, world } = await running(at("home"));
    world["away"] = () => ({ depth: 8 });
    await clock.advance(5 * SECOND);
    const { sources, collections } = await reconfigured(collector, at("away"));
    expect(sources).toEqual([{ name: "s", change: "changed" }]);
    expect(collections).toMatchObject([{ change: "changed", kept: ["5 samples", "status", "schedule"], reason: 'source "s" changed' }]);
    expect(connections).toEqual(["open home", "close home"]);
    await clock.advance(2 * SECOND);
    expect(connections).toEqual(["open home", "close home", "open away", "continue away after 5"]);
    expect(
      collector
        .collection("a")
        .recent(7)
        .map(({ values }) => values?.["depth"]),
    ).toEqual([8, 8, 1, 1, 1, 1, 1]);
    await collector.shutdown();
    expect(connections.at(-1)).toBe("close away");
  });

  it("A changed source keeps the unhealthy status of its component, with since and alert, until it responds", async () => {
    const { clock, collector, sink, world } = await running(at("home", ["a"], {}, { health: { startup_grace: "0s", for: "0s" } }));
    await clock.advance(2 * SECOND);
    world["home"] = () => Promise.reject(new Error("gone"));
    await clock.advance(20 * SECOND);
    const status = () => collector.health.report().components.find(({ component }) => component === "source:s");
    const before = status();
    expect(before).toMatchObject({ status: "unhealthy" });
    const firing = collector.alerts().filter(({ labels }) => labels.component === "source:s");
    expect(firing).toHaveLength(1);
    const sent = () => sink.alerts.filter(({ labels }) => labels.component === "source:s").map(({ state }) => state);
    expect(sent()).toEqual(["firing"]);
    world["away"] = () => new Promise(() => {});
    await reconfigured(collector, at("away", ["a"], { timeout: "1h" }, { health: { startup_grace: "0s", for: "0s" } }));
    await clock.advance(120 * SECOND);
    expect(status()).toMatchObject({ status: "unhealthy", since: before?.since });
    expect(collector.alerts().filter(({ labels }) => labels.component === "source:s")).toMatchObject([{ startsAt: firing[0]?.startsAt }]);
    expect(sent()).toEqual(["firing"]);
    expect(collector.collection("a").report().breaker).toBe("closed");
    const stopped = collector.shutdown({ timeoutMs: 1_000 });
    await clock.advance(2 * SECOND);
    await stopped;
  });

  it("The old connection of a changed source is closed only after the reading that uses it has ended", async () => {
    const { clock, collector, connections, world } = await running(at("home", ["a"], { timeout: "1m" }));
    await clock.advance(SECOND);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    world["home"] = () => promise;
    await clock.advance(SECOND);
    await reconfigured(collector, at("away", ["a"], { timeout: "1m" }));
    await clock.advance(3 * SECOND);
    expect(connections).toEqual(["open home"]);
    resolve({ depth: 5 });
    await settle();
    expect(connections).toContain("close home");
    expect(
      collector
        .collection("a")
        .recent(10)
        .some(({ values }) => values?.["depth"] === 5),
    ).toBe(true);
    await collector.shutdown();
  });

  it("A reading that does not end is given up after 5 s, makes no sample, and the next tick reads the new connection", async () => {
    const { clock, collector, connections, world } = await running(at("home", ["a"], { timeout: "1m" }));
    await clock.advance(SECOND);
    world["home"] = () => new Promise(() => {});
    await clock.advance(SECOND);
    await reconfigured(collector, at("away", ["a"], { timeout: "1m" }));
    await clock.advance(4_900);
    expect(connections).toEqual(["open home"]);
    await clock.advance(200);
    expect(connections).toContain("close home");
    await clock.advance(2 * SECOND);
    const outcomes = collector
      .collection("a")
      .recent(100)
      .map(({ outcome }) => outcome);
    expect(outcomes.slice(0, 2)).toEqual(["success", "success"]);
    expect(outcomes).not.toContain("timeout");
    expect(outcomes).not.toContain("failed");
    await collector.shutdown();
  });

  it("A collection that moves to another source keeps its samples, and the source that nothing reads any more is closed and disappears", async () => {
    const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
    const text = async (): Promise<string> => (await telemetry.scrape?.())?.text ?? "";
    const { clock, collector, connections } = await running(at("home"), { telemetry });
    await clock.advance(3 * SECOND);
    expect(await text()).toContain('vitals_breaker_status{vitals_source_name="s"');
    const moved = { ...at("home"), sources: { t: { kind: "world", at: "there" } } } as WorldConfig;
    const report = await reconfigured(collector, {
      ...moved,
      collections: { a: { source: "t", type: "queue", interval: "1s" } },
    });
    expect(report.sources).toEqual([
      { name: "t", change: "added" },
      { name: "s", change: "removed" },
    ]);
    expect(report.collections).toMatchObject([{ change: "changed", reason: 'source "t", was "s"' }]);
    await clock.advance(3 * SECOND);
    expect(connections).toEqual(["open home", "close home", "open there"]);
    expect(collector.collection("a").recent(100)).toHaveLength(6);
    const components = collector.health.report().components.map(({ component }) => component);
    expect(components).toContain("source:t");
    expect(components).not.toContain("source:s");
    expect(await text()).not.toContain('vitals_source_name="s"');
    expect(await text()).toContain('world_at="there"');
    expect(await text()).not.toContain('world_at="home"');
    await collector.shutdown();
    await telemetry.shutdown(1_000);
  });

  it("A shutdown closes the connections that a reconfiguration has not closed yet", async () => {
    const { clock, collector, connections, world } = await running(at("home", ["a"], { timeout: "1m" }));
    await clock.advance(SECOND);
    world["home"] = () => new Promise(() => {});
    await clock.advance(SECOND);
    await reconfigured(collector, at("away", ["a"], { timeout: "1m" }));
    const stopped = collector.shutdown({ timeoutMs: 1_000 });
    await clock.advance(2 * SECOND);
    await stopped;
    expect(connections.filter((line) => line === "close home")).toHaveLength(1);
  });
});
