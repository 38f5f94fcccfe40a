/**
 * A collector of the default collections at intervals twenty times as short, until it is killed. Arguments: memory file, and `level` for the
 * heap of `otel-vitals run`.
 */
import { keepAlive } from "../../src/base/clock.ts";
import { keepHeapLevel } from "../../src/cli/heap.ts";
import { createCollector } from "../../src/index.ts";
import { COLLECTIONS } from "./full-hour.ts";

const [memoryFile = "", heap] = process.argv.slice(2);
if (heap === "level") keepHeapLevel();

const SHORTER = { "1s": "50ms", "2s": "100ms", "5s": "250ms" } as const;
const { analytics, graph, memory } = COLLECTIONS;
const collector = createCollector({
  sources: { here: { kind: "host" }, agent: { kind: "mcp-memory", path: memoryFile } },
  collections: {
    analytics: { ...analytics, interval: SHORTER[analytics.interval] },
    graph: { ...graph, interval: SHORTER[graph.interval] },
    memory: { ...memory, interval: SHORTER[memory.interval] },
  },
});
await keepAlive(collector.start());
setInterval(() => {
  const { system, user } = process.cpuUsage();
  process.send?.((system + user) / 1e6);
}, 1_000);
