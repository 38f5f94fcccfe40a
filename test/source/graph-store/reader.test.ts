import { describe, expect, it } from "vitest";
import { VitalsError } from "../../../src/base/errors.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { missingOf } from "../../../src/source/incomplete.ts";
import type { Measure } from "../../../src/source/graph-store/layout.ts";
import type { Source } from "../../../src/source/source.ts";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import type { Statement } from "../../../src/store/store.ts";
import { fakeFalkordb } from "../../support/fake-falkordb.ts";
import { FakeStore, isCatalog, row, stats, type Answer } from "../../support/fake-store.ts";
import { makeSource } from "../../support/source.ts";

const NEVER = new AbortController().signal;

const measure = (name: string, field: string, cost: Measure["cost"] = "cheap"): Measure => ({
  name,
  type: "agent-memory",
  fields: [field],
  cost,
  query: { falkordb: name },
});

/** A source whose store answers the catalog with some labels, and every other query as the test says. */
function setUp(answer: Answer, custom: readonly Measure[], options: object = { graphs: ["g"] }) {
  const clock = new ManualClock();
  const stores: FakeStore[] = [];
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const graphs: Record<string, Record<string, number>> = { g: { Thing: 1 } };
  const ask: Answer = (statement, signal) => {
    const labels = graphs[statement.graph ?? ""];
    if (!labels) throw new VitalsError("source_waiting", "the graph does not exist", { errorType: "missing_graph" });
    return isCatalog(statement) ? stats(labels) : answer(statement, signal);
  };
  const connect = async (): Promise<FakeStore> => {
    const store = new FakeStore(ask);
    store.names = Object.keys(graphs);
    stores.push(store);
    return store;
  };
  const kind = fakeFalkordb(connect, custom);
  const source: Source = makeSource(kind, options, {
    name: "memory",
    baseDir: "/",
    clock,
    types: new Map(),
    logger: { debug: log, info: log, warn: log, error: log },
  });
  const read = async (type: { readonly name: string } = agentMemory) => {
    const values = (await source.read(source.readings.get(type.name)!, NEVER, { timeoutMs: 4_000 })) as Record<string, unknown>;
    return { values: { ...values }, missing: missingOf(values) };
  };
  return { clock, graphs, stores, logged, source, read };
}

describe("StoreReader", () => {
  it("a query that fails leaves the others as they are, and is counted as missing", async () => {
    const { read } = setUp(
      ({ text }) => (text === "bad" ? row({ episodes: 9_007_199_254_740_993n }) : row({ scopes: 3 })),
      [measure("bad", "episodes"), measure("good", "scopes")],
    );
    const { values, missing } = await read();
    expect(values).toEqual({ scopes: 3 });
    expect(missing).toMatchObject({ share: 0.5, count: 1 });
    expect(missing?.text).toBe(
      '1 of 2 measures failed; first bad of graph g: the query returned an integer above 2^53 in the column "episodes"; expected a number',
    );
  });

  it.each([
    [Number.NaN, "episodes: expected a number, found NaN"],
    [-1, "episodes: expected at least 0, found -1"],
  ])("a query that returns %d is counted as missing, and the rest of the reading is valid", async (number, message) => {
    const { read } = setUp(
      ({ text }) => row({ [text]: text === "episodes" ? number : 3 }),
      [measure("episodes", "episodes"), measure("scopes", "scopes")],
    );
    const { values, missing } = await read();
    expect(values).toEqual({ scopes: 3 });
    expect(missing?.text).toBe(`1 of 2 measures failed; first episodes of graph g: ${message}`);
  });

  it("each query has a part of the time that is left", async () => {
    const { clock, read, stores } = setUp(
      ({ text }) => {
        clock.block(1_000);
        return row({ [text]: 1 });
      },
      [measure("episodes", "episodes"), measure("scopes", "scopes"), measure("pending", "pending")],
    );
    await read();
    const given = stores[0]!.asked.filter((statement: Statement) => !isCatalog(statement)).map(({ timeoutMs }) => timeoutMs);
    expect(given).toEqual([2_000, 1_500, 1_000]);
  });

  it("a scan that could not connect is made again at its interval, and its failure is reported", async () => {
    let connections = 0;
    const measures = [measure("episodes", "episodes"), measure("scopes", "scopes", "scan")];
    const { clock, read, stores } = setUp(({ text }) => row({ [text]: 3 }), measures, { graphs: ["g"], scan_interval: "1m" });
    // The first connection is for the cheap measures, the second for the scan.
    stores.push = (...made) => {
      if ((connections += 1) === 2) throw new VitalsError("source_unreachable", "too many connections");
      return Array.prototype.push.apply(stores, made);
    };
    const first = await read();
    expect([first.values, first.missing?.text]).toEqual([{ episodes: 3 }, "1 of 2 measures failed; first scan: too many connections"]);
    await clock.advance(60_000);
    const second = await read();
    expect([second.values, second.missing]).toEqual([{ episodes: 3, scopes: 3 }, undefined]);
  });

  it("only the sample for which a scan was made contains its fields", async () => {
    const { clock, read } = setUp(
      ({ text }) => row({ [text]: 3 }),
      [measure("episodes", "episodes"), measure("scopes", "scopes", "scan")],
      {
        graphs: ["g"],
        scan_interval: "1m",
      },
    );
    const seen: unknown[] = [];
    for (let n = 0; n < 5; n += 1) {
      seen.push((await read()).values);
      await clock.advance(20_000);
    }
    const [both, cheap] = [{ episodes: 3, scopes: 3 }, { episodes: 3 }];
    expect(seen).toEqual([both, cheap, cheap, both, cheap]);
  });

  it("a graph that does not exist yet is waited for, and read after its first write as what it is", async () => {
    const { clock, graphs, logged, read } = setUp(() => row({ newestMemoryAge: null }), []);
    delete graphs["g"];
    await expect(read()).rejects.toMatchObject({ code: "source_waiting" });
    graphs["g"] = {};
    await clock.advance(1_000);
    await expect(read()).rejects.toMatchObject({ code: "source_waiting" });
    graphs["g"] = { Episodic: 2, Entity: 3 };
    await clock.advance(1_000);
    expect((await read()).values).toMatchObject({ episodes: 2 });
    expect(logged.filter((line) => line.includes("layout"))).toEqual(["graph g: layout graphiti (Graphiti), on Fake 1.2.3"]);
  });

  it("a graph of which only a part was written when it was first read gets its layout later", async () => {
    const { clock, graphs, logged, read } = setUp(() => row({ scopes: 1 }), [measure("scopes", "scopes")]);
    graphs["g"] = { Entity: 1 };
    expect((await read()).values).toEqual({ scopes: 1 });
    graphs["g"] = { Entity: 1, Episodic: 1 };
    await clock.advance(1_000);
    await read();
    expect(logged.flatMap((line) => /layout (\S+)/.exec(line)?.[1] ?? [])).toEqual(["generic", "graphiti"]);
  });

  it("a graph that is deleted fails the reading, and one that is written anew may have another layout", async () => {
    const { clock, graphs, logged, read } = setUp(() => row({ scopes: 1 }), [measure("scopes", "scopes")]);
    graphs["g"] = { Entity: 1, Episodic: 1 };
    await read();
    delete graphs["g"];
    await clock.advance(1_000);
    await expect(read()).rejects.toMatchObject({ code: "source_failed", message: "no graph is there any more: g" });
    graphs["g"] = { Memory: 1, person: 1 };
    await clock.advance(1_000);
    await read();
    expect(logged.flatMap((line) => /layout (\S+)/.exec(line)?.[1] ?? [])).toEqual(["graphiti", "neo4j-mcp"]);
  });

  it("a graph that is deleted while the graphs are read leaves the others as they are", async () => {
    const { graphs, read } = setUp(
      ({ graph }) => {
        delete graphs["b"];
        return row({ scopes: graph === "a" ? 1 : 2 });
      },
      [measure("scopes", "scopes")],
      { graphs: ["a", "b", "c"] },
    );
    Object.assign(graphs, { a: { Thing: 1 }, b: { Thing: 1 }, c: { Thing: 1 } });
    const { values, missing } = await read();
    expect([values, missing]).toEqual([{ scopes: { a: 1, c: 2 } }, undefined]);
  });

  it("no more graphs than the limit are read, the first by name, and a warning says how many match", async () => {
    const { graphs, logged, read } = setUp(() => row({ scopes: 1 }), [measure("scopes", "scopes")], { graphs: ["t*"], max_graphs: 2 });
    Object.assign(graphs, { t3: { A: 1 }, t1: { A: 1 }, t2: { A: 1 } });
    expect((await read()).values).toEqual({ scopes: { t1: 1, t2: 1 } });
    expect(logged).toContain("3 graphs match; the first 2 by name are read (max_graphs)");
  });

  it("a connection that fails is reported with its own error, and opened anew", async () => {
    let isGone = true;
    const { read, stores } = setUp(() => {
      if (isGone) throw new VitalsError("source_unreachable", "redis://127.0.0.1:1: Socket closed unexpectedly");
      return row({ scopes: 1 });
    }, [measure("scopes", "scopes")]);
    await expect(read()).rejects.toMatchObject({ code: "source_unreachable", message: "redis://127.0.0.1:1: Socket closed unexpectedly" });
    isGone = false;
    expect((await read()).values).toEqual({ scopes: 1 });
    expect(stores.map(({ isDisposed }) => isDisposed)).toEqual([true, false]);
  });

  it("a custom query of a scan in progress ends when the source is closed", async () => {
    const started = Promise.withResolvers<void>();
    const { source, read, stores } = setUp(
      (_statement, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
          started.resolve();
        }),
      [measure("scopes", "scopes", "scan")],
    );
    const reading = expect(read()).resolves.toMatchObject({ values: {} });
    await started.promise;
    await source.close();
    await reading;
    expect(stores.map(({ isDisposed }) => isDisposed)).toEqual([true, true]);
  });
});
