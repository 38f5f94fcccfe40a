/**
 * Starts a collector of the default collections and runs it for a while; prints what that costs as JSON. Arguments: memory file, seconds, and
 * the state directory, or nothing for a collector without one. With `--forget` the collector has the samples of the directory and no state.
 */
import { setTimeout as pause } from "node:timers/promises";
import { keepAlive, systemClock, type Clock } from "../../src/base/clock.ts";
import { createCollector } from "../../src/index.ts";
import { COLLECTIONS } from "./full-hour.ts";
import { ReadOnceEngine } from "./read-once-engine.ts";

export interface RestartCost {
  /** CPU of `start`, all threads. */
  readonly startCpuMs: number;
  readonly startMs: number;
  /** Samples in the buffers after the start. */
  readonly samples: number;
  /** CPU of the seconds after the start, as a share of a core. */
  readonly share: number;
  readonly rssMb: number;
  /** How late timers of the collector woke it, 99th percentile and longest. */
  readonly latenessP99Ms: number;
  readonly latenessMaxMs: number;
}

const [memoryFile = "", seconds = "0", dir = "", forget] = process.argv.slice(2);
const hasState = dir !== "" && forget !== "--forget";

const lateness: number[] = [];
const clock: Clock = {
  wallMs: () => systemClock.wallMs(),
  monotonicMs: () => systemClock.monotonicMs(),
  async sleepUntil(ms, signal) {
    await systemClock.sleepUntil(ms, signal);
    if (!signal.aborted) lateness.push(systemClock.monotonicMs() - ms);
  },
};

const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(since);
  return (system + user) / 1_000;
};

const collector = createCollector(
  {
    sources: { here: { kind: "host" }, agent: { kind: "mcp-memory", path: memoryFile } },
    collections: COLLECTIONS,
    ...(hasState && { state: { dir } }),
  },
  { clock, ...(dir !== "" && !hasState && { journal: new ReadOnceEngine(dir) }) },
);
const [begun, beforeStart] = [performance.now(), process.cpuUsage()];
await keepAlive(collector.start());
const [startMs, startCpuMs] = [performance.now() - begun, cpuMs(beforeStart)];
const samples = collector.collections().reduce((sum, handle) => sum + handle.report().samples, 0);
// The start itself is over, and so are the first readings.
const WARM_UP_S = 5;
if (Number(seconds) > 0) await pause(WARM_UP_S * 1_000);
lateness.length = 0;
const before = process.cpuUsage();
await pause(Number(seconds) * 1_000);
const share = Number(seconds) === 0 ? 0 : cpuMs(before) / (Number(seconds) * 1_000);
lateness.sort((a, b) => a - b);
const rssMb = process.memoryUsage.rss() / 2 ** 20;
const cost: RestartCost = {
  startCpuMs,
  startMs,
  samples,
  share,
  rssMb,
  latenessP99Ms: lateness[Math.floor(lateness.length * 0.99)] ?? Number.NaN,
  latenessMaxMs: lateness.at(-1) ?? Number.NaN,
};
await keepAlive(collector.shutdown());
console.log(JSON.stringify(cost));
