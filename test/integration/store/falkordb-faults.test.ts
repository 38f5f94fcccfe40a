import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upDownCounter, upTo } from "../../../src/sample/field.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";
import { falkordb } from "../../../src/source/graph-store/kinds.ts";
import { checkSource } from "../../../src/testing.ts";
import { freePort } from "../../support/engines/engine-process.ts";
import { startFalkordb, type Falkordb } from "../../support/engines/falkordb.ts";
import { needs } from "../../support/programs.ts";
import { silentServer } from "../../support/silent-server.ts";
import { storeSource, withoutPackage } from "../../support/store-source.ts";
import { until } from "../../support/until.ts";

/** Takes hours, and the server ends it at its deadline. */
const ENDLESS = "MATCH (a),(b),(c),(d) RETURN count(*) AS numbers";

const lab = defineSampleType("lab", {
  numbers: upDownCounter("lab.numbers", "{number}"),
  others: upDownCounter("lab.others", "{number}"),
  names: upDownCounter("lab.names", "{number}", { by: [upTo(10, "lab.name")] }),
});

/** Episodes and entities as Graphiti writes them, and a fact. */
const MEMORY = `UNWIND range(1, 300) AS i CREATE (:Entity {name: 'e' + toString(i), group_id: 'g', name_embedding: vecf32([1.0, 2.0])})
  WITH count(*) AS made CREATE (:Episodic {created_at: '2026-01-01T00:00:00+00:00', group_id: 'g'})`;
const FACT = "MATCH (a:Entity {name: 'e1'}), (b:Entity {name: 'e2'}) CREATE (a)-[:RELATES_TO {fact: 'a', group_id: 'g', created_at: '2026-01-01T00:00:00+00:00'}]->(b)"; // prettier-ignore

const write = async ({ command }: Falkordb, graph = "g"): Promise<void> => {
  await command("GRAPH.QUERY", graph, MEMORY);
  await command("GRAPH.QUERY", graph, FACT);
};

/** The clients of a server other than the one that asks. */
const clients = async ({ command }: Falkordb, user = ""): Promise<number> =>
  String(await command("CLIENT", "LIST"))
    .trim()
    .split("\n")
    .filter((line) => line.includes(user === "" ? "lib-name=" : `user=${user} `) && !line.includes("cmd=client|list")).length;

/** Queries that a server runs or will run. */
const running = async ({ command }: Falkordb): Promise<string> => {
  const [, active, , waiting] = (await command("GRAPH.INFO")) as readonly [unknown, unknown[], unknown, unknown[]];
  return JSON.stringify([...active, ...waiting]);
};

describe("Faults of FalkorDB", needs("falkordb"), () => {
  let engine: Falkordb;
  beforeAll(async () => {
    engine = await startFalkordb({ password: "admin-1", aclUser: { name: "reader", password: "reader-1" } });
    await write(engine);
  });
  afterAll(async () => engine?.[Symbol.asyncDispose]());

  const options = (more: object = {}): object => ({ url: engine.url, user: "reader", password: "reader-1", graphs: ["g"], ...more });

  it("checkSource finds nothing wrong with the kind, read by a user who may only read", async () => {
    expect(await checkSource(falkordb, options())).toEqual([]);
    expect(await checkSource(falkordb, options({ graphs: ["g*"], probe: {} }))).toEqual([]);
  });

  it("a server that refuses connections is named with its address", async () => {
    const port = await freePort();
    await using it = storeSource(falkordb, { url: `redis://localhost:${port}`, graphs: ["g"] });
    const { code, errorType, message } = await it.read();
    expect([code, errorType]).toEqual(["source_unreachable", "ECONNREFUSED"]);
    expect(message).toMatch(new RegExp(`^redis://localhost:${port}: connect ECONNREFUSED `));
  });

  it("a server that accepts and never answers costs no more than the reading's time, and no connection is left", async () => {
    await using server = await silentServer();
    await using it = storeSource(falkordb, { url: `redis://127.0.0.1:${server.port}`, graphs: ["g"] });
    for (let n = 0; n < 3; n += 1) expect(await it.read("agent-memory", 200)).toMatchObject({ code: "aborted" });
    await until(
      () => new Promise((resolve) => setImmediate(() => resolve(server.open.size))),
      (size) => size === 0,
    );
  });

  it("a wrong password is reported as one, and not repeated", async () => {
    await using it = storeSource(falkordb, options({ password: "wrong-secret" }));
    const { code, errorType, message } = await it.read();
    expect([code, errorType]).toEqual(["source_failed", "unauthorized"]);
    expect(message).toBe(`${engine.url} refused the user or the password; check user and password or password_file`);
  });

  it("a password file that is replaced is used at the next connection, without a restart", async () => {
    const folder = await mkdtemp(join(tmpdir(), "password-"));
    try {
      const file = join(folder, "password");
      await writeFile(file, "reader-1\n");
      await engine.command("ACL", "SETUSER", "rotating", "on", ">reader-1", "~*", "+@all");
      await using it = storeSource(falkordb, { url: engine.url, user: "rotating", password_file: file, graphs: ["g"] });
      expect((await it.read()).values).toMatchObject({ episodes: 1 });
      await engine.command("ACL", "SETUSER", "rotating", "resetpass", ">reader-2");
      await writeFile(file, "reader-2\n");
      // Redis ends the connections of a user whose password changes only when it is asked to.
      await engine.command("CLIENT", "KILL", "USER", "rotating");
      await until(() => clients(engine, "rotating"), (count) => count === 0); // prettier-ignore
      expect((await it.read()).values).toMatchObject({ episodes: 1 });
    } finally {
      await engine.command("ACL", "DELUSER", "rotating");
      await rm(folder, { recursive: true });
    }
  });

  it("a graph that does not exist is waited for, and not created; it is read after its first write", async () => {
    await using it = storeSource(falkordb, options({ graphs: ["later"], queries: { lab: { numbers: "RETURN 1 AS numbers" } } }), [lab]);
    const { code, message } = await it.read();
    expect(code).toBe("source_waiting");
    expect(message).toContain("graph later is not there yet, or empty; correct its name if it should be");
    for (const type of ["graph", "graph-service", "lab"]) expect((await it.read(type)).code).toBe("source_waiting");
    expect(await engine.command("GRAPH.LIST")).toEqual(["g"]);
    await write(engine, "later");
    expect((await it.read()).values).toMatchObject({ episodes: 1, totalMemories: 2 });
    expect(it.logged).toContainEqual(expect.stringMatching(/^graph later: layout graphiti \(Graphiti\), on FalkorDB 4\./));
    await engine.command("GRAPH.DELETE", "later");
    await until(() => it.read(), (outcome) => outcome.code === "source_failed"); // prettier-ignore
    expect((await it.read()).message).toBe("no graph is there any more: later");
    expect(await engine.command("GRAPH.LIST")).toEqual(["g"]);
  });

  it("a custom query that writes is refused, nothing is written, and the rest is read", async () => {
    const queries = { lab: { numbers: "CREATE (:Written) RETURN 1 AS numbers", others: "MATCH (n:Entity) RETURN count(n) AS others" } };
    await using it = storeSource(falkordb, options({ user: "", password: "admin-1", queries }), [lab]);
    const { values, missing } = await it.read("lab");
    expect(values).toEqual({ others: 300 });
    expect(missing?.text).toMatch(/numbers of graph g: .* refused the query: graph\.RO_QUERY is to be executed only on read-only queries/);
    expect(await engine.command("GRAPH.RO_QUERY", "g", "MATCH (n:Written) RETURN count(n)")).toContainEqual([[0]]);
  });

  it("an integer above 2^53 is absent and counted, and the others stay", async () => {
    const queries = { lab: { numbers: "RETURN 9007199254740993 AS numbers", others: "RETURN 9007199254740991 AS others" } };
    await using it = storeSource(falkordb, options({ queries }), [lab]);
    const { values, missing } = await it.read("lab");
    expect(values).toEqual({ others: 9_007_199_254_740_991 });
    expect(missing).toMatchObject({ count: 1, share: 0.5 });
    expect(missing?.text).toContain('the query returned an integer above 2^53 in the column "numbers"; expected a number');
  });

  it("a query that the server does not finish in time ends there, and the others are read", async () => {
    const queries = { lab: { numbers: ENDLESS, others: "RETURN 7 AS others" } };
    await using it = storeSource(falkordb, options({ queries }), [lab]);
    const { values, missing } = await it.read("lab", 1_000);
    expect(values).toEqual({ others: 7 });
    expect(missing?.text).toContain(`${engine.url} ended the query at its deadline`);
    expect(await running(engine)).toBe("[]");
  });

  it("a longer deadline than the server's configuration allows is shortened", async () => {
    await engine.command("GRAPH.CONFIG", "SET", "TIMEOUT_MAX", "500");
    try {
      await using it = storeSource(falkordb, options());
      expect((await it.read()).values).toMatchObject({ episodes: 1, invalidated: 0 });
    } finally {
      await engine.command("GRAPH.CONFIG", "SET", "TIMEOUT_MAX", "0");
    }
  });

  it("after an abort in the middle of a query nothing runs on the server beyond the query's own deadline, and no connection is left", async () => {
    await using it = storeSource(falkordb, options({ queries: { lab: { numbers: ENDLESS } } }), [lab]);
    const reading = it.source.readings.get("lab")!;
    const ending = new AbortController();
    const read = it.source.read(reading, ending.signal, { timeoutMs: 2_000 });
    await until(() => running(engine), (queries) => queries.includes("(a),(b),(c)")); // prettier-ignore
    ending.abort(new Error("stopped"));
    await expect(read).rejects.toThrow("stopped");
    await until(() => clients(engine, "reader"), (count) => count === 0); // prettier-ignore
    await until(() => running(engine), (queries) => queries === "[]"); // prettier-ignore
  });

  it("closing the source in the middle of a scan leaves no connection", async () => {
    const source = storeSource(falkordb, options({ queries: { lab: { numbers: { query: ENDLESS, scan: true } } }, scan_timeout: "2s" }), [
      lab,
    ]);
    const reading = source.read("lab");
    await until(() => running(engine), (queries) => queries.includes("(a),(b),(c)")); // prettier-ignore
    await source[Symbol.asyncDispose]();
    await reading;
    expect(await clients(engine, "reader")).toBe(0);
    await until(() => running(engine), (queries) => queries === "[]"); // prettier-ignore
  });

  it("there are never more than two connections, while every type is read and scanned at once", async () => {
    await using it = storeSource(falkordb, options({ scan_interval: "10ms", probe: { interval: "10ms" } }));
    let most = 0;
    const done = new AbortController();
    const watch = async (): Promise<void> => {
      while (!done.signal.aborted) most = Math.max(most, await clients(engine, "reader"));
    };
    const watching = watch();
    for (let n = 0; n < 5; n += 1) await Promise.all(["agent-memory", "graph", "graph-service"].map((type) => it.read(type)));
    done.abort("all were read");
    await watching;
    expect([1, 2]).toContain(most);
  });

  it("no more graphs than the limit are read, and no more than fifty have series of their own", async () => {
    for (let n = 0; n < 5; n += 1) await engine.command("GRAPH.QUERY", `many-${n}`, "CREATE (:A)");
    await using it = storeSource(falkordb, options({ graphs: ["many-*"], max_graphs: 3 }));
    const { values } = await it.read("graph");
    expect(values?.["nodeCount"]).toEqual({ "many-0": 1, "many-1": 1, "many-2": 1 });
    expect(it.logged).toContain("5 graphs match; the first 3 by name are read (max_graphs)");
    for (let n = 0; n < 5; n += 1) await engine.command("GRAPH.DELETE", `many-${n}`);
  });

  it("a write in the future, by a clock that is ahead, has the age 0", async () => {
    await engine.command("GRAPH.QUERY", "ahead", "CREATE (:Entity), (:Episodic {created_at: '2999-01-01T00:00:00+00:00'})");
    await using it = storeSource(falkordb, options({ graphs: ["ahead"] }));
    expect((await it.read()).values).toMatchObject({ newestMemoryAge: 0 });
    await engine.command("GRAPH.DELETE", "ahead");
  });

  it("a query of a million rows is bounded, and so is one large cell", async () => {
    const queries = {
      lab: {
        names: "UNWIND range(1, 1000000) AS x RETURN x AS name, 1 AS names LIMIT 1000000",
        numbers: "UNWIND range(1, 1000000) AS x RETURN x AS numbers",
      },
    };
    await using it = storeSource(falkordb, options({ queries }), [lab]);
    const before = process.memoryUsage().rss;
    const { message } = await it.read("lab", 10_000);
    expect(message).toBe("every measure failed; first lab.names of graph g: the query returned more than the limit of 10000 rows");
    expect(process.memoryUsage().rss / before).toBeLessThan(1.5);
  });

  it("a user who lacks a command is told which one", async () => {
    await engine.command("ACL", "SETUSER", "lame", "on", ">lame-1", "~*", "-@all", "+ping", "+hello", "+info", "+client|setinfo");
    await using it = storeSource(falkordb, options({ user: "lame", password: "lame-1" }));
    const { code, errorType, message } = await it.read();
    expect([code, errorType]).toEqual(["source_failed", "forbidden"]);
    expect(message).toMatch(/does not permit the user a query: NOPERM .*'graph\.RO_QUERY'/i);
    await engine.command("ACL", "DELUSER", "lame");
  });

  it("a client library that is missing is named with the command that installs it", async () => {
    expect(await withoutPackage("redis", "falkordb", "connectFalkordb")).toBe(
      "config_invalid the package redis is not installed; run: npm install redis@6",
    );
  });
});

describe("FalkorDB that is stopped, killed or slow", needs("falkordb"), () => {
  it("a restart fails the readings in between, and the next one has a connection", async () => {
    await using engine = await startFalkordb();
    await write(engine);
    await using it = storeSource(falkordb, { url: engine.url, graphs: ["g"], queries: { lab: { numbers: ENDLESS } } }, [lab]);
    expect((await it.read()).values).toMatchObject({ episodes: 1 });
    const inTheMiddle = it.read("lab", 20_000);
    await until(() => running(engine), (queries) => queries.includes("(a),(b),(c)")); // prettier-ignore
    await engine.kill();
    expect(await inTheMiddle).toMatchObject({ code: "source_unreachable", message: `${engine.url}: Socket closed unexpectedly` });
    expect((await it.read()).message).toMatch(/connect ECONNREFUSED/);
    await engine.start();
    await write(engine);
    expect((await it.read()).values).toMatchObject({ episodes: 1 });
  });

  it("an idle connection that the server closes costs no reading", async () => {
    await using engine = await startFalkordb();
    await write(engine);
    await using it = storeSource(falkordb, { url: engine.url, graphs: ["g"] });
    await it.read("graph-service");
    await engine.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await until(() => clients(engine), (count) => count === 0); // prettier-ignore
    expect(await it.read("graph-service")).toHaveProperty("values");
  });

  it("a server that is killed during a scan costs that scan only", async () => {
    await using engine = await startFalkordb();
    await write(engine);
    const queries = { lab: { numbers: { query: ENDLESS, scan: true }, others: "RETURN 1 AS others" } };
    await using it = storeSource(falkordb, { url: engine.url, graphs: ["g"], queries, scan_interval: "10ms" }, [lab]);
    const reading = it.read("lab", 20_000);
    await until(() => running(engine), (found) => found.includes("(a),(b),(c)")); // prettier-ignore
    await engine.kill();
    const { values, missing } = await reading;
    expect(values).toEqual({ others: 1 });
    expect(missing?.text).toContain(`first scan: ${engine.url}: Socket closed unexpectedly`);
  });

  it("a server that halts costs the readings meanwhile, none waits longer than its time, and they go on when it does", async () => {
    await using engine = await startFalkordb();
    await write(engine);
    await using it = storeSource(falkordb, { url: engine.url, graphs: ["g"] });
    expect((await it.read()).values).toMatchObject({ episodes: 1 });
    engine.pause();
    for (let n = 0; n < 3; n += 1) expect(await it.read("agent-memory", 200)).toMatchObject({ code: "aborted" });
    engine.resume();
    expect((await it.read()).values).toMatchObject({ episodes: 1 });
    await until(() => clients(engine), (count) => count <= 2); // prettier-ignore
  });

  it("an authority of one's own and a certificate of the client are used for TLS, and what is missing is named", async () => {
    await using engine = await startFalkordb({ tls: "mutual" });
    await write(engine);
    const { ca, client, stranger } = engine.certificates!;
    const [cert, key] = [client.certFile, client.keyFile];
    const read = async (tls: object): Promise<string | undefined> => {
      await using it = storeSource(falkordb, { url: engine.url, graphs: ["g"], tls });
      const { values, message } = await it.read();
      return values ? "read" : message;
    };
    expect(await read({ ca: ca.certFile, cert, key })).toBe("read");
    expect(await read({ cert, key })).toMatch(/; set tls\.ca to the certificate of the authority that signed the server's$/);
    expect(await read({ ca: stranger.certFile, cert, key })).toMatch(/; set tls\.ca to the certificate/);
    expect(await read({ ca: ca.certFile })).toMatch(/; set tls\.cert and tls\.key$/);
    expect(await read({ ca: "/nowhere/ca.pem" })).toBe('tls.ca "/nowhere/ca.pem" cannot be read: ENOENT');
  });
});
