import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { agentMemory, type MemoryInsights } from "../../../src/sample/agent-memory.ts";
import { graphMetrics, type GraphMetrics } from "../../../src/sample/graph-metrics.ts";
import { judge } from "../../../src/sample/sample-type.ts";
import { Growth } from "../../../src/source/mcp-memory/growth.ts";
import { measureFile, type MeasureFile } from "../../../src/source/mcp-memory/measure-file.ts";
import { MeasureWorker } from "../../../src/source/mcp-memory/measure-worker.ts";
import { MemoryFile } from "../../../src/source/mcp-memory/memory-file.ts";
import { mcpMemory } from "../../../src/source/mcp-memory/mcp-memory.ts";
import { Source } from "../../../src/source/source.ts";
import { SimulatedClock } from "../../support/simulated-clock.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vitals-memory-"));
  path = join(folder, "memory.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const live = new AbortController().signal;
const entity = (name: string, entityType: string, ...observations: string[]): string =>
  JSON.stringify({ type: "entity", name, entityType, observations });
const relation = (from: string, relationType: string, to: string): string => JSON.stringify({ type: "relation", from, to, relationType });

/** Writes the file as of a while ago, so that it does not look as if it were still being written. */
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

/** What both forms have to do; the thread is one for all its tests, as in a collector. */
const forms: readonly (readonly [string, () => { measure: MeasureFile; close: () => Promise<void> }])[] = [
  ["inline", () => ({ measure: measureFile, close: async () => {} })],
  [
    "in a thread",
    () => {
      const worker = new MeasureWorker();
      return { measure: worker.measure, close: () => worker[Symbol.asyncDispose]() };
    },
  ],
];

describe.each(forms)("measuring a memory file %s", (_, make) => {
  it("counts statements by memory type, and the graph between known entities", async () => {
    const { measure, close } = make();
    write(
      [
        entity("a", "person", "likes tea", "likes tea"),
        entity("b", "Skill", "how"),
        entity("c", "event", "then"),
        relation("a", "has", "b"),
        relation("a", "met", "nobody"),
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
    expect(judge(graphMetrics, graph).ok).toBe(true);
  });

  it.each([
    ["an empty file", "", { nodeCount: 0, edgeCount: 0, connectedComponents: 0, density: 0 }],
    ["a last line that is still being written", `${entity("a", "x", "1")}\n{"type":"enti`, { nodeCount: 1 }],
    ["an entity told twice", `${entity("a", "x", "1")}\n${entity("a", "y", "2")}\n`, { nodeCount: 1, nodes: { x: 1 } }],
    ["a type that would name an object's prototype", entity("a", "__proto__", "1"), { nodes: { "(__proto__)": 1 } }],
    ["lines of other types and empty ones", `\n{"type":"note"}\n\n${entity("a", "x")}\n`, { nodeCount: 1 }],
  ])("takes %s for what it is", async (_name, text, graph) => {
    const { measure, close } = make();
    write(text);
    const measured = await measure(request());
    await close();
    expect(measured.graph).toMatchObject(graph);
  });

  it.each([
    [
      "a line in the middle that is no JSON",
      `{"type":\n${entity("a", "x")}\n`,
      "reading_invalid",
      /^line 1 of the memory file: expected a JSON object, found text that is no JSON$/,
    ],
    ["a name that is no text", `{"type":"entity","name":5}\n`, "reading_invalid", /line 1 .* expected text in "name", found number/],
    [
      "observations that are no text",
      `{"type":"entity","name":"a","observations":[{"x":1}]}\n`,
      "reading_invalid",
      /text in every observation/,
    ],
  ])("refuses %s", async (_name, text, code, message) => {
    const { measure, close } = make();
    write(text);
    await expect(measure(request())).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
    await close();
  });

  it("says what is wrong with a file that is missing, a folder, or too large", async () => {
    const { measure, close } = make();
    await expect(measure(request())).rejects.toMatchObject({
      code: "source_unreachable",
      message: 'memory file "memory.jsonl" is not there; start the memory server, or set its path',
    });
    mkdirSync(path);
    await expect(measure(request())).rejects.toMatchObject({
      code: "source_failed",
      message: expect.stringContaining("found a folder") as string,
    });
    rmSync(path, { recursive: true });
    write(entity("a", "x", "1"));
    await expect(measure(request(10))).rejects.toMatchObject({
      code: "source_failed",
      message: expect.stringMatching(/has \d+ bytes; at most 10 are read/) as string,
    });
    await close();
  });

  it("reads 100 MB without holding it", async () => {
    const { measure, close } = make();
    const line = `${entity("x".repeat(20), "thing", "y".repeat(100_000))}\n`;
    write(line.repeat(1_000));
    const { statements } = await measure(request());
    await close();
    expect(statements).toMatchObject({ distinct: 1, memories: { semantic: 1_000 } });
  });
});

describe("a memory file", () => {
  function counted() {
    let measured = 0;
    const clock = new SimulatedClock();
    const measure: MeasureFile = (asked) => ((measured += 1), measureFile(asked));
    return { file: new MemoryFile(request(), measure, clock, async () => {}), clock, measured: () => measured };
  }

  it("is measured once for both readings, and again only when it has changed", async () => {
    const { file, measured } = counted();
    write(entity("a", "x", "1"));
    await Promise.all([file.insights(), file.graph(), file.graph()]);
    await file.insights();
    expect(measured()).toBe(1);
    write(`${entity("a", "x", "1")}\n${entity("b", "x", "2")}`);
    expect((await file.graph()).nodeCount).toBe(2);
    expect(measured()).toBe(2);
  });

  it("tells growth once a minute has passed, over the last hour", async () => {
    const { file, clock } = counted();
    write(entity("a", "x", "1", "2"));
    expect(await file.insights()).not.toHaveProperty("memoryGrowthRate");
    clock.block(60_000);
    write(entity("a", "x", "1", "2", "3"));
    expect((await file.insights()).memoryGrowthRate).toBe(0.5);
  });

  it("never tells what was not measured: no share of nothing, no retrieval that nobody made", async () => {
    const { file } = counted();
    write("");
    const insights = await file.insights();
    expect(insights).toEqual({ totalMemories: 0, memories: { procedural: 0, semantic: 0, episodic: 0 } });
    expect(judge(agentMemory, insights).ok).toBe(true);
  });

  it("that never stands still is not measured in the middle", async () => {
    const { file } = counted();
    let turn = 0;
    const rewriting = setInterval(
      () => writeFileSync(path, Array.from({ length: (turn += 1) }, (_, n) => entity(`e${n}`, "x", "1")).join("\n")),
      1,
    );
    writeFileSync(path, "");
    await expect(file.graph()).rejects.toMatchObject({
      code: "source_failed",
      message: expect.stringContaining("was being written each of 5 times it was read") as string,
    });
    clearInterval(rewriting);
    settled();
    expect((await file.graph()).nodeCount).toBe(turn);
  });

  it("waits for a file that is being written", async () => {
    const { file } = counted();
    writeFileSync(path, entity("a", "x", "1"));
    expect((await file.graph()).nodeCount).toBe(1);
  });
});

describe("growth", () => {
  it("compares with the count an hour ago, however long it has been kept", () => {
    const growth = new Growth();
    for (let minute = 0; minute <= 180; minute += 1) growth.record(100 + minute, minute * 60_000);
    expect(growth.rate(280, 180 * 60_000)).toBeCloseTo((280 - 220) / 220, 10);
  });

  it("is not known from nothing", () => {
    const growth = new Growth();
    growth.record(0, 0);
    expect(growth.rate(5, 120_000)).toBeUndefined();
  });
});

describe("the real memory server", () => {
  const server = join(dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-memory/package.json")), "dist/index.js");
  let client: Client;

  beforeEach(async () => {
    client = new Client({ name: "otel-vitals-test", version: "0" });
    const env = { PATH: process.env["PATH"] ?? "", MEMORY_FILE_PATH: path };
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [server], env, stderr: "ignore" }));
  });
  afterEach(() => client.close());

  const call = (name: string, args: Record<string, unknown>) => client.callTool({ name, arguments: args });

  interface StoredGraph {
    readonly entities: readonly { readonly name: string; readonly entityType: string; readonly observations: readonly string[] }[];
    readonly relations: readonly unknown[];
  }
  async function stored(): Promise<StoredGraph> {
    const { structuredContent, content } = (await call("read_graph", {})) as unknown as {
      structuredContent?: StoredGraph;
      content: readonly { text: string }[];
    };
    return structuredContent ?? (JSON.parse(content[0]?.text ?? "{}") as StoredGraph);
  }

  it("writes what we read: created, related and deleted memories are counted as it tells them itself", async () => {
    const clock = new SimulatedClock();
    const source = new Source(mcpMemory, { path: "memory.jsonl" }, { name: "agent", baseDir: folder, clock, types: new Map() });
    const readBoth = async () => {
      const [memory, graph] = [source.readings.get("agent-memory"), source.readings.get("graph")];
      if (!memory || !graph) throw new Error("both readings are there");
      const insights = (await source.read(memory, live)) as MemoryInsights;
      const metrics = (await source.read(graph, live)) as GraphMetrics;
      return { insights, metrics };
    };
    const expectAgreement = async (): Promise<void> => {
      const { entities, relations } = await stored();
      const { insights, metrics } = await readBoth();
      const statements = entities.reduce((sum, each) => sum + each.observations.length, 0) + relations.length;
      expect(insights.totalMemories).toBe(statements);
      expect(metrics).toMatchObject({ nodeCount: entities.length, edgeCount: relations.length });
    };
    await call("create_entities", {
      entities: Array.from({ length: 30 }, (_, n) => ({
        name: `entity ${n}`,
        entityType: n % 3 === 0 ? "event" : "person",
        observations: [`first of ${n}`, `second of ${n}`],
      })),
    });
    await call("create_relations", {
      relations: Array.from({ length: 29 }, (_, n) => ({ from: `entity ${n}`, to: `entity ${n + 1}`, relationType: "next" })),
    });
    await expectAgreement();
    const { insights, metrics } = await readBoth();
    expect(insights.memories).toEqual({ episodic: 20, semantic: 40 + 29, procedural: 0 });
    expect(metrics).toMatchObject({ diameter: 29, connectedComponents: 1, edges: { next: 29 } });
    await call("add_observations", { observations: [{ entityName: "entity 0", contents: ["third of 0"] }] });
    await expectAgreement();
    await call("delete_entities", { entityNames: ["entity 10"] });
    await expectAgreement();
    expect((await readBoth()).metrics).toMatchObject({ connectedComponents: 2, largestComponentSize: 19 });
    await source.close();
  });
});
