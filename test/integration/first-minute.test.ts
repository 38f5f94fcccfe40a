import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { TeamMemory } from "../../scripts/demo/team-memory.ts";
import { serviceFields } from "../../src/source/graph-store/service.ts";
import { command } from "../support/command.ts";
import { startFalkordb, type Falkordb } from "../support/engines/falkordb.ts";
import { graphitiWriter } from "../support/engines/graphiti.ts";
import { startMcpNeo4jMemory } from "../support/engines/mcp-neo4j-memory.ts";
import { startNeo4j } from "../support/engines/neo4j.ts";
import { needs } from "../support/programs.ts";
import { cogneeEdge, cogneeNode } from "../support/store/cognee.ts";
import { ROOT } from "../support/yaml-file.ts";

const folder = mkdtempSync(join(tmpdir(), "vitals-first-minute-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A starter configuration of a store, after the one edit that it asks for. */
async function edited(store: string, name: string, from: string, to: string): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  expect(await command(["init", "--store", store, "-c", file])).toMatchObject({ code: 0, stderr: "" });
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
  return file;
}

/** What a guide says that `check` prints of a graph, without versions, numbers and what it leaves out. */
function printedIn(guide: string): readonly string[] {
  const text = readFileSync(join(ROOT, "docs/how-to", guide), "utf8");
  const [, block = ""] = /^```\n(● source [\s\S]*?)^```$/m.exec(text) ?? [];
  const lines = block.split("\n").filter((line) => /^ {4,6}(agent-memory|graph|graph-service), /.test(line));
  expect(lines).not.toEqual([]);
  return lines.map((line) => line.replace("every 1m", "every 5m"));
}

/** A graph with as many messages. */
async function remember(url: string, graph: string, messages: number): Promise<void> {
  await using memory = await TeamMemory.connect(url, graph);
  for (let n = 0; n < messages; n += 1) await memory.step();
}

/** One number, counted by the engine itself. */
async function counted({ command: send }: Falkordb, graph: string, query: string): Promise<unknown> {
  const [, rows] = (await send("GRAPH.RO_QUERY", graph, query)) as [unknown, [[unknown]]];
  return rows[0][0];
}

describe("otel-vitals init --store", () => {
  it.each(["falkordb", "neo4j"])("init --store %s writes a valid configuration that asks for one edit", async (store) => {
    const file = await edited(store, `valid-${store}`, "EDIT THIS", "EDIT THIS");
    expect(await command(["validate", "-c", file])).toEqual({ code: 0, stdout: `${file} is valid\n`, stderr: "" });
    expect(readFileSync(file, "utf8").match(/EDIT THIS/g)).toHaveLength(1);
  });

  it.each(["falkordb", "neo4j"])("what init --store %s comments out is valid as well", async (store) => {
    const file = await edited(store, `comments-${store}`, "EDIT THIS", "EDIT THIS");
    const [name = "", rule = ""] = [/# {3}rules:\n/, /# {5}- \{ collection: facts.*\}\n/].map(
      (each) => each.exec(readFileSync(file, "utf8"))?.[0],
    );
    expect([name, rule]).not.toContain("");
    const set = `collector.health.rules=[${rule.slice(rule.indexOf("{"), -1)}]`;
    expect(await command(["validate", "-c", file, "--set", set])).toEqual({ code: 0, stdout: `${file} is valid\n`, stderr: "" });
  });

  it("init --store refuses a store that it does not know", async () => {
    const { code, stderr } = await command(["init", "--store", "redis", "-c", join(folder, "never.yaml")]);
    expect([code, stderr.split("\n")[0]]).toEqual([2, 'otel-vitals: --store: expected falkordb or neo4j, found "redis"']);
  });
});

describe("the first minute with FalkorDB", needs("falkordb"), () => {
  it("the configuration of init --store falkordb reads facts, graph and service after its one edit", async () => {
    await using engine = await startFalkordb({ password: "admin-1", aclUser: { name: "reader", password: "reader-1" } });
    await rememberWith(engine, "team", 24);
    const file = await edited("falkordb", "once", "graphs: [main]", "graphs: [team]");
    const env = { FALKORDB_URL: engine.url, FALKORDB_USER: "reader", FALKORDB_PASSWORD: "reader-1" };
    const { code, stdout } = await command(["once", "--format", "json", "-c", file], { env });
    const samples = JSON.parse(stdout) as readonly { collection: string; outcome: string; values: Record<string, unknown> }[];
    expect([code, ...samples.map(({ collection, outcome }) => `${collection} ${outcome}`).toSorted()]).toEqual([
      0,
      "facts success",
      "graph success",
      "service success",
    ]);
    const values = Object.assign({}, ...samples.map((sample) => sample.values)) as Record<string, unknown>;
    expect(values).toMatchObject({
      episodes: await counted(engine, "team", "MATCH (e:Episodic) RETURN count(e)"),
      nodeCount: await counted(engine, "team", "MATCH (n) RETURN count(n)"),
      edgeCount: await counted(engine, "team", "MATCH ()-[r]->() RETURN count(r)"),
      invalidated: await counted(engine, "team", "MATCH ()-[r]->() WHERE r.invalid_at IS NOT NULL RETURN count(r)"),
      embeddingCoverage: 1,
      unreferencedNodes: 0,
    });
    // What describes the service is what a reading fills; a rate needs two readings.
    const service = Object.keys(samples.find(({ collection }) => collection === "service")?.values ?? {});
    const later = ["queryRate", "queryMeanDuration"];
    expect(service.toSorted()).toEqual(
      serviceFields("falkordb")
        .filter((field) => !later.includes(field))
        .toSorted(),
    );
  });

  it("check prints the engine, the layout, the measures and what is missing", async () => {
    await using engine = await startFalkordb();
    await remember(engine.url, "team", 3);
    const file = await edited("falkordb", "check", "graphs: [main]", "graphs: [team]");
    const { code, stdout } = await command(["check", "-c", file], { env: { FALKORDB_URL: engine.url } });
    expect([code, stdout]).toEqual([0, expect.stringContaining("● collection facts: ") as string]);
    expect(stdout).toMatch(/^● source memory: FalkorDB \d+\.\d+\.\d+\n {4}graph team: layout graphiti \(Graphiti\), 9 nodes, 9 edges\n/);
    expect(stdout.split("\n")).toEqual(expect.arrayContaining([...printedIn("graphiti-falkordb.md")]));
    // Removing what facts are stored as makes their measures absent, with the reason.
    await engine.command("GRAPH.DELETE", "team");
    await engine.command("GRAPH.QUERY", "team", "CREATE (:Episodic {created_at: '2026-01-01T00:00:00+00:00'}), (:Entity)");
    const without = await command(["check", "-c", file], { env: { FALKORDB_URL: engine.url } });
    expect(without.stdout).toContain(
      "not measured: invalidated, invalidatedShare, memoryEfficiency, commonestShare, recentCommonestShare (the graph has no relation type RELATES_TO)",
    );
  });

  it("every query is counted by source, measure and outcome, with its time and its rows", async () => {
    await using engine = await startFalkordb();
    await remember(engine.url, "team", 3);
    const file = await edited("falkordb", "costs", "graphs: [main]", "graphs: [team]");
    const { stdout } = await command(["once", "--format", "prom", "-c", file], { env: { FALKORDB_URL: engine.url } });
    const of = 'vitals_source_name="memory",vitals_store_measure="entity_names"';
    expect(stdout.match(/^vitals_store_\w+\{[^}]*"entity_names".*$/gm)?.map((line) => line.replace(/ 0\.\d+$/, " <1"))).toEqual([
      `vitals_store_queries_total{${of},vitals_outcome="success"} 1`,
      `vitals_store_query_time_seconds_total{${of}} <1`,
      `vitals_store_rows_total{${of}} 1`,
    ]);
  });

  it("check names the graphs that the server has where the configured one is missing, and creates none", async () => {
    await using engine = await startFalkordb();
    await remember(engine.url, "team", 1);
    const file = await edited("falkordb", "missing", "graphs: [main]", "graphs: [tema]");
    const { code, stdout } = await command(["check", "-c", file], { env: { FALKORDB_URL: engine.url } });
    expect([code, stdout.split("\n")[0]]).toEqual([
      0,
      expect.stringMatching(
        /^○ source memory: FalkorDB [\d.]+: waiting for the first write: graph tema is not there yet.*; the server has the graphs team$/,
      ) as string,
    ]);
    expect(await engine.command("GRAPH.LIST")).toEqual(["team"]);
  });

  it("check fails with the address where no server listens", async () => {
    const file = await edited("falkordb", "unreachable", "graphs: [main]", "graphs: [team]");
    const { code, stdout } = await command(["check", "-c", file], { env: { FALKORDB_URL: "redis://127.0.0.1:1" } });
    expect([code, stdout.split("\n")[0]]).toEqual([
      1,
      expect.stringMatching(/^✖ source memory: redis:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/) as string,
    ]);
  });
});

describe("the first minute with Neo4j", needs("neo4j", "graphiti", "mcp-neo4j-memory"), () => {
  it(
    "the configuration of init --store neo4j reads a Graphiti memory, then another program's in the same database",
    { timeout: 180_000 },
    async () => {
      await using engine = await startNeo4j({ password: "secret-12345" });
      const file = await edited("neo4j", "neo4j", "bolt://localhost:7687", engine.url);
      const env = { NEO4J_PASSWORD: "secret-12345" };
      const facts = async (): Promise<unknown> => {
        const { stdout } = await command(["once", "--format", "json", "-c", file], { env });
        const samples = JSON.parse(stdout) as readonly { collection: string; outcome: string; values: unknown }[];
        expect(samples.map(({ outcome }) => outcome)).toEqual(["success", "success", "success"]);
        return samples.find(({ collection }) => collection === "facts")?.values;
      };
      {
        await using writer = await graphitiWriter(engine, "team");
        await writer.indexes();
        await writer.entities(5);
        await writer.episodes(4);
        await writer.facts(3);
        await writer.invalidate(1);
        const checked = await command(["check", "-c", file], { env });
        expect(checked.stdout.split("\n")).toEqual(expect.arrayContaining([...printedIn("graphiti-neo4j.md")]));
        const { episodes, facts: semantic, invalidated } = await writer.count();
        expect(await facts()).toMatchObject({ episodes, memories: { episodic: episodes, semantic }, invalidated, embeddingCoverage: 1 });
      }
      await engine.clear();
      await using memory = await startMcpNeo4jMemory(engine);
      await memory.createEntities({ name: "Ada", type: "person", observations: ["likes tea", "plays chess"] });
      expect(await facts()).toMatchObject({ memories: { semantic: 2 }, memoryEfficiency: 1 });
      const { code, stdout } = await command(["check", "-c", file], { env });
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(
          /^● source memory: Neo4j 5\.26\.\d+\n {4}graph neo4j: layout neo4j-mcp \(Neo4j's MCP memory\), 1 node, 0 edges\n/,
        ) as string,
      ]);
      await engine.clear();
      const nowMs = Date.now();
      for (const [label, id] of [
        ["TextDocument", "letter"],
        ["DocumentChunk", "page 1"],
        ["DocumentChunk", "page 2"],
        ["Entity", "Ada"],
      ] as const)
        await engine.run(cogneeNode(label, id, nowMs));
      for (const page of ["page 1", "page 2"]) {
        await engine.run(cogneeEdge(page, "is_part_of", "letter", nowMs));
        await engine.run(cogneeEdge(page, "contains", "Ada", nowMs));
      }
      const cognee = await command(["check", "-c", file], { env });
      expect(cognee.stdout).toContain("    graph neo4j: layout cognee (Cognee), 4 nodes, 4 edges\n");
      expect(cognee.stdout.split("\n")).toEqual(expect.arrayContaining([...printedIn("cognee.md")]));
      expect(await facts()).toMatchObject({ memories: { semantic: 4 }, episodes: 2 });
    },
  );
});

/** As `remember`, on an engine that requires a password. */
async function rememberWith({ direct }: Falkordb, graph: string, messages: number): Promise<void> {
  await remember(`redis://:${direct.password}@127.0.0.1:${direct.port}`, graph, messages);
}
