import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MemoryInsights } from "../../../src/sample/types/agent-memory.ts";
import type { GraphMetrics } from "../../../src/sample/types/graph.ts";
import { mcpMemory } from "../../../src/source/mcp-memory/mcp-memory.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { makeSource } from "../../support/source.ts";

const live = new AbortController().signal;

describe("the mcp-memory source with the real memory server", () => {
  const server = join(dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-memory/package.json")), "dist/index.js");
  let client: Client;
  let folder = "";

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "vitals-memory-"));
    client = new Client({ name: "otel-vitals-test", version: "0" });
    const env = { PATH: process.env["PATH"] ?? "", MEMORY_FILE_PATH: join(folder, "memory.jsonl") };
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [server], env, stderr: "ignore" }));
  });
  afterEach(async () => {
    await client.close();
    rmSync(folder, { recursive: true });
  });

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

  it("the mcp-memory source counts created, related and deleted memories exactly as the memory server reports them", async () => {
    const clock = new ManualClock();
    const source = makeSource(mcpMemory, { path: "memory.jsonl" }, { name: "agent", baseDir: folder, clock, types: new Map() });
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
    // A file that shrank counts once it has stayed as it is for two seconds.
    await readBoth();
    clock.block(2_000);
    await expectAgreement();
    expect((await readBoth()).metrics).toMatchObject({ connectedComponents: 2, largestComponentSize: 19 });
    await source.close();
  });
});
