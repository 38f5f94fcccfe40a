/**
 * Reads a memory file several times in a worker thread, one way, and prints the times, the CPU time and the peak memory of this process.
 */
import { Worker } from "node:worker_threads";
import type { FileMeasurement } from "../../src/source/mcp-memory/measure-file.ts";
import { MeasureWorker, YOUNG_GENERATION_MB } from "../../src/source/mcp-memory/measure-worker.ts";
import { change } from "./memory-file.ts";

export interface ParseRun {
  readonly timesMs: readonly number[];
  readonly cpuMs: readonly number[];
  readonly peakMb: number;
  /** What was found in the file; the same for every way. */
  readonly found: unknown;
}

const [way = "", path = "", rounds = "1"] = process.argv.slice(2);

function reader(): () => Promise<Pick<FileMeasurement, "statements" | "graph">> {
  const types = { episodic: ["event", "meeting"], procedural: ["skill"] };
  if (way === "otel-vitals") {
    const worker = new MeasureWorker();
    const request = { path, shownPath: path, types, maxBytes: Number.MAX_SAFE_INTEGER, budgetMs: 0 };
    return async () => {
      const { contents = { invalid: "it changed while it was read" } } = (await worker.measure(request)) ?? {};
      if ("invalid" in contents) throw new Error(contents.invalid);
      return contents;
    };
  }
  const worker = new Worker(new URL("plain-memory-worker.ts", import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  return async () => {
    const answer = Promise.withResolvers<FileMeasurement>();
    worker.once("message", answer.resolve);
    worker.once("error", answer.reject);
    worker.postMessage({ way, path, types });
    return answer.promise;
  };
}

const read = reader();
const timesMs: number[] = [];
const cpuMs: number[] = [];
let found: unknown;
for (let round = 0; round < Number(rounds); round += 1) {
  change(path, round);
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const { statements, graph } = await read();
  timesMs.push(performance.now() - startMs);
  const { user, system } = process.cpuUsage(cpuBefore);
  cpuMs.push((user + system) / 1_000);
  const { nodeCount, nodes, edgeCount, edges, connectedComponents, largestComponentSize } = graph;
  found = { statements, nodeCount, nodes, edgeCount, edges, connectedComponents, largestComponentSize };
}
const run: ParseRun = { timesMs, cpuMs, peakMb: process.resourceUsage().maxRSS / 1_024, found };
console.log(JSON.stringify(run));
process.exit(0);
