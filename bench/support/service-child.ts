/**
 * A collector with default settings whose memory file changes every two seconds: the effect of measuring it on a collection of one second
 * and
 * on the event loop; then the cost of reading an unchanged file.
 */
import { createHook } from "node:async_hooks";
import { stat } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createCollector } from "../../src/index.ts";
import { median } from "./measure.ts";
import { change } from "./memory-file.ts";
import { openMemory } from "./open-memory.ts";

const [path = "", seconds = "30"] = process.argv.slice(2);
const RESOLUTION_MS = 1;
const WARM_UP_SECONDS = 4;
const TURNS = 2_000;

async function inService(): Promise<Record<string, unknown>> {
  const collector = createCollector({
    sources: { here: { kind: "host" }, agent: { kind: "mcp-memory", path } },
    collections: {
      analytics: { source: "here", type: "system", interval: "1s" },
      graph: { source: "agent", type: "graph", interval: "2s" },
    },
  });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  await collector.start();
  for (let second = 0; second < WARM_UP_SECONDS + Number(seconds); second += 1) {
    if (second === WARM_UP_SECONDS) delay.enable();
    if (second % 2 === 0) change(path, second);
    await sleep(1_000);
  }
  delay.disable();
  const { outcomes: second } = collector.collection("analytics").aggregate(`${seconds}s`);
  const { outcomes, durationMs } = collector.collection("graph").aggregate(`${seconds}s`);
  const newest = collector
    .collection("graph")
    .recent(Number(seconds))
    .find(({ outcome }) => outcome === "success");
  await collector.shutdown();
  return {
    delayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
    delayMaxMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
    second,
    graph: outcomes,
    durationMs,
    measures: Object.keys((newest?.values?.["exact"] ?? {}) as object).length,
  };
}

/** Number of requests to the filesystem in one turn. */
async function requestsOf(turn: () => Promise<unknown>): Promise<number> {
  let requests = 0;
  const hook = createHook({ init: (_id, type) => void (type === "FSREQPROMISE" && (requests += 1)) }).enable();
  await turn();
  hook.disable();
  return requests;
}

async function microseconds(turn: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < TURNS; n += 1) {
    const begun = performance.now();
    await turn();
    times.push((performance.now() - begun) * 1_000);
  }
  return median(times);
}

const service = await inService();
const { read, source } = openMemory(path);
await read();
const unchanged = { requests: await requestsOf(read), readUs: await microseconds(read), statUs: await microseconds(() => stat(path)) };
await source.close();
console.log(JSON.stringify({ ...service, unchanged }));
