import { describe, expect, it } from "vitest";
import { createCollector } from "../../../src/collector/create-collector.ts";
import { serve } from "../../../src/http/index.ts";
import { createTelemetry } from "../../../src/telemetry/export/index.ts";
import { startFalkordb } from "../../support/engines/falkordb.ts";
import { graphitiWriter, type GraphitiCounts, type GraphitiWriter } from "../../support/engines/graphiti.ts";
import { expositionProblems } from "../../support/exposition.ts";
import { needs } from "../../support/programs.ts";
import { until } from "../../support/until.ts";

const LONG_MS = 120_000;
const READER = { name: "reader", password: "reader-1" };

/** The series of a metric that are not zero, with their labels by name. */
function seriesOf(text: string, metric: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${metric}{`) && !line.endsWith(" 0"))
    .map((line) => {
      const labels = [...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => `${name}=${value}`).toSorted();
      return `${labels.join(" ")}: ${line.split(" ").at(-1)}`;
    })
    .toSorted();
}

/** The series of four metrics, and of them no others, by what the writers of the graphs have counted themselves. */
function expectedOf(counts: ReadonlyMap<string, GraphitiCounts>): Readonly<Record<string, readonly string[]>> {
  const series = (collection: string, label: string | undefined, parts: (of: GraphitiCounts) => Readonly<Record<string, number>>) =>
    [...counts]
      .flatMap(([graph, of]) =>
        Object.entries(parts(of))
          .filter(([, count]) => count > 0)
          .map(([part, count]) => {
            const labels = [
              `db_namespace=${graph}`,
              `vitals_collection_name=${collection}`,
              ...(label === undefined ? [] : [`${label}=${part}`]),
            ];
            return `${[...labels, ...STORE].toSorted().join(" ")}: ${count}`;
          }),
      )
      .toSorted();
  return {
    agent_memory_count: series("facts", "agent_memory_type", ({ episodes, facts }) => ({ episodic: episodes, semantic: facts })),
    agent_memory_episode_count: series("facts", undefined, ({ episodes }) => ({ all: episodes })),
    graph_node_count: series("graph", "graph_node_type", ({ entities, episodes }) => ({ Entity: entities, Episodic: episodes })),
    graph_edge_count: series("graph", "graph_edge_type", ({ facts, mentions }) => ({ RELATES_TO: facts, MENTIONS: mentions })),
  };
}

/** What every series of the source carries. */
const STORE = ["db_system_name=falkordb", "gen_ai_memory_store_id=memory"];

describe("several graphs of FalkorDB", needs("falkordb", "graphiti"), () => {
  it("every graph whose name matches has series of its own, also one that appears later", { timeout: LONG_MS }, async () => {
    await using engine = await startFalkordb({ password: "admin-1", aclUser: READER });
    await using resources = new AsyncDisposableStack();
    const writers = new Map<string, GraphitiWriter>();
    const writerOf = async (group: string): Promise<GraphitiWriter> => {
      const writer = resources.use(await graphitiWriter(engine, group));
      writers.set(group, writer);
      return writer;
    };
    const a = await writerOf("team-a");
    await a.entities(2);
    await a.episodes(1);
    await a.facts(1);
    const b = await writerOf("team-b");
    await b.entities(3);
    await b.episodes(2, { mentions: 2 });
    await using elsewhere = await graphitiWriter(engine, "another-team");
    await elsewhere.entities(5);

    const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
    const source = { kind: "falkordb" as const, url: engine.url, user: READER.name, password: READER.password, graphs: ["team*"] };
    const collections = {
      facts: { source: "memory", type: "agent-memory", interval: "500ms", timeout: "30s" },
      graph: { source: "memory", type: "graph", interval: "500ms", timeout: "30s" },
    };
    const collector = createCollector({ sources: { memory: source }, collections }, { telemetry });
    resources.defer(() => collector.shutdown());
    await collector.start();
    await using server = await serve(collector, { port: 0, ...(telemetry.scrape ? { metrics: telemetry.scrape } : {}) });

    const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();
    const shows = async (): Promise<void> => {
      const counts = new Map<string, GraphitiCounts>();
      for (const [group, writer] of writers) counts.set(group, await writer.count());
      const expected = expectedOf(counts);
      const found = (text: string) => Object.fromEntries(Object.keys(expected).map((metric) => [metric, seriesOf(text, metric)]));
      const text = await until(metrics, (each) => JSON.stringify(found(each)) === JSON.stringify(expected), 5_000).catch(metrics);
      expect(found(text)).toEqual(expected);
      expect(expositionProblems(text)).toEqual([]);
    };
    await shows();
    const c = await writerOf("team-c");
    await c.entities(1);
    await c.episodes(1);
    await shows();
    await b.entities(1);
    await shows();
  });
});
