import { describe, expect, it } from "vitest";
import type { CollectorConfig } from "../../../src/collector/options.ts";
import type { AnySourceKind } from "../../../src/source/source.ts";
import { queues, reconfigured, running } from "../../support/reconfigured.ts";

const SECOND = 1_000;

const web = (instrument: string, unit: string) => ({
  sources: { s: { kind: "world" }, web: { kind: "http-json", url: "http://127.0.0.1:1/", readings: { bytes: { size: "/size" } } } },
  collections: { a: { source: "s", type: "queue", interval: "1s" }, w: { source: "web", interval: "1h" } },
  sample_types: { bytes: { size: { instrument, unit } } },
});

const wrong: readonly (readonly [what: string, config: object, message: RegExp])[] = [
  ["an unknown setting", { ...queues(["a"]), collectons: {} }, /unknown setting "collectons"/],
  ["an unknown source", queues(["a", "b"], { source: "nope" }), /unknown source "nope"/],
  ["an unknown source kind", { ...queues(["a"]), sources: { s: { kind: "wurld" } } }, /unknown source kind "wurld"/],
  ["an option that the kind refuses", { ...queues(["a"]), sources: { s: { kind: "world", at: 5 } } }, /sources\.s\.at/],
  ["an unknown sample type", queues(["a"], { type: "quue" }), /no sample type "quue"/],
  [
    "a rule of an unknown field",
    queues(["a"], {}, { health: { rules: [{ collection: "a", field: "deep", above: 1 }] } }),
    /no field "deep"/,
  ],
  ["two instruments of one name", web("queue.depth", "By"), /rename one of the instruments/],
  ["an instrument that is reserved", web("vitals.size", "By"), /is reserved/],
];

describe("Collector.reconfigure: refusals", () => {
  it.each(wrong)("A configuration with %s is refused, and nothing changes", async (_, config, message) => {
    const { clock, collector, connections, sink } = await running(queues(["a"]));
    await clock.advance(3 * SECOND + 500);
    const surfaces = () => [collector.collections().map((handle) => handle.report()), collector.health.report(), collector.windows];
    const before = surfaces();
    const { head } = collector.journal;
    await expect(collector.reconfigure(config as CollectorConfig<AnySourceKind>)).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(message) as string,
    });
    expect(surfaces()).toEqual(before);
    expect(collector.journal.head).toBe(head);
    await clock.advance(3 * SECOND);
    expect(collector.stats().ticks).toMatchObject({ a: { success: 7, missed: 0 } });
    expect(connections).toEqual(["open home"]);
    expect(sink.events).toEqual([]);
    await collector.shutdown();
  });

  it.each([
    ["collection:b", queues(["a", "b"])],
    ["source:t", { ...queues(["a"]), sources: { s: { kind: "world" }, t: { kind: "world" } } }],
    ["sink:webhook", queues(["a"], {}, { alerts: { webhook: { url: "http://127.0.0.1:1/" } } })],
  ])("A configuration whose component %s is one that the program has registered is refused, and nothing changes", async (name, config) => {
    const { clock, collector } = await running(queues(["a"]));
    collector.health.register(name, () => true);
    await clock.advance(SECOND);
    const before = collector.health.report().components.map(({ component }) => component);
    await expect(
      collector.reconfigure({ ...config, collections: { ...config.collections, z: { source: "s", type: "queue" } } }),
    ).rejects.toMatchObject({
      code: "config_invalid",
      message: `a component named "${name}" exists already; choose another name`,
    });
    expect(collector.health.report().components.map(({ component }) => component)).toEqual(before);
    expect(collector.collections().map((handle) => handle.name)).toEqual(["a"]);
    await collector.shutdown();
  });

  it("A collector that stops, or has stopped, takes no configuration", async () => {
    const { clock, collector } = await running(queues(["a"]));
    await clock.advance(SECOND);
    const stopped = collector.shutdown();
    await expect(collector.reconfigure(queues(["b"]))).rejects.toMatchObject({ code: "lifecycle", message: /stopping|stopped/ });
    await stopped;
    await expect(collector.reconfigure(queues(["b"]))).rejects.toMatchObject({ code: "lifecycle" });
  });

  it("Of configurations that are passed at once each applies after the one before, and the last one stays", async () => {
    const { clock, collector } = await running(queues(["a"]));
    await clock.advance(2 * SECOND);
    const reports = await Promise.all([
      collector.reconfigure(queues(["a", "b"])),
      collector.reconfigure(queues(["c"])),
      collector.reconfigure(queues(["c", "d"])),
    ]);
    expect(reports.map(({ collections }) => collections.map(({ name, change }) => `${name} ${change}`))).toEqual([
      ["a unchanged", "b added"],
      ["c added", "a removed", "b removed"],
      ["c unchanged", "d added"],
    ]);
    expect(collector.collections().map(({ name }) => name)).toEqual(["c", "d"]);
    await collector.shutdown();
  });

  it("A subscriber of the journal sees a reconfiguration as a whole, and may ask for another one", async () => {
    const rules = { health: { startup_grace: "0s", rules: [{ name: "Deep", collection: "a", field: "depth", above: 5 }] } };
    const { clock, collector, world } = await running(queues(["a", "b"], {}, rules));
    world["home"] = () => ({ depth: 9 });
    await clock.advance(3 * SECOND);
    const seen: (readonly string[])[] = [];
    let again: Promise<unknown> | undefined;
    collector.journal.subscribe(({ event }) => {
      if (event.kind !== "alert" || event.alert.state !== "resolved") return;
      seen.push(collector.collections().map(({ name }) => name));
      again ??= collector.reconfigure(queues(["d"]));
    });
    await reconfigured(collector, queues(["b", "c"]));
    expect(seen).toEqual([["b", "c"]]);
    await again;
    expect(collector.collections().map(({ name }) => name)).toEqual(["d"]);
    await collector.shutdown();
  });
});
