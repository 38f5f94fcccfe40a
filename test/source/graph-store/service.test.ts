import { describe, expect, it } from "vitest";
import { VitalsError } from "../../../src/base/errors.ts";
import { Costs } from "../../../src/source/graph-store/costs.ts";
import { ServiceReader } from "../../../src/source/graph-store/service.ts";
import { graphService } from "../../../src/sample/types/graph-service.ts";
import { validateReading, type AnyValues } from "../../../src/sample/sample-type.ts";
import { StoreRefusal, type ServerStatus } from "../../../src/store/store.ts";
import { FakeStore, row, type Answer } from "../../support/fake-store.ts";

const NEVER = new AbortController().signal;

/** What a server counted since it started. */
const queries = (count: number, seconds: number, failed = 0): ServerStatus => ({
  uptimeSeconds: 100,
  queries: { count, failed, seconds, byOperation: { "graph.QUERY": count } },
});

function reader(answer: Answer = () => row({ value: 0 }), dialect: "falkordb" | "neo4j" = "falkordb") {
  const store = new FakeStore(answer, dialect);
  const warnings: string[] = [];
  let nowMs = 0;
  const service = new ServiceReader(
    new Costs(undefined, {}),
    () => nowMs,
    (message) => warnings.push(message),
  );
  const read = async (told: ServerStatus, atMs: number, graphs: readonly string[] = ["g"]): Promise<AnyValues> => {
    store.told = told;
    nowMs = atMs;
    const values = await service.read(store, graphs, () => 1_000, NEVER);
    expect(validateReading(graphService, values)).toMatchObject({ ok: true });
    return values;
  };
  return { store, warnings, read };
}

describe("ServiceReader", () => {
  it("the rate and the mean duration are those between two readings", async () => {
    const { read } = reader();
    expect(await read(queries(100, 5), 0)).not.toHaveProperty("queryRate");
    expect(await read(queries(120, 6), 4_000)).toMatchObject({ queryRate: 5, queryMeanDuration: 0.05, queries: { "graph.QUERY": 120 } });
    expect(await read(queries(130, 6.1), 9_000)).toMatchObject({ queryRate: 2 });
  });

  it("without a query in between the rate is zero, and a mean duration is absent", async () => {
    const { read } = reader();
    await read(queries(100, 5), 0);
    const values = await read(queries(100, 5), 1_000);
    expect(values).toMatchObject({ queryRate: 0 });
    expect(values).not.toHaveProperty("queryMeanDuration");
  });

  it("after a restart of the server, which counts from zero, the rate is absent once", async () => {
    const { read } = reader();
    await read(queries(100, 5), 0);
    const restarted = await read(queries(3, 0.1), 1_000);
    expect(restarted).not.toHaveProperty("queryRate");
    expect(restarted).toMatchObject({ queries: { "graph.QUERY": 3 } });
    expect(await read(queries(5, 0.2), 2_000)).toMatchObject({ queryRate: 2 });
  });

  it("a server that was restarted and answered more queries than before is known by its uptime", async () => {
    const { read } = reader();
    await read({ ...queries(3, 1), uptimeSeconds: 50 }, 0);
    expect(await read({ ...queries(9, 2), uptimeSeconds: 2 }, 60_000)).not.toHaveProperty("queryRate");
  });

  it("the seconds of the response are those of the smallest query", async () => {
    const { read, store } = reader();
    expect(await read({}, 0)).toMatchObject({ responseTime: 0 });
    expect(store.asked[0]?.text).toBe("RETURN 1 AS one");
  });

  it("indexes are counted over all graphs, and the server is asked once", async () => {
    const { read, store } = reader(({ text }) => row({ value: text.includes("db.indexes") ? 2 : 1 }));
    expect(await read({}, 0, ["a", "b", "c"])).toMatchObject({ offlineIndexes: 6 });
    expect(store.asked.filter(({ text }) => text.startsWith("RETURN 1")).map(({ graph }) => graph)).toEqual(["a"]);
  });

  it.each([
    ["does not have", new StoreRefusal("There is no procedure dbms.queryJmx")],
    ["does not permit", new VitalsError("source_failed", "not permitted", { errorType: "forbidden" })],
  ])("what the server %s is absent with a warning, and the rest is there", async (_what, error) => {
    const { read, warnings } = reader(({ text }) => {
      if (text.includes("queryJmx")) throw error;
      return row({ value: 4, active: 1, slow: 0 });
    }, "neo4j");
    const values = await read({}, 0);
    expect(values).toMatchObject({ connections: 4, activeQueries: 1, slowQueries: 0, offlineIndexes: 4 });
    expect(values).not.toHaveProperty("memoryUsage");
    expect(warnings).toEqual(expect.arrayContaining([`memory of the server cannot be measured: ${error.message}`]));
  });

  it("a connection that fails fails the reading", async () => {
    const { read } = reader(() => {
      throw new VitalsError("source_unreachable", "gone");
    });
    await expect(read({}, 0)).rejects.toThrow("gone");
  });
});
