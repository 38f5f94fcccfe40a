import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { createCollector } from "../../../src/collector/create-collector.ts";
import { ManualClock, settle } from "../../../src/base/manual-clock.ts";
import type { Measure } from "../../../src/source/graph-store/layout.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { FakeStore, isCatalog, row, stats, type Answer } from "../../support/fake-store.ts";
import { fakeFalkordb } from "../../support/fake-falkordb.ts";
import { expositionProblems } from "../../support/exposition.ts";

const SCOPES: Measure = { name: "scopes", type: "agent-memory", fields: ["scopes"], cost: "scan", query: { falkordb: "scopes" } };

/** A collector of fake stores, each with the graphs that it has by label, and a scraper. */
function setUp(
  sources: Readonly<Record<string, object>>,
  types: readonly string[],
  graphs: Record<string, Record<string, number>>,
  more: { readonly endpoint?: string; readonly custom?: readonly Measure[]; readonly interval?: string } = {},
) {
  const clock = new ManualClock();
  const control = { isScanning: true, scopes: 3 };
  const answer: Answer = (statement) => {
    if (isCatalog(statement)) return stats(graphs[statement.graph ?? ""] ?? {}, { KNOWS: 2 });
    if (!statement.text.includes("scopes")) return row({ value: null });
    return row({ scopes: control.isScanning ? control.scopes : null });
  };
  const connect = async (): Promise<FakeStore> => Object.assign(new FakeStore(answer), { names: Object.keys(graphs) });
  const pull = { pull: { exporter: { "prometheus/development": {} } } };
  const otlp =
    more.endpoint === undefined ? [] : [{ periodic: { exporter: { otlp_http: { endpoint: more.endpoint, encoding: "json" } } } }];
  const telemetry = createTelemetry({ readers: [pull, ...otlp] } as never, { resource: {}, clock });
  const names = Object.keys(sources);
  const collector = createCollector(
    {
      sources: Object.fromEntries(names.map((name) => [name, { kind: "fake-falkordb", scan_interval: "60s", ...sources[name] }])),
      collections: Object.fromEntries(
        names.flatMap((name) => types.map((type) => [`${name}-${type}`, { source: name, type, interval: more.interval ?? "5s" }])),
      ),
    } as never,
    { clock, telemetry, sourceKinds: [fakeFalkordb(connect, more.custom)] },
  );
  const scrape = async (): Promise<string> => (await telemetry.scrape?.())?.text ?? "";
  /** Values of a metric by its labels. */
  const series = async (name: string): Promise<Readonly<Record<string, number>>> =>
    Object.fromEntries(
      [...(await scrape()).matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, "gm"))].map(([, labels = "", value]) => [
        labels,
        Number(value),
      ]),
    );
  const advance = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    // Readings of the fake stores take some turns of the event loop and no time.
    for (let n = 0; n < 50; n += 1) await settle();
  };
  return { clock, collector, control, scrape, series, advance, telemetry };
}

/** The labels of a series without those of the collector itself. */
const labelOf = (labels: string, name: string): string | undefined => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1];

describe("Metrics of a store", () => {
  it("every point says which system, which graph and which memory it is of", async () => {
    const { collector, series, scrape, advance } = setUp({ mine: { graphs: ["g"], store_id: "team" } }, ["graph"], { g: { A: 2, B: 3 } });
    await collector.start();
    await advance(4_900);
    const nodes = Object.entries(await series("graph_node_count"));
    expect(nodes.map(([labels, value]) => [labelOf(labels, "graph_node_type"), value])).toEqual([["A", 2], ["B", 3]]); // prettier-ignore
    for (const [labels] of nodes) {
      expect(labelOf(labels, "db_system_name")).toBe("falkordb");
      expect(labelOf(labels, "db_namespace")).toBe("g");
      expect(labelOf(labels, "gen_ai_memory_store_id")).toBe("team");
    }
    expect(expositionProblems(await scrape())).toEqual([]);
    await collector.shutdown();
  });

  it("a source of one graph and one of several report the same instruments, each series once", async () => {
    const sources = { one: { graphs: ["a"] }, several: { graphs: ["*"] } };
    const { collector, series, scrape, advance } = setUp(sources, ["graph"], { a: { A: 2 }, b: { A: 5, B: 1 } });
    await collector.start();
    await advance(4_900);
    const found = Object.entries(await series("graph_node_count")).map(
      ([labels, value]) =>
        `${labelOf(labels, "gen_ai_memory_store_id")} ${labelOf(labels, "db_namespace")} ${labelOf(labels, "graph_node_type")} ${value}`,
    );
    expect(found.toSorted()).toEqual(["one a A 2", "several a A 2", "several b A 5", "several b B 1"]);
    expect(expositionProblems(await scrape())).toEqual([]);
    await collector.shutdown();
  });

  it("a total of several graphs has no series of its own", async () => {
    const { collector, series, advance } = setUp({ all: { graphs: ["*"] } }, ["graph"], { a: { A: 2, B: 3 }, b: { A: 5 } });
    await collector.start();
    await advance(4_900);
    const values = Object.values(await series("graph_node_count"));
    expect(values.toSorted()).toEqual([2, 3, 5]);
    expect(collector.collection("all-graph").recent(1)[0]?.values).toMatchObject({ nodeCount: { a: 5, b: 5 }, nodes: { a: { A: 2 } } });
    await collector.shutdown();
  });

  it("graphs beyond fifty are folded into one, and every node is counted once", async () => {
    const graphs = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`t${String(n).padStart(2, "0")}`, { A: 1 + n }]));
    const { collector, series, advance } = setUp({ all: { graphs: ["t*"] } }, ["graph"], graphs);
    await collector.start();
    await advance(4_900);
    const nodes = await series("graph_node_count");
    const names = Object.keys(nodes).map((labels) => labelOf(labels, "db_namespace"));
    expect([names.length, names.filter((name) => name === "_OTHER").length]).toEqual([51, 1]);
    const everyNode = Object.values(graphs).reduce((sum, { A }) => sum + A, 0);
    expect(Object.values(nodes).reduce((sum, value) => sum + value, 0)).toBe(everyNode);
    await collector.shutdown();
  });

  it("the series of a scan lives three scan intervals, and only the sample that made the scan contains its value", async () => {
    const { collector, control, series, advance } = setUp(
      { m: { graphs: ["g"] } },
      ["agent-memory"],
      { g: { Episodic: 1, Entity: 1 } },
      {
        custom: [SCOPES],
      },
    );
    await collector.start();
    await advance(4_900);
    control.isScanning = false;
    const handle = collector.collection("m-agent-memory");
    for (let n = 0; n < 34; n += 1) await advance(5_000);
    const carried = handle.recent(100).filter(({ values }) => values && "scopes" in values);
    expect(carried).toHaveLength(1);
    expect(Object.values(await series("agent_memory_scope_count"))).toEqual([3]);
    expect(Object.values(await series("agent_memory_episode_count"))).toEqual([1]);
    for (let n = 0; n < 4; n += 1) await advance(5_000);
    expect(await series("agent_memory_scope_count")).toEqual({});
    expect(Object.values(await series("agent_memory_episode_count"))).toEqual([1]);
    await collector.shutdown();
  });

  it("OTLP has the same attributes on the same points", async () => {
    const bodies: string[] = [];
    const receiver = createServer((request, response) => {
      const receive = async (): Promise<void> => {
        bodies.push(await text(request));
        response.setHeader("content-type", "application/json");
        response.end("{}");
      };
      void receive();
    });
    await once(receiver.listen(0, "127.0.0.1"), "listening");
    const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/metrics`;
    const { collector, advance, telemetry } = setUp({ m: { graphs: ["*"] } }, ["graph"], { a: { A: 2 }, b: { A: 5 } }, { endpoint });
    await collector.start();
    await advance(4_900);
    await collector.shutdown();
    await telemetry.shutdown(1_000);
    receiver.close();
    interface Point {
      readonly asDouble?: number;
      readonly asInt?: string | number;
      readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
    }
    interface Body {
      readonly resourceMetrics: readonly {
        readonly scopeMetrics: readonly {
          readonly metrics: readonly { readonly name: string; readonly sum?: { readonly dataPoints: readonly Point[] } }[];
        }[];
      }[];
    }
    const metrics = bodies
      .flatMap((body) => (JSON.parse(body) as Body).resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics))
      .flatMap((scope) => scope.metrics);
    const points = metrics.findLast(({ name }) => name === "graph.node.count")?.sum?.dataPoints ?? [];
    const found = points.map(({ asDouble, asInt, attributes }) => ({
      ...Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue])),
      value: Number(asDouble ?? asInt),
    }));
    const common = { "db.system.name": "falkordb", "gen_ai.memory.store.id": "m", "graph.node.type": "A" };
    expect(found).toEqual([
      expect.objectContaining({ ...common, "db.namespace": "a", value: 2 }),
      expect.objectContaining({ ...common, "db.namespace": "b", value: 5 }),
    ]);
  });
});
