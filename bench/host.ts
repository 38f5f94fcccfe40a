/**
 * CPU of reading this machine; Linux only. First, files that are held open and parsed as bytes against files that are opened each time and
 * split as strings: both produce the same fields, alternating, as fast as possible. Then one reading per second, as a collector does,
 * against @opentelemetry/host-metrics and systeminformation, in separate processes at the same time, so that background work between
 * readings is included. Argument: seconds; default 60.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../src/base/clock.ts";
import type { SystemMetrics } from "../src/sample/types/system.ts";
import { Linux } from "../src/source/host/linux.ts";
import { cpuMicroseconds, median, printTable } from "./support/measure.ts";

const ROUNDS = 7;
const TURNS = 2_000;
const WARM_UP = 500;
const live = new AbortController().signal;

using linux = new Linux("/proc", "/sys", systemClock);
const ours = (): Promise<SystemMetrics> => linux.read(live);
const [disks, paths] = await measurable();

/** Disks and filesystems as our source found them, so that the other way need not detect them. */
async function measurable(): Promise<readonly [disks: ReadonlySet<string>, paths: readonly string[]]> {
  const { diskIo, filesystemUtilization } = await ours();
  return [new Set(Object.keys(diskIo ?? {})), Object.keys(filesystemUtilization ?? {})];
}

const rows = (path: string, separator: RegExp): readonly (readonly string[])[] =>
  readFileSync(`/proc/${path}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(separator));

/** The plain way: opens each file and splits it as strings. */
async function plain(): Promise<SystemMetrics> {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, hard = 0, soft = 0, steal = 0] = (rows("stat", /\s+/)[0] ?? [])
    .slice(1)
    .map((ticks) => Number(ticks) / 100);
  const memory = Object.fromEntries(rows("meminfo", /:?\s+/).map(([key = "", kibibytes]) => [key, Number(kibibytes) * 1_024]));
  const { MemTotal: limit = 0, MemFree: free = 0, MemAvailable: available = 0, Buffers: buffers = 0 } = memory;
  const cached = (memory["Cached"] ?? 0) + (memory["SReclaimable"] ?? 0);
  const network = rows("net/dev", /[\s:]+/).slice(2);
  const disk = rows("diskstats", /\s+/).filter(([, , name = ""]) => disks.has(name));
  rows("self/mountinfo", / /);
  const spaces = await Promise.all(paths.map(async (path) => [path, await statfs(path)] as const));
  const cpu = process.cpuUsage();
  return {
    cpuTime: { user, nice, system, idle, iowait, interrupt: hard + soft, steal },
    memoryLimit: limit,
    memoryUtilization: 1 - available / limit,
    memoryUsage: { used: limit - free - buffers - cached, free, cached, buffers },
    loadAverage1m: Number(rows("loadavg", / /)[0]?.[0]),
    uptime: Number(rows("uptime", / /)[0]?.[0]),
    networkIo: Object.fromEntries(network.map((row) => [row[0], { receive: Number(row[1]), transmit: Number(row[9]) }])),
    diskIo: Object.fromEntries(disk.map((row) => [row[2], { read: Number(row[5]) * 512, write: Number(row[9]) * 512 }])),
    filesystemUtilization: Object.fromEntries(
      spaces.map(([path, { blocks, bfree, bavail }]) => [path, (blocks - bfree) / (blocks - bfree + bavail)]),
    ),
    processCpuTime: { user: cpu.user / 1e6, system: cpu.system / 1e6 },
    processMemory: process.memoryUsage.rss(),
  };
}

/** Fails if the two ways do not read the same. */
async function refuseDifference(): Promise<void> {
  const [mine, other] = [await ours(), await plain()];
  const shape = ({ memoryLimit, networkIo, diskIo, filesystemUtilization }: SystemMetrics): string =>
    JSON.stringify([memoryLimit, ...[networkIo, diskIo, filesystemUtilization].map((split) => Object.keys(split ?? {}))]);
  if (shape(mine) !== shape(other)) throw new Error(`expected both to read the same, found ${shape(mine)} and ${shape(other)}`);
}

await refuseDifference();
for (let n = 0; n < WARM_UP; n += 1) {
  await ours();
  await plain();
}
const rounds: { readonly ours: number; readonly plain: number }[] = [];
for (let n = 0; n < ROUNDS; n += 1) rounds.push({ ours: await cpuMicroseconds(TURNS, ours), plain: await cpuMicroseconds(TURNS, plain) });

console.log(`CPU of one reading, median of ${ROUNDS} rounds of ${TURNS}; Node ${process.version}`);
console.log(`held open, parsed as bytes:         ${median(rounds.map((round) => round.ours)).toFixed(0)} µs`);
console.log(`opened each time, parsed as strings: ${median(rounds.map((round) => round.plain)).toFixed(0)} µs`);
console.log(`ratio:                               ${median(rounds.map((round) => round.ours / round.plain)).toFixed(2)}`);

const SECONDS = Number(process.argv.at(-1)) || 60;
const CHILD = join(import.meta.dirname, "support/host-child.ts");
const run = promisify(execFile);

/** CPU per second in microseconds of reading in one way, of its process and the processes that it starts. */
async function cost(way: string): Promise<number> {
  const { stdout } = await run(process.execPath, [CHILD, way, String(SECONDS)]);
  return Number(stdout);
}

const NAMES = {
  nothing: "Node and a timer alone",
  ours: "otel-vitals",
  "event-loop": "  of which watching the event loop",
  "host-metrics": "@opentelemetry/host-metrics",
  systeminformation: "systeminformation",
};
const ways = Object.keys(NAMES) as (keyof typeof NAMES)[];
const costs = await Promise.all(ways.map(cost));
const [idle = 0, own = 0, watching = 0] = costs;
/** Our CPU without the event-loop measurement, which the others do not have. */
const reading = own - watching;
console.log(`\nCPU of one reading per second for ${SECONDS} s, with background work, minus that of Node with only a timer`);
printTable([
  ["", "a second", "of a core", "ratio to ours", "to ours without the loop"],
  ...ways.slice(1).map((way, n) => {
    const more = (costs[n + 1] as number) - idle;
    const ratios = [own - idle, reading].map((ours) => `${(more / ours).toFixed(1)}x`);
    return [NAMES[way], `${more.toFixed(0)} µs`, `${(more / 1e4).toFixed(3)} %`, ...ratios];
  }),
]);
