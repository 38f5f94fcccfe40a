import { existsSync } from "node:fs";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFalkordb, type Falkordb } from "../support/engines/falkordb.ts";
import { graphitiWriter, type GraphitiCounts } from "../support/engines/graphiti.ts";
import { startMcpNeo4jMemory } from "../support/engines/mcp-neo4j-memory.ts";
import { installedNeo4j, startNeo4j, type Neo4j } from "../support/engines/neo4j.ts";
import { resp } from "../support/engines/resp.ts";
import { needs } from "../support/programs.ts";

const isRunning = (pid: number | undefined): boolean => existsSync(`/proc/${pid}`);

/** Number of nodes in a graph, counted by the engine. */
const nodes = async ({ command }: Falkordb): Promise<unknown> => {
  const [, rows] = (await command("GRAPH.RO_QUERY", "g", "MATCH (n) RETURN count(n)")) as [unknown, unknown];
  return rows;
};

describe("FalkorDB for tests", needs("falkordb"), () => {
  it("the engine stores a graph over a restart and ends with its scope", async () => {
    let pid: number | undefined;
    {
      await using engine = await startFalkordb();
      pid = engine.pid;
      expect(isRunning(pid)).toBe(true);
      await engine.command("GRAPH.QUERY", "g", "CREATE (:A), (:A)");
      expect(await nodes(engine)).toEqual([[2]]);
      await engine.stop();
      expect([isRunning(pid), engine.pid]).toEqual([false, undefined]);
      await expect(engine.command("PING")).rejects.toThrow("ECONNREFUSED");
      await engine.start();
      ({ pid } = engine);
      expect(await nodes(engine)).toEqual([[2]]);
    }
    expect(isRunning(pid)).toBe(false);
  });

  it("a paused engine answers after it is resumed", async () => {
    await using engine = await startFalkordb();
    engine.pause();
    const answers: unknown[] = [];
    const answer = engine.command("PING").then((pong) => answers.push(pong));
    // The other engine starts meanwhile, so that this one had the time to answer.
    await using other = await startFalkordb();
    expect([await other.command("PING"), answers]).toEqual(["PONG", []]);
    engine.resume();
    await answer;
    expect(answers).toEqual(["PONG"]);
  });

  it("the read-only user may query and may not write", async () => {
    await using engine = await startFalkordb({ password: "admin-1", aclUser: { name: "reader", password: "reader-1" } });
    await engine.command("GRAPH.QUERY", "g", "CREATE (:A)");
    const query = "MATCH (n) RETURN count(n)";
    const reader = (...command: readonly string[]) => resp(engine.port, ["AUTH", "reader", "reader-1"], command);
    expect(await reader("GRAPH.RO_QUERY", "g", query)).toEqual([["count(n)"], [[1]], expect.anything()]);
    await expect(reader("GRAPH.QUERY", "g", query)).rejects.toThrow("NOPERM");
    await expect(reader("GRAPH.DELETE", "g")).rejects.toThrow("NOPERM");
  });

  it.each([
    ["server", "none", "+PONG"],
    ["mutual", "client", "+PONG"],
    ["mutual", "none", "refused"],
    ["mutual", "stranger", "refused"],
  ] as const)("with TLS %s and the certificate %s of the client, a ping is answered with %s", async (tls, who, expected) => {
    await using engine = await startFalkordb({ tls });
    const { certificates } = engine;
    if (!certificates) throw new Error("the engine serves no TLS");
    const own = who === "none" ? {} : { cert: certificates[who].cert, key: certificates[who].key };
    expect(await pingOverTls(engine.port, certificates.ca.cert, own)).toBe(expected);
  });

  it("the certificate of the server is refused under another authority", async () => {
    await using engine = await startFalkordb({ tls: "server" });
    expect(await pingOverTls(engine.port, engine.certificates?.stranger.cert ?? "", {})).toBe("refused");
  });
});

const pingOverTls = async (port: number, ca: string, own: object): Promise<string> =>
  String((await firstAnswer(port, ca, own, "PING\r\n")) ?? "refused").trim();

/** Offers Bolt 4.4 alone. @returns the last two bytes of the version that the server chose */
const handshakeOverTls = async (port: number, ca: string, own: object): Promise<string> =>
  (await firstAnswer(port, ca, own, Buffer.from("6060b01700000404000000000000000000000000", "hex")))?.toString("hex").slice(4) ?? "refused";

/** @returns the first bytes that the server sends; undefined if one side refuses the other */
const firstAnswer = (port: number, ca: string, own: object, request: string | Buffer): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, ca, ...own });
    socket.once("error", () => resolve(undefined));
    socket.once("close", () => resolve(undefined));
    socket.once("data", (bytes) => {
      resolve(bytes);
      socket.destroy();
    });
    socket.write(request);
  });

const NOTHING: GraphitiCounts = {
  entities: 0,
  episodes: 0,
  communities: 0,
  facts: 0,
  invalidated: 0,
  withoutEmbedding: 0,
  mentions: 0,
  members: 0,
};

/** Writes one more of each and compares the independent count after each step. */
async function writesOneMoreOfEach(engine: Falkordb | Neo4j): Promise<void> {
  let pid: number | undefined;
  {
    await using writer = await graphitiWriter(engine, "team-a");
    ({ pid } = writer);
    await writer.indexes();
    expect(await writer.count()).toEqual(NOTHING);
    let expected = NOTHING;
    const moves = async (write: Promise<void>, by: Partial<GraphitiCounts>): Promise<void> => {
      await write;
      const sum = Object.entries(by).map(([name, n]) => [name, expected[name as keyof GraphitiCounts] + n] as const);
      expected = { ...expected, ...Object.fromEntries(sum) };
      expect(await writer.count()).toEqual(expected);
    };
    await moves(writer.entities(2, { labels: ["Person"] }), { entities: 2 });
    await moves(writer.entities(1), { entities: 1 });
    await moves(writer.entities(1, { embedded: false }), { entities: 1, withoutEmbedding: 1 });
    await moves(writer.episodes(1, { mentions: 2 }), { episodes: 1, mentions: 2 });
    await moves(writer.facts(2), { facts: 2 });
    await moves(writer.facts(1, { age: 3_600 }), { facts: 1 });
    await moves(writer.invalidate(1), { invalidated: 1 });
    await moves(writer.communities(1), { communities: 1, members: 2 });
    await moves(writer.delete({ facts: 1, episodes: 1 }), { facts: -1, episodes: -1, mentions: -2 });
    await expect(writer.invalidate(9)).rejects.toThrow("the writer cannot invalidate: ValueError: only 1 facts are valid");

    await using other = await graphitiWriter(engine, "team-b");
    await other.entities(1);
    expect([await other.count(), await writer.count()]).toEqual([{ ...NOTHING, entities: 1 }, expected]);
  }
  expect(isRunning(pid)).toBe(false);
}

describe("Graphiti's writer for tests", { timeout: 120_000 }, () => {
  it("writes one more of each to FalkorDB, a graph for each group", needs("falkordb", "graphiti"), async () => {
    await using engine = await startFalkordb({ password: "admin-1" });
    await writesOneMoreOfEach(engine);
    expect(new Set((await engine.command("GRAPH.LIST")) as readonly string[])).toEqual(new Set(["team-a", "team-b"]));
  });
});

describe("Neo4j for tests", { ...needs("neo4j", "openssl"), timeout: 120_000 }, () => {
  let engine: Neo4j;
  beforeAll(async () => void (engine = await startNeo4j({ password: "admin-password" })), 120_000);
  afterAll(async () => {
    const { pid } = engine;
    await engine[Symbol.asyncDispose]();
    expect([pid !== undefined, isRunning(pid)]).toEqual([true, false]);
  });

  it("the writer of Graphiti writes one more of each", needs("graphiti"), async () => {
    await engine.clear();
    await writesOneMoreOfEach(engine);
    const indexes = await engine.run("SHOW INDEXES YIELD type, state RETURN type, state, count(*) AS n ORDER BY type");
    expect(indexes).toEqual([
      { type: "FULLTEXT", state: "ONLINE", n: 4n },
      { type: "LOOKUP", state: "ONLINE", n: 2n },
      { type: "RANGE", state: "ONLINE", n: 27n },
    ]);
  });

  it("the memory server over MCP writes one more of each", needs("mcp-neo4j-memory"), async () => {
    await engine.clear();
    let pid: number | null;
    {
      await using memory = await startMcpNeo4jMemory(engine);
      ({ pid } = memory);
      const stored = () =>
        engine.run(
          "MATCH (n:Memory) RETURN n.name AS name, labels(n) AS labels, n.observations AS observations, COUNT { (n)-->() } AS relations ORDER BY name",
        );
      const ada = { name: "Ada", labels: ["Memory", "person"], observations: ["writes programs"], relations: 0n };
      const engineNode = { name: "Engine", labels: ["Memory", "machine"], observations: [], relations: 0n };
      expect(await stored()).toEqual([]);
      await memory.createEntities(
        { name: "Ada", type: "person", observations: ["writes programs"] },
        { name: "Engine", type: "machine", observations: [] },
      );
      expect(await stored()).toEqual([ada, engineNode]);
      const relation = { source: "Ada", target: "Engine", relationType: "PROGRAMS" };
      await memory.createRelations(relation);
      expect(await stored()).toEqual([{ ...ada, relations: 1n }, engineNode]);
      await memory.addObservations("Ada", "is a countess");
      expect(await stored()).toEqual([{ ...ada, observations: ["writes programs", "is a countess"], relations: 1n }, engineNode]);
      await memory.deleteObservations("Ada", "is a countess");
      await memory.deleteRelations(relation);
      expect(await stored()).toEqual([ada, engineNode]);
      await memory.deleteEntities("Ada");
      expect(await stored()).toEqual([engineNode]);
    }
    expect([pid !== null, isRunning(pid ?? 0)]).toEqual([true, false]);
  });

  it("a killed engine starts again with what it had stored", async () => {
    await engine.clear();
    await engine.run("CREATE (:A)");
    const { pid } = engine;
    await engine.kill();
    expect([isRunning(pid), engine.pid]).toEqual([false, undefined]);
    await engine.start();
    expect(await engine.run("MATCH (n) RETURN count(n) AS n")).toEqual([{ n: 1n }]);
  });

  it.each(installedNeo4j())("%s with mutual TLS refuses a client without a certificate", async (version) => {
    await using secured = await startNeo4j({ version, tls: "mutual" });
    const { certificates, port } = secured;
    if (!certificates) throw new Error("the engine serves no TLS");
    const { ca, client, stranger } = certificates;
    expect(await handshakeOverTls(port, ca.cert, {})).toBe("refused");
    expect(await handshakeOverTls(port, stranger.cert, { cert: client.cert, key: client.key })).toBe("refused");
    expect(await handshakeOverTls(port, ca.cert, { cert: client.cert, key: client.key })).toBe("0404");
  });
});
