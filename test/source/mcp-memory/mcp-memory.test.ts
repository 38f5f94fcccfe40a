import { createHook } from "node:async_hooks";
import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agentMemory } from "../../../src/sample/types/agent-memory.ts";
import { graphMetrics } from "../../../src/sample/types/graph.ts";
import { validateReading } from "../../../src/sample/sample-type.ts";
import { Growth } from "../../../src/source/growth.ts";
import { MemoryFile } from "../../../src/source/mcp-memory/memory-file.ts";
import {
  measureFile,
  type FileMeasurement,
  type FileVersion,
  type MeasureFile,
  type MeasureRequest,
} from "../../../src/source/mcp-memory/measure-file.ts";
import { MeasureWorker, type WorkerThread } from "../../../src/source/mcp-memory/measure-worker.ts";
import { StatementSet } from "../../../src/source/mcp-memory/statement-set.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { resolve as resolvePlan } from "../../../src/collector/resolve.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vitals-memory-"));
  path = join(folder, "memory.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const entity = (name: string, entityType: string, ...observations: string[]): string =>
  JSON.stringify({ type: "entity", name, entityType, observations });
const relation = (from: string, relationType: string, to: string): string => JSON.stringify({ type: "relation", from, to, relationType });

/** Writes the file with an old modification time, so that it does not look as if it were still being written. */
function write(text: string): void {
  writeFileSync(path, text);
  settled();
}
function settled(): void {
  const before = new Date(statSync(path).mtimeMs - 60_000);
  utimesSync(path, before, before);
}

const request = (maxBytes = 1e9) => ({
  path,
  shownPath: "memory.jsonl",
  types: { episodic: ["event"], procedural: ["skill"] },
  maxBytes,
  budgetMs: 1_000,
});

/** What a measure finds in a memory file. Rejects if it is none. */
const found =
  (measure: MeasureFile) =>
  async (request: MeasureRequest): Promise<FileMeasurement> => {
    const { contents = { invalid: "the file changed during each attempt" } } = (await measure(request)) ?? {};
    if ("invalid" in contents) throw new Error(contents.invalid);
    return contents;
  };

/** Both forms of the measure, which have to behave alike. */
const forms: readonly (readonly [string, () => { measure: ReturnType<typeof found>; close: () => Promise<void> }])[] = [
  ["measureFile", () => ({ measure: found(measureFile), close: async () => {} })],
  [
    "MeasureWorker",
    () => {
      const worker = new MeasureWorker();
      return { measure: found(worker.measure), close: () => worker[Symbol.asyncDispose]() };
    },
  ],
];

describe.each(forms)("%s", (form, make) => {
  it(`${form} counts statements by memory type, and measures the graph between existing entities`, async () => {
    const { measure, close } = make();
    write(
      [
        entity("a", "person", "likes tea", "likes tea"),
        entity("b", "Skill", "how"),
        entity("c", "event", "then"),
        relation("a", "has", "b"),
        relation("a", "met", "missing"),
      ].join("\n"),
    );
    const { statements, graph, compressionRatio } = await measure(request());
    await close();
    expect(statements.memories).toEqual({ procedural: 1, semantic: 4, episodic: 1 });
    expect(statements.distinct).toBe(5);
    expect(compressionRatio).toBeGreaterThan(1);
    expect(graph).toMatchObject({
      nodeCount: 3,
      nodes: { person: 1, Skill: 1, event: 1 },
      edgeCount: 2,
      edges: { has: 1, met: 1 },
      connectedComponents: 2,
      largestComponentSize: 2,
      diameter: 1,
    });
    expect(validateReading(graphMetrics, graph).ok).toBe(true);
  });

  it(`${form} reports the compression ratio of a file that gzip makes larger`, async () => {
    const { measure, close } = make();
    const text = `${entity("a", "x", "tea")}\n`;
    write(text);
    const { compressionRatio = Number.NaN } = await measure(request());
    await close();
    // Gzip adds 18 bytes, and finds little to share in one line.
    expect(compressionRatio).toBeLessThan(1);
    expect(compressionRatio).toBeGreaterThan(text.length / (text.length + 30));
    expect(validateReading(agentMemory, { compressionRatio })).toMatchObject({ ok: true });
  });

  it(`${form} counts a relation as a sentence of three words, and two relations as one statement if ends and type are equal`, async () => {
    const { measure, close } = make();
    write(
      [
        entity("Zoë", "person"),
        entity("b", "person"),
        relation("Zoë", "knows", "b"),
        relation("Zoë", "knows", "b"),
        relation("b", "knows", "Zoë"),
        relation("Zoë", "likes", "b"),
      ].join("\n"),
    );
    const { statements } = await measure(request());
    await close();
    const sentences = ["Zoë knows b", "Zoë knows b", "b knows Zoë", "Zoë likes b"];
    expect(statements).toEqual({
      memories: { procedural: 0, semantic: 4, episodic: 0 },
      distinct: 3,
      bytes: sentences.reduce((sum, sentence) => sum + Buffer.byteLength(sentence), 0),
    });
  });

  it(`${form} connects entities in any order of lines, and counts a relation to a missing entity without connecting it`, async () => {
    const { measure, close } = make();
    write(
      [
        relation("b", "knows", "a"),
        entity("a", "x"),
        relation("ghost", "knows", "a"),
        relation("ghost", "knows", "spirit"),
        entity("c", "x"),
        entity("b", "x"),
        relation("c", "knows", "b"),
      ].join("\n"),
    );
    const { statements, graph } = await measure(request());
    await close();
    expect(graph).toMatchObject({ nodeCount: 3, edgeCount: 4, connectedComponents: 1, largestComponentSize: 3, diameter: 2 });
    expect(statements).toMatchObject({ distinct: 4, memories: { semantic: 4 } });
  });

  it(`${form} distinguishes statements by entity and text, and measures their size in UTF-8`, async () => {
    const { measure, close } = make();
    write(
      [
        entity("a", "x", "tea", "tea", "é"),
        entity("b", "x", "tea"),
        relation("a", "likes", "b"),
        relation("a", "likes", "b"),
        relation("b", "likes", "a"),
        relation("a", "knows", "b"),
      ].join("\n"),
    );
    const { statements } = await measure(request());
    await close();
    expect(statements).toEqual({
      memories: { procedural: 0, semantic: 8, episodic: 0 },
      distinct: 3 + 3,
      bytes: 3 + 3 + 2 + 3 + 4 * "a likes b".length,
    });
  });

  it(`${form} leaves out only the expensive measures if reading took the whole budget`, async () => {
    const { measure, close } = make();
    write([entity("a", "x"), entity("b", "x"), relation("a", "likes", "b")].join("\n"));
    const { graph } = await measure({ ...request(), budgetMs: 1e-6 });
    await close();
    expect(graph).toEqual({
      nodeCount: 2,
      nodes: { x: 2 },
      edgeCount: 1,
      edges: { likes: 1 },
      relations: { x: { likes: { x: 1 } } },
      storeSize: statSync(path).size,
      unreferencedNodes: 2,
      connectedComponents: 1,
      largestComponentSize: 2,
      orphanNodes: 0,
      orphanShare: 0,
      leafNodes: 2,
      maxDegree: 1,
      density: 1,
      exact: { connected_components: 1, largest_component_size: 1, density: 1 },
    });
  });

  it.each([
    ["an empty file", "", { nodeCount: 0, edgeCount: 0, connectedComponents: 0, density: 0 }],
    ["a last line that is still being written", `${entity("a", "x", "1")}\n{"type":"enti`, { nodeCount: 1 }],
    ["an entity written twice", `${entity("a", "x", "1")}\n${entity("a", "y", "2")}\n`, { nodeCount: 1, nodes: { x: 1 } }],
    ["a type named like the prototype of an object", entity("a", "__proto__", "1"), { nodes: { "(__proto__)": 1 } }],
    ["lines of other types and empty ones", `\n{"type":"note"}\n\n${entity("a", "x")}\n`, { nodeCount: 1 }],
  ])(`${form} reads %s`, async (_name, text, graph) => {
    const { measure, close } = make();
    write(text);
    const measured = await measure(request());
    await close();
    expect(measured.graph).toMatchObject(graph);
  });

  it(`${form} refuses a missing file, a folder and a file that is too large`, async () => {
    const { measure, close } = make();
    await expect(measure(request())).rejects.toMatchObject({
      code: "source_unreachable",
      message: 'memory file "memory.jsonl" is missing, although it was there before',
    });
    mkdirSync(path);
    await expect(measure(request())).rejects.toMatchObject({
      code: "reading_invalid",
      message: 'memory file "memory.jsonl" is a folder; expected a regular file',
    });
    rmSync(path, { recursive: true });
    write(entity("a", "x", "1"));
    await expect(measure(request(10))).rejects.toMatchObject({
      code: "source_failed",
      message: expect.stringMatching(/has \d+ B; expected at most 10 B \(max_bytes\)$/) as string,
    });
    await close();
  });

  it(`${form} reads a file of 100 MB`, async () => {
    const { measure, close } = make();
    const line = `${entity("x".repeat(20), "thing", "y".repeat(100_000))}\n`;
    write(line.repeat(1_000));
    const { statements } = await measure(request());
    await close();
    expect(statements).toMatchObject({ distinct: 1, memories: { semantic: 1_000 } });
  });
});

describe("MeasureWorker", () => {
  it("MeasureWorker starts one thread at the first request, and uses it for all others", async () => {
    const started: string[] = [];
    const hook = createHook({ init: (_id, type) => void (type === "WORKER" && started.push(type)) }).enable();
    const worker = new MeasureWorker();
    expect(started).toEqual([]);
    write(entity("a", "x", "1"));
    await Promise.all([worker.measure(request()), worker.measure(request())]);
    await expect(worker.measure(request(1))).rejects.toMatchObject({ code: "source_failed" });
    expect((await found(worker.measure)(request())).graph.nodeCount).toBe(1);
    await worker[Symbol.asyncDispose]();
    hook.disable();
    expect(started).toEqual(["WORKER"]);
  });

  it("MeasureWorker starts no thread after disposal, and fails what is not answered by then", async () => {
    const started: string[] = [];
    write(entity("a", "x", "1"));
    const worker = new MeasureWorker();
    const pending = worker.measure(request()).catch((error: unknown) => error);
    await worker[Symbol.asyncDispose]();
    const hook = createHook({ init: (_id, type) => void (type === "WORKER" && started.push(type)) }).enable();
    expect(await pending).toMatchObject({ code: "source_failed", message: "the worker thread that reads the memory file was stopped" });
    await expect(worker.measure(request())).rejects.toMatchObject({ code: "lifecycle" });
    hook.disable();
    expect(started).toEqual([]);
  });

  it("MeasureWorker fails only the reading of a file that needs more memory than the thread may use, and reads the next one", async () => {
    const worker = new MeasureWorker(16);
    // Names are kept, and these are all different.
    write(Array.from({ length: 400_000 }, (_, n) => entity(`${"name ".repeat(20)}${n}`, "x")).join("\n"));
    await expect(worker.measure(request())).rejects.toMatchObject({
      code: "source_failed",
      message: "the worker thread that reads the memory file ran out of memory: the file needs more than 16 MiB",
      retryable: true,
    });
    write(entity("a", "x", "1"));
    expect((await found(worker.measure)(request())).graph.nodeCount).toBe(1);
    await worker[Symbol.asyncDispose]();
  });

  /** A worker whose threads answer nothing by themselves. */
  function withFakeThreads() {
    const threads: FakeThread[] = [];
    const worker = new MeasureWorker(16, () => {
      const thread = new FakeThread();
      threads.push(thread);
      return thread;
    });
    return { worker, threads };
  }

  it("MeasureWorker fails only the requests of a thread that ended", async () => {
    const { worker, threads } = withFakeThreads();
    const first = worker.measure(request()).catch((error: unknown) => error);
    threads[0]?.emit("error", new Error("broken"));
    expect(await first).toMatchObject({ message: "the worker thread that reads the memory file failed: broken" });
    const second = worker.measure(request());
    // The exit of the first thread comes after its error.
    threads[0]?.emit("exit", 1);
    threads[1]?.emit("message", { id: 1, version: undefined });
    expect(await second).toBeUndefined();
    expect(threads).toHaveLength(2);
  });

  it("MeasureWorker fails the requests of a thread whose response cannot be read, and starts another", async () => {
    const { worker, threads } = withFakeThreads();
    const first = worker.measure(request()).catch((error: unknown) => error);
    threads[0]?.emit("messageerror", new Error("no such class"));
    expect(await first).toMatchObject({ message: expect.stringContaining("sent a response that cannot be read: no such class") as string });
    expect(threads[0]?.isTerminated).toBe(true);
    void worker.measure(request()).catch(() => undefined);
    expect(threads).toHaveLength(2);
    await worker[Symbol.asyncDispose]();
  });

  it("MeasureWorker waits a second at most for a thread that does not end", async () => {
    const { worker, threads } = withFakeThreads();
    const first = worker.measure(request()).catch((error: unknown) => error);
    const [thread] = threads;
    if (thread) thread.isStuck = true;
    await worker[Symbol.asyncDispose]();
    expect(await first).toMatchObject({ code: "source_failed" });
    expect(thread?.isTerminated).toBe(true);
  });
});

/** A thread as `MeasureWorker` sees it. */
class FakeThread extends EventEmitter implements WorkerThread {
  isTerminated = false;
  isStuck = false;
  postMessage(): void {}
  unref(): void {}
  terminate(): Promise<number> {
    this.isTerminated = true;
    return this.isStuck ? new Promise(() => {}) : Promise.resolve(0);
  }
}

describe("MemoryFile", () => {
  function counted(expensiveIntervalMs = 0) {
    let measured = 0;
    const clock = new ManualClock();
    const measure: MeasureFile = (request) => ((measured += 1), measureFile(request));
    const file = new MemoryFile(request(), measure, { clock, expensiveIntervalMs, close: async () => {} });
    return { file, clock, measured: () => measured };
  }

  const CHEAP = { connected_components: 1, largest_component_size: 1, density: 1 };

  it("MemoryFile measures once for both readings, and again only if the file has changed", async () => {
    const { file, measured } = counted();
    write(entity("a", "x", "1"));
    await Promise.all([file.insights(), file.graph(), file.graph()]);
    await file.insights();
    expect(measured()).toBe(1);
    write(`${entity("a", "x", "1")}\n${entity("b", "x", "2")}`);
    expect((await file.graph()).nodeCount).toBe(2);
    expect(measured()).toBe(2);
  });

  it("MemoryFile makes one request to the filesystem while the file does not change", async () => {
    const { file } = counted();
    write(entity("a", "x", "1"));
    await file.graph();
    const requests: string[] = [];
    const hook = createHook({ init: (_id, type) => void (type.startsWith("FSREQ") && requests.push(type)) }).enable();
    await file.graph();
    hook.disable();
    expect(requests).toEqual(["FSREQPROMISE"]);
  });

  it("MemoryFile shares a measurement in progress between all readings", async () => {
    const clock = new ManualClock();
    const started: ((version: FileVersion | undefined) => void)[] = [];
    const measure: MeasureFile = () => new Promise((resolve) => started.push(resolve));
    const file = new MemoryFile(request(), measure, { clock, expensiveIntervalMs: 0, close: async () => {} });
    write(entity("a", "x", "1"));
    const version = await measureFile(request());
    const first = file.graph();
    while (started.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const later = [file.graph(), file.insights(), file.graph()] as const;
    started[0]?.(version);
    const graphs = await Promise.all([first, later[0], later[2]]);
    expect(graphs.map(({ nodeCount }) => nodeCount)).toEqual([1, 1, 1]);
    expect(started).toHaveLength(1);
  });

  it("MemoryFile measures the expensive fields at most once in their interval, and leaves them out in between", async () => {
    const { file, clock, measured } = counted(30_000);
    write(entity("a", "x", "1"));
    expect((await file.graph()).diameter).toBe(0);
    clock.block(29_999);
    write([entity("a", "x", "1"), entity("b", "x", "1"), relation("a", "has", "b")].join("\n"));
    const between = await file.graph();
    expect(between).toMatchObject({ nodeCount: 2, connectedComponents: 1, density: 1, exact: CHEAP });
    for (const name of ["diameter", "clusteringCoefficient", "averageCentrality", "modularity"]) expect(between).not.toHaveProperty(name);
    expect(await file.graph()).toEqual(between);
    expect(measured()).toBe(2);
    clock.block(1);
    expect(await file.graph()).toMatchObject({ diameter: 1, averageCentrality: 1 });
    expect(measured()).toBe(3);
    // Only the sample that measured them contains them.
    expect(await file.graph()).toEqual(between);
    expect(measured()).toBe(3);
  });

  it("MemoryFile returns the expensive fields of an unchanged file once in each interval, without measuring it again", async () => {
    const { file, clock, measured } = counted(30_000);
    write(entity("a", "x", "1"));
    const carried: boolean[] = [];
    for (let second = 0; second < 90; second += 10) {
      carried.push("diameter" in (await file.graph()));
      clock.block(10_000);
    }
    expect(carried).toEqual([true, false, false, true, false, false, true, false, false]);
    expect(measured()).toBe(1);
  });

  it("mcp-memory declares expensive_interval as the cadence of the expensive measures", () => {
    const config = (options: object) => ({
      sources: { memory: { kind: "mcp-memory", path: "m.jsonl", ...options } },
      collections: { graph: { source: "memory", type: "graph" } },
    });
    const cadenceOf = (options: object) => resolvePlan(config(options)).collections.get("graph")?.cadence;
    expect(cadenceOf({ expensive_interval: "1m" })?.get("diameter")).toBe(60_000);
    expect(cadenceOf({ expensive_interval: "1m" })?.get("nodeCount")).toBe(2_000);
    expect(cadenceOf({})?.get("diameter")).toBe(2_000);
  });

  it("MemoryFile retries a failed measurement with everything that was due", async () => {
    const { file, clock } = counted(30_000);
    write("no\n");
    await expect(file.graph()).rejects.toMatchObject({ code: "reading_invalid" });
    clock.block(1);
    write(entity("a", "x", "1"));
    expect((await file.graph()).diameter).toBe(0);
  });

  it.each([
    ["file", (): string => path],
    ["folder", (): string => join(folder, "of", "an", "agent", "memory.jsonl")],
  ])(
    "MemoryFile waits for the first write while its %s has never been there, and fails once a file that was there is missing",
    async (_, pathOf) => {
      path = pathOf();
      const { file, measured } = counted();
      const waiting = {
        code: "source_waiting",
        retryable: true,
        message: `waiting for the first write: memory file "${path}" is not there yet; correct its path if it should be`,
      };
      await expect(file.graph()).rejects.toMatchObject(waiting);
      await expect(file.insights()).rejects.toMatchObject(waiting);
      expect(measured()).toBe(0);
      mkdirSync(dirname(path), { recursive: true });
      await expect(file.graph()).rejects.toMatchObject(waiting);
      write(entity("a", "x", "1"));
      expect((await file.graph()).nodeCount).toBe(1);
      rmSync(path);
      const missing = {
        code: "source_unreachable",
        message: expect.stringContaining("is missing, although it was there before") as string,
      };
      await expect(file.graph()).rejects.toMatchObject(missing);
      await expect(file.insights()).rejects.toMatchObject(missing);
    },
  );

  it("MemoryFile fails, and does not wait, where its path leads through a file", async () => {
    write("");
    path = join(path, "memory.jsonl");
    await expect(counted().file.graph()).rejects.toMatchObject({
      code: "source_unreachable",
      message: 'memory file "memory.jsonl" cannot be read (ENOTDIR)',
    });
  });

  it("MemoryFile that was seen but never measured has been there", async () => {
    const { file } = counted();
    write("no\n");
    await expect(file.graph()).rejects.toMatchObject({ code: "reading_invalid" });
    rmSync(path);
    await expect(file.graph()).rejects.toMatchObject({ code: "source_unreachable" });
  });

  it("MemoryFile reports growth after a minute", async () => {
    const { file, clock } = counted();
    write(entity("a", "x", "1", "2"));
    expect(await file.insights()).not.toHaveProperty("memoryGrowthRate");
    clock.block(60_000);
    write(entity("a", "x", "1", "2", "3"));
    expect((await file.insights()).memoryGrowthRate).toBe(0.5);
  });

  it("MemoryFile reports growth over the time that passed, suspensions of the process included", async () => {
    const { file, clock } = counted();
    write(entity("a", "x", "1"));
    await file.insights();
    clock.suspend(2 * 3_600_000);
    write(entity("a", "x", "1", "2"));
    await file.insights();
    clock.suspend(3_600_000);
    write(entity("a", "x", "1", "2", "3"));
    // From two memories an hour ago; it was one three hours ago.
    expect((await file.insights()).memoryGrowthRate).toBe(0.5);
  });

  it("MemoryFile reports no share of an empty file, and no retrievals", async () => {
    const { file } = counted();
    write("");
    const insights = await file.insights();
    expect(insights).toEqual({
      totalMemories: 0,
      memories: { procedural: 0, semantic: 0, episodic: 0 },
      duplicates: { name: 0, hash: 0 },
      skippedLines: 0,
      skippedByReason: { not_json: 0, not_a_record: 0, observation: 0, too_long: 0, other_type: 0 },
    });
    expect(validateReading(agentMemory, insights).ok).toBe(true);
  });

  it("MemoryFile does not measure a file that is written to all the time", async () => {
    const { file } = counted();
    let turn = 0;
    let isRewriting = true;
    // At every turn of the event loop, so that it changes between any two looks however busy the machine is.
    const rewrite = (): void => {
      if (!isRewriting) return;
      writeFileSync(path, Array.from({ length: (turn += 1) }, (_, n) => entity(`e${n}`, "x", "1")).join("\n"));
      setImmediate(rewrite);
    };
    writeFileSync(path, "");
    rewrite();
    try {
      await expect(file.graph()).rejects.toMatchObject({
        code: "source_waiting",
        message: expect.stringMatching(
          /^waiting until memory file "memory.jsonl" is written: it .+; it is read once it has not changed for 2s$/,
        ) as string,
      });
    } finally {
      isRewriting = false;
    }
    settled();
    expect((await file.graph()).nodeCount).toBe(turn);
  });

  it("MemoryFile waits until a file has been written", async () => {
    const { file } = counted();
    writeFileSync(path, entity("a", "x", "1"));
    expect((await file.graph()).nodeCount).toBe(1);
  });
});

describe("StatementSet", () => {
  it("StatementSet counts each distinct statement once, also for entities whose numbers differ little", () => {
    const set = new StatementSet();
    for (let twice = 0; twice < 2; twice += 1) {
      for (let a = 0; a < 700; a += 1) for (let b = 0; b < 700; b += 1) set.add(a, b, "knows");
    }
    for (const text of ["", "a", "b", "ab", "ba"]) set.add(0, 0, text);
    expect(set.size).toBe(700 * 700 + 5);
  });
});

describe("Growth", () => {
  it("Growth compares with the count an hour ago, even if it has older ones", () => {
    const growth = new Growth();
    for (let minute = 0; minute <= 180; minute += 1) growth.record(100 + minute, minute * 60_000);
    expect(growth.rate(280, 180 * 60_000)).toBeCloseTo((280 - 220) / 220, 10);
  });

  it("Growth is undefined from zero", () => {
    const growth = new Growth();
    growth.record(0, 0);
    expect(growth.rate(5, 120_000)).toBeUndefined();
  });
});
