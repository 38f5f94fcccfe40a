import { systemClock } from "../../src/base/clock.ts";
import { mcpMemory } from "../../src/source/mcp-memory/mcp-memory.ts";
import { type Reading, type Source } from "../../src/source/source.ts";
import { makeSource } from "../../test/support/source.ts";

/** Our source of a memory file, with its worker thread, and its graph reading. The budget suffices for every measure. */
export function openMemory(path: string): {
  readonly source: Source;
  readonly graph: Reading<unknown>;
  readonly read: () => Promise<unknown>;
} {
  const source = makeSource(mcpMemory, { path, budget: "1m" }, { name: "memory", baseDir: "/", clock: systemClock, types: new Map() });
  const graph = source.readings.get("graph");
  if (!graph) throw new Error("the source has its graph reading");
  const { signal } = new AbortController();
  return { source, graph, read: () => source.read(graph, signal) };
}
