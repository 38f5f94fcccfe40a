/** A server with a graph as Graphiti writes it, of any size. */
import { createClient } from "redis";
import neo4j from "neo4j-driver";
import type { ConnectionSettings } from "../../src/store/connection.ts";
import { startFalkordb } from "../../test/support/engines/falkordb.ts";
import { startNeo4j } from "../../test/support/engines/neo4j.ts";

export interface GraphSize {
  readonly nodes: number;
  readonly edges: number;
}

export interface ServedGraph extends AsyncDisposable {
  readonly connection: ConnectionSettings;
  readonly graph: string;
  /** Process id of the server. */
  readonly pid: number | undefined;
  /** Writes a graph of a size in place of the previous one. */
  write(size: GraphSize): Promise<void>;
  /** Runs a statement that writes. */
  run(statement: string): Promise<unknown>;
}

const GRAPH = { falkordb: "agents", neo4j: "neo4j" };
const NODES_A_QUERY = 50_000;
const EDGES_A_QUERY = 100_000;
const EDGES_BY_INDEX = 20_000;

/** Starts a server; it is stopped at the end of the scope. */
export async function serveGraph(engine: "falkordb" | "neo4j"): Promise<ServedGraph> {
  await using resources = new AsyncDisposableStack();
  const { url, pid, run } = engine === "falkordb" ? await falkordb(resources) : await neo4jServer(resources);
  const held = resources.move();
  return {
    connection: { url, user: "", password: "" },
    graph: GRAPH[engine],
    pid,
    run,
    write: (size) => write(run, engine, size),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

interface Server {
  readonly url: string;
  readonly pid: number | undefined;
  readonly run: (statement: string) => Promise<unknown>;
}

async function falkordb(resources: AsyncDisposableStack): Promise<Server> {
  const server = resources.use(await startFalkordb());
  const client = createClient({ url: server.url });
  client.on("error", () => {});
  await client.connect();
  resources.defer(() => client.destroy());
  return { url: server.url, pid: server.pid, run: (text) => client.sendCommand(["GRAPH.QUERY", GRAPH.falkordb, text]) };
}

async function neo4jServer(resources: AsyncDisposableStack): Promise<Server> {
  const server = resources.use(await startNeo4j());
  const driver = neo4j.driver(server.url);
  resources.defer(() => driver.close());
  const run = async (text: string): Promise<unknown> => {
    const session = driver.session();
    try {
      return await session.run(text);
    } finally {
      await session.close();
    }
  };
  return { url: server.url, pid: server.pid, run };
}

/** The same graph each time: which nodes an edge connects follows from its number. */
async function write(run: Server["run"], engine: "falkordb" | "neo4j", { nodes, edges }: GraphSize): Promise<void> {
  await run(engine === "neo4j" ? "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS" : "MATCH (n) DELETE n");
  const episodes = Math.floor(nodes / 10);
  const entities = nodes - episodes;
  const facts = Math.floor(edges * 0.75);
  const days = "toString(1 + (i % 9))";
  const text = `'2026-11-0' + ${days} + 'T0' + toString(i % 10) + ':00:00.' + toString(100000 + (i % 900000)) + '+00:00'`;
  const time = engine === "neo4j" ? `datetime(${text})` : text;
  const embedding = engine === "neo4j" ? "[1.0, 2.0, 0.5, 0.25]" : "vecf32([1.0, 2.0, 0.5, 0.25])";
  const ranges = (count: number, size: number) =>
    Array.from({ length: Math.ceil(count / size) }, (_, n) => [n * size, Math.min(count, (n + 1) * size) - 1]);
  const common = `uuid: toString(i), group_id: 'team', created_at: ${time}`;
  for (const [from, to] of ranges(entities, NODES_A_QUERY))
    await run(
      `UNWIND range(${from}, ${to}) AS i CREATE (:Entity {${common}, n: i, name: 'name ' + toString(i % ${Math.ceil(entities * 0.98)}), name_embedding: ${embedding}})`,
    );
  for (const [from, to] of ranges(episodes, NODES_A_QUERY))
    await run(`UNWIND range(${from}, ${to}) AS i CREATE (:Episodic {${common}, n: i, content: 'text'})`);
  const retired = engine === "neo4j" ? "datetime('2026-11-09T00:00:00Z')" : "'2026-11-09T00:00:00+00:00'";
  const target = `(i * 7919 + 13) % ${Math.ceil(entities * 0.97)}`;
  // Neo4j finds nodes by an index; FalkorDB does not where a number is computed, and holds all nodes in a list instead.
  const isFound = engine === "neo4j";
  if (isFound) for (const label of ["Entity", "Episodic"]) await index(run, engine, `(n:${label})`, "n.n");
  if (isFound) await run("CALL db.awaitIndexes(600)");
  const all = "MATCH (n:Entity) WITH n ORDER BY n.n WITH collect(n) AS e";
  const allEpisodes = "CALL { MATCH (p:Episodic) WITH p ORDER BY p.n RETURN collect(p) AS p }";
  const size = isFound ? EDGES_BY_INDEX : EDGES_A_QUERY;
  for (const [from, to] of ranges(facts, size)) {
    const numbers = `UNWIND range(${from}, ${to}) AS i`;
    const ends = isFound
      ? `${numbers} MATCH (a:Entity {n: i % ${entities}}), (b:Entity {n: ${target}})`
      : `${all} ${numbers} WITH e[i % ${entities}] AS a, e[${target}] AS b, i`;
    await run(`${ends} CREATE (a)-[:RELATES_TO {${common}, name: 'KNOWS', fact: 'fact ' + toString(i % ${Math.ceil(facts * 0.9)}), fact_embedding: ${embedding},
      expired_at: CASE WHEN i % 10 = 0 THEN ${retired} ELSE null END}]->(b)`);
  }
  for (const [from, to] of ranges(edges - facts, size)) {
    const numbers = `UNWIND range(${from}, ${to}) AS i`;
    const ends = isFound
      ? `${numbers} MATCH (a:Episodic {n: i % ${episodes}}), (b:Entity {n: ${target}})`
      : `${all} ${allEpisodes} ${numbers} WITH p[i % ${episodes}] AS a, e[${target}] AS b, i`;
    await run(`${ends} CREATE (a)-[:MENTIONS {${common}}]->(b)`);
  }
  for (const label of ["Entity", "Episodic"]) await index(run, engine, `(n:${label})`, "n.created_at");
  await index(run, engine, "()-[r:RELATES_TO]-()", "r.expired_at");
  // A server that still fills them answers late.
  if (engine === "neo4j") await run("CALL db.awaitIndexes(600)");
  else
    while (!/OPERATIONAL/.test(await statuses(run)) || /CONSTRUCTION/.test(await statuses(run)))
      await new Promise((resolve) => setTimeout(resolve, 500));
}

const statuses = async (run: Server["run"]): Promise<string> => JSON.stringify(await run("CALL db.indexes() YIELD status RETURN status"));

async function index(run: Server["run"], engine: "falkordb" | "neo4j", pattern: string, property: string): Promise<void> {
  await run(`CREATE INDEX ${engine === "neo4j" ? "IF NOT EXISTS " : ""}FOR ${pattern} ON (${property})`).catch(() => undefined);
}
