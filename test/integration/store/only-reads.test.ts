import { readFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { TeamMemory } from "../../../scripts/demo/team-memory.ts";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../../../src/sample/types/graph.ts";
import { falkordb, neo4j } from "../../../src/source/graph-store/kinds.ts";
import { mcpMemory } from "../../../src/source/mcp-memory/mcp-memory.ts";
import { readOnce } from "../../../src/testing.ts";
import { startFalkordb, type Falkordb } from "../../support/engines/falkordb.ts";
import { startNeo4j } from "../../support/engines/neo4j.ts";
import { needs } from "../../support/programs.ts";
import { storeSource } from "../../support/store-source.ts";

/** Everything that a store is read for, often: scans and retrievals included. */
const OFTEN = { scan_interval: "10ms", probe: { interval: "10ms" } };

/** Commands that the server has run, by name; those that the test sends to look are left out. */
async function commandsOf({ command: send }: Falkordb): Promise<ReadonlyMap<string, number>> {
  const text = String(await send("INFO", "commandstats"));
  const counts = [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = "", calls]) => [name, Number(calls)] as const);
  return new Map(counts.filter(([name]) => name !== "info" && name !== "command|info"));
}

/** Whether the server says that a command only reads. A subcommand is judged by its command. */
async function onlyReads({ command: send }: Falkordb, name: string): Promise<boolean> {
  const [info] = (await send("COMMAND", "INFO", name.split("|")[0] ?? name)) as [[unknown, unknown, readonly unknown[]]];
  return !info[2].map(String).includes("write");
}

it("falkordb sends no command that writes, whatever it reads", needs("falkordb"), async () => {
  await using server = await startFalkordb();
  {
    await using memory = await TeamMemory.connect(server.url, "team");
    for (let n = 0; n < 12; n += 1) await memory.step();
  }
  const before = await commandsOf(server);
  const contents = async () => [
    await server.command("GRAPH.RO_QUERY", "team", "MATCH (n) RETURN n ORDER BY id(n)"),
    await server.command("GRAPH.RO_QUERY", "team", "MATCH ()-[r]->() RETURN r ORDER BY id(r)"),
    await server.command("GRAPH.LIST"),
  ];
  const stored = await contents();
  const looked = await commandsOf(server);
  {
    await using source = storeSource(falkordb, { url: server.url, graphs: ["team"], ...OFTEN });
    for (let n = 0; n < 3; n += 1) for (const type of ["agent-memory", "graph", "graph-service"]) await source.read(type, 20_000);
  }
  const sent = [...(await commandsOf(server))].filter(([name, calls]) => calls > (looked.get(name) ?? 0)).map(([name]) => name);
  expect(sent).toContain("graph.RO_QUERY");
  const writes = await Promise.all(sent.map(async (name) => ((await onlyReads(server, name)) ? [] : [name])));
  expect(writes.flat()).toEqual([]);
  // What the test itself wrote is found in the same way.
  expect(await Promise.all([...before.keys()].map((name) => onlyReads(server, name)))).toContain(false);
  expect((await contents()).map((each) => JSON.stringify(each).replaceAll(/"(Cached|Query internal)[^"]*"/g, ""))).toEqual(
    stored.map((each) => JSON.stringify(each).replaceAll(/"(Cached|Query internal)[^"]*"/g, "")),
  );
});

it("neo4j commits nothing, whatever it reads", { ...needs("neo4j"), timeout: 120_000 }, async () => {
  await using server = await startNeo4j();
  await server.run(
    "UNWIND range(1, 50) AS n CREATE (a:Memory {name: 'a' + n, type: 't', observations: ['x', 'y']})-[:KNOWS]->(b:Memory {name: 'b' + n})",
  );
  await server.run("CREATE FULLTEXT INDEX search FOR (m:Memory) ON EACH [m.name, m.type, m.observations]");
  await server.run("CALL db.awaitIndexes(30)");
  const committed = async () => [await server.run("SHOW DATABASE neo4j YIELD lastCommittedTxn"), readFileSync(server.log)];
  const before = await committed();
  {
    await using source = storeSource(neo4j, { url: server.url, ...OFTEN, probe: { interval: "10ms", text: "a1", index: "search" } });
    for (let n = 0; n < 3; n += 1) for (const type of ["agent-memory", "graph", "graph-service"]) await source.read(type, 20_000);
    expect((await source.read("graph", 20_000)).values).toMatchObject({ nodeCount: 100, edgeCount: 50 });
  }
  expect(await committed()).toEqual(before);
  await server.run("CREATE (:Memory)");
  expect(await committed()).not.toEqual(before);
});

const folder = mkdtempSync(join(tmpdir(), "vitals-only-reads-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("mcp-memory leaves the memory file and its folder as they were", async () => {
  const path = join(folder, "memory.jsonl");
  writeFileSync(path, '{"type":"entity","name":"Ada","entityType":"person","observations":["leads the team"]}\n', { mode: 0o400 });
  const seen = () => {
    const { ino, size, mtimeMs, ctimeMs, mode } = statSync(path);
    return { ino, size, mtimeMs, ctimeMs, mode, files: readdirSync(folder), text: readFileSync(path, "utf8") };
  };
  const before = seen();
  for (const type of [agentMemory, graphMetrics]) {
    expect(Object.keys(await readOnce(mcpMemory, { path }, type, { timeoutMs: 20_000 }))).not.toEqual([]);
  }
  expect(seen()).toEqual(before);
});
