import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upDownCounter, upTo } from "../../../src/sample/field.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";
import { neo4j } from "../../../src/source/graph-store/kinds.ts";
import { checkSource } from "../../../src/testing.ts";
import { freePort } from "../../support/engines/engine-process.ts";
import { startNeo4j, type Neo4j } from "../../support/engines/neo4j.ts";
import { needs } from "../../support/programs.ts";
import { silentServer } from "../../support/silent-server.ts";
import { storeSource, withoutPackage } from "../../support/store-source.ts";
import { until } from "../../support/until.ts";

/** Takes hours, and the server ends it at its deadline. */
const ENDLESS = "MATCH (a), (b), (c), (d) RETURN sum(a.n * b.n + c.n - d.n) AS numbers";

const lab = defineSampleType("lab", {
  numbers: upDownCounter("lab.numbers", "{number}"),
  others: upDownCounter("lab.others", "{number}"),
  names: upDownCounter("lab.names", "{number}", { by: [upTo(10, "lab.name")] }),
});

/** Episodes and entities as Graphiti writes them, and a fact. */
const MEMORY = [
  "UNWIND range(1, 300) AS i CREATE (:Entity {n: i, name: 'e' + i, group_id: 'g', name_embedding: [1.0, 2.0]})",
  "CREATE (:Episodic {created_at: datetime('2026-01-01T00:00:00Z'), group_id: 'g'})",
  "MATCH (a:Entity {n: 1}), (b:Entity {n: 2}) CREATE (a)-[:RELATES_TO {fact: 'a', group_id: 'g', created_at: datetime('2026-01-01T00:00:00Z')}]->(b)",
];

const write = async ({ run }: Neo4j): Promise<void> => {
  for (const query of MEMORY) await run(query);
};

/** Connections of the product to a server. */
const connections = async ({ run }: Neo4j): Promise<number> => {
  const [found] = await run("CALL dbms.listConnections() YIELD userAgent WHERE userAgent = 'otel-vitals' RETURN count(*) AS open");
  return Number(found?.["open"]);
};

/** Endless queries that a server runs. */
const running = async ({ run }: Neo4j): Promise<number> =>
  (await run("SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS '(a), (b)' RETURN currentQuery")).filter(
    ({ currentQuery }) => !String(currentQuery).startsWith("SHOW"),
  ).length;

describe("Faults of Neo4j", needs("neo4j"), () => {
  let engine: Neo4j;
  const password = "secret-123";
  beforeAll(async () => {
    engine = await startNeo4j({ password });
    await write(engine);
  }, 120_000);
  afterAll(async () => engine?.[Symbol.asyncDispose]());

  const options = (more: object = {}): object => ({ url: engine.url, password, ...more });

  it("checkSource finds nothing wrong with the kind", async () => {
    // The first queries are planned and compiled.
    expect(await checkSource(neo4j, options(), { timeoutMs: 30_000, abortMs: 5_000 })).toEqual([]);
  });

  it.each(["bolt", "neo4j"])("a server that refuses connections of %s:// is named with its address and the reason", async (scheme) => {
    const port = await freePort();
    await using it = storeSource(neo4j, { url: `${scheme}://localhost:${port}` });
    const { code, message } = await it.read();
    expect(code).toBe("source_unreachable");
    expect(message).toMatch(new RegExp(`^${scheme}://localhost:${port}: connect ECONNREFUSED `));
  });

  it("a server that accepts and never answers costs no more than the reading's time, and no connection is left", async () => {
    await using server = await silentServer();
    await using it = storeSource(neo4j, { url: `bolt://127.0.0.1:${server.port}` });
    for (let n = 0; n < 3; n += 1) expect(await it.read("agent-memory", 300)).toMatchObject({ code: "aborted" });
    await until(() => new Promise((resolve) => setImmediate(() => resolve(server.open.size))), (size) => size === 0); // prettier-ignore
  });

  it("a database that does not exist is an error that says so, and is not created", async () => {
    await using it = storeSource(neo4j, options({ database: "nope" }));
    const { code, errorType, message } = await it.read();
    expect([code, errorType]).toEqual(["source_failed", "missing_database"]);
    expect(message).toBe(`${engine.url}: Graph not found: nope; set database to one that exists`);
    expect((await engine.run("SHOW DATABASES YIELD name RETURN name")).map(({ name }) => name)).toEqual(["neo4j", "system"]);
  });

  it("a custom query that writes is refused by the server, nothing is written, and the rest is read", async () => {
    const queries = { lab: { numbers: "CREATE (:Written) RETURN 1 AS numbers", others: "MATCH (n:Entity) RETURN count(n) AS others" } };
    await using it = storeSource(neo4j, options({ queries }), [lab]);
    const { values, missing } = await it.read("lab", 20_000);
    expect(values).toEqual({ others: 300 });
    expect(missing?.text).toContain("refused the query: Writing in read access mode not allowed");
    expect(await engine.run("MATCH (n:Written) RETURN count(n) AS written")).toEqual([{ written: 0n }]);
  });

  it("an integer above 2^53 is absent and counted, and the others stay", async () => {
    const queries = { lab: { numbers: "RETURN 9007199254740993 AS numbers", others: "RETURN 9007199254740991 AS others" } };
    await using it = storeSource(neo4j, options({ queries }), [lab]);
    const { values, missing } = await it.read("lab", 20_000);
    expect(values).toEqual({ others: 9_007_199_254_740_991 });
    expect(missing).toMatchObject({ count: 1, share: 0.5 });
    expect(missing?.text).toContain('the query returned an integer above 2^53 in the column "numbers"; expected a number');
  });

  it("a query that the server does not finish in time ends there, and the others are read", async () => {
    const queries = { lab: { numbers: ENDLESS, others: "RETURN 7 AS others" } };
    await using it = storeSource(neo4j, options({ queries }), [lab]);
    const { values, missing } = await it.read("lab", 8_000);
    expect(values).toEqual({ others: 7 });
    expect(missing?.text).toContain(`${engine.url} ended the query at its deadline`);
    expect(await running(engine)).toBe(0);
  });

  it("after an abort in the middle of a query nothing runs on the server, and no connection is left", async () => {
    await using it = storeSource(neo4j, options({ queries: { lab: { numbers: ENDLESS } } }), [lab]);
    const ending = new AbortController();
    const read = it.source.read(it.source.readings.get("lab")!, ending.signal, { timeoutMs: 600_000 });
    await until(() => running(engine), (count) => count === 1); // prettier-ignore
    ending.abort(new Error("stopped"));
    await expect(read).rejects.toThrow("stopped");
    await until(() => running(engine), (count) => count === 0); // prettier-ignore
    await until(() => connections(engine), (count) => count === 0); // prettier-ignore
  });

  it("closing the source in the middle of a scan ends its query, and leaves no connection", async () => {
    const queries = { lab: { numbers: { query: ENDLESS, scan: true } } };
    const source = storeSource(neo4j, options({ queries, scan_timeout: "10m" }), [lab]);
    const reading = source.read("lab", 60_000);
    await until(() => running(engine), (count) => count === 1); // prettier-ignore
    await source[Symbol.asyncDispose]();
    await reading;
    await until(() => running(engine), (count) => count === 0); // prettier-ignore
    await until(() => connections(engine), (count) => count === 0); // prettier-ignore
  });

  it("there are never more than two connections, while every type is read and scanned at once", async () => {
    await using it = storeSource(neo4j, options({ scan_interval: "10ms", probe: { interval: "10ms" } }));
    let most = 0;
    const done = new AbortController();
    const watch = async (): Promise<void> => {
      while (!done.signal.aborted) most = Math.max(most, await connections(engine));
    };
    const watching = watch();
    for (let n = 0; n < 3; n += 1) await Promise.all(["agent-memory", "graph", "graph-service"].map((type) => it.read(type, 20_000)));
    done.abort("all were read");
    await watching;
    expect([1, 2]).toContain(most);
  });

  it("a query of a million rows is bounded, and so is one large cell", async () => {
    const queries = {
      lab: {
        names: "UNWIND range(1, 1000000) AS x RETURN x AS name, 1 AS names",
        numbers: "RETURN range(1, 20000000) AS numbers",
      },
    };
    await using it = storeSource(neo4j, options({ queries }), [lab]);
    const before = process.memoryUsage().rss;
    const { code, errorType, message } = await it.read("lab", 30_000);
    expect([code, errorType]).toEqual(["source_failed", "too_large"]);
    expect(message).toBe("lab.numbers: the answer is larger than 32 MiB");
    expect(process.memoryUsage().rss / before).toBeLessThan(2);
    await until(() => connections(engine), (count) => count === 0); // prettier-ignore
  });

  it("a write in the future, by a clock that is ahead, has the age 0", async () => {
    await engine.run("CREATE (:Episodic {created_at: datetime('2999-01-01T00:00:00Z')})");
    await using it = storeSource(neo4j, options());
    expect((await it.read("agent-memory", 20_000)).values).toMatchObject({ newestMemoryAge: 0, episodes: 2 });
    await engine.run("MATCH (e:Episodic) WHERE e.created_at > datetime('2900-01-01T00:00:00Z') DELETE e");
  });

  it("a client library that is missing is named with the command that installs it", async () => {
    expect(await withoutPackage("neo4j-driver", "neo4j", "connectNeo4j")).toBe(
      "config_invalid the package neo4j-driver is not installed; run: npm install neo4j-driver@6",
    );
  });

  it("a server that halts costs the readings meanwhile, none waits longer than its time, and they go on when it does", async () => {
    await using it = storeSource(neo4j, options());
    expect(await it.read("agent-memory", 20_000)).toHaveProperty("values");
    engine.pause();
    for (let n = 0; n < 3; n += 1) expect(await it.read("agent-memory", 300)).toMatchObject({ code: "aborted" });
    engine.resume();
    expect(await it.read("agent-memory", 20_000)).toHaveProperty("values");
    await until(() => connections(engine), (count) => count <= 2); // prettier-ignore
  });

  it("a password file that is replaced is used at the next connection; a wrong password is reported as one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "password-"));
    try {
      const file = join(folder, "password");
      await writeFile(file, "wrong-password");
      await using it = storeSource(neo4j, { url: engine.url, password_file: file });
      const { code, errorType, message } = await it.read();
      expect([code, errorType]).toEqual(["source_failed", "unauthorized"]);
      expect(message).toBe(`${engine.url} refused the user or the password; check user and password or password_file`);
      // Three wrong passwords would lock the user, also for the programs that know the right one.
      for (let n = 0; n < 5; n += 1) expect(await it.read()).toMatchObject({ errorType: "unauthorized" });
      expect(await engine.run("RETURN 1 AS one")).toEqual([{ one: 1n }]);
      await writeFile(file, password);
      expect(await it.read("agent-memory", 20_000)).toHaveProperty("values");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("a server that is killed in the middle of a query costs the readings until it is back", async () => {
    await using it = storeSource(neo4j, options({ queries: { lab: { numbers: ENDLESS } } }), [lab]);
    const reading = it.read("lab", 60_000);
    await until(() => running(engine), (count) => count === 1); // prettier-ignore
    await engine.kill();
    expect(await reading).toMatchObject({ code: "source_unreachable", message: `${engine.url}: Connection was closed by server` });
    expect((await it.read()).message).toMatch(/^bolt:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/);
    await engine.start();
    expect(await it.read("agent-memory", 30_000)).toHaveProperty("values");
  }, 120_000);
});

describe("Neo4j without a node", needs("neo4j"), () => {
  it("an empty database is waited for, and read after its first write as what it is", async () => {
    await using engine = await startNeo4j();
    await using it = storeSource(neo4j, { url: engine.url });
    const { code, message } = await it.read("agent-memory", 20_000);
    expect(code).toBe("source_waiting");
    expect(message).toContain("graph neo4j is not there yet, or empty; correct its name if it should be");
    await write(engine);
    const later = await until(() => it.read("agent-memory", 20_000), ({ values }) => values?.["totalMemories"] === 2); // prettier-ignore
    expect(later.values).toMatchObject({ episodes: 1, memories: { episodic: 1, semantic: 1 } });
    expect(it.logged).toContainEqual(expect.stringMatching(/^graph neo4j: layout graphiti \(Graphiti\), on Neo4j /));
  }, 120_000);
});

describe("Neo4j over TLS", needs("neo4j"), () => {
  it("an authority of one's own and a certificate of the client are used, and what is missing is named", async () => {
    await using engine = await startNeo4j({ tls: "mutual" });
    await write(engine);
    const { ca, client, stranger } = engine.certificates!;
    const [cert, key] = [client.certFile, client.keyFile];
    const read = async (tls: object, scheme = "bolt"): Promise<string | undefined> => {
      await using it = storeSource(neo4j, { url: engine.url.replace("bolt:", `${scheme}:`), tls });
      const { values, message } = await it.read("agent-memory", 20_000);
      return values ? "read" : message;
    };
    expect(await read({ ca: ca.certFile, cert, key })).toBe("read");
    expect(await read({ ca: ca.certFile, cert, key }, "bolt+s")).toBe("read");
    expect(await read({ cert, key }, "bolt+ssc")).toBe("read");
    expect(await read({ cert, key })).toMatch(/; set tls\.ca to the certificate of the authority that signed the server's$/);
    expect(await read({ ca: stranger.certFile, cert, key })).toMatch(/; set tls\.ca to the certificate/);
    expect(await read({ ca: ca.certFile })).toMatch(/; set tls\.cert and tls\.key$/);
    expect(await read({ ca: "/nowhere/ca.pem" })).toBe('tls.ca "/nowhere/ca.pem" cannot be read: ENOENT');
  }, 120_000);
});
