/**
 * Resident memory of a collector after its buffers are full, with the heap of `otel-vitals run` or V8's own, and with the C library's memory as it
 * is, with one arena, and as in the image, all at the same time. Intervals are twenty times as short, so that seven minutes have the readings of more than
 * two hours. Argument: seconds; default 420.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { C_LIBRARY } from "./support/c-library.ts";
import { residentMb, slopePerHour, type MemoryPoint } from "./support/endurance/process-memory.ts";
import { printTable } from "./support/measure.ts";

const seconds = Number(process.argv.at(-1)) || 420;
/** The buffers are full after three minutes. */
const FROM = Math.min(200, seconds / 2);
const SPEED = 20;
const MEMORY = new URL("../examples/memory.jsonl", import.meta.url).pathname;
const CHILD = new URL("./support/heap-child.ts", import.meta.url).pathname;

const C_LIBRARIES = {
  "an arena each": {},
  "one arena": { MALLOC_ARENA_MAX: C_LIBRARY.MALLOC_ARENA_MAX },
  "as in the image": C_LIBRARY,
};

interface Run {
  readonly name: string;
  readonly child: ChildProcess;
  readonly points: MemoryPoint[];
  cpuSeconds: number;
}

const runs = (["default", "level"] as const).flatMap((heap) =>
  Object.entries(C_LIBRARIES).map(([library, settings]): Run => {
    const { MALLOC_ARENA_MAX: _, MALLOC_TRIM_THRESHOLD_: __, ...env } = process.env;
    const child = fork(CHILD, [MEMORY, heap], {
      execArgv: ["--max-semi-space-size=8"],
      env: { ...env, ...settings },
    });
    const run: Run = { name: `${heap} heap, ${library}`, child, points: [], cpuSeconds: 0 };
    child.on("message", (cpu) => (run.cpuSeconds = Number(cpu)));
    return run;
  }),
);
const ended = Promise.all(runs.map(({ child }) => once(child, "exit")));
for (let at = 0; at < seconds; at += 1) {
  await sleep(1_000);
  if (at >= FROM) for (const { child, points } of runs) points.push({ atSeconds: at * SPEED, rssMb: residentMb(child.pid as number) });
}
console.log(`${seconds} s, from ${FROM} s on; Node ${process.version}`);
printTable([
  ["", "RSS, mean", "min", "max", "slope an hour of readings", "CPU"],
  ...runs.map(({ cpuSeconds, name, points }) => {
    const all = points.map(({ rssMb }) => rssMb);
    const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
    return [
      name,
      ...[mean, Math.min(...all), Math.max(...all)].map((mb) => `${mb.toFixed(1)} MB`),
      `${slopePerHour(points).toFixed(2)} MB`,
      `${cpuSeconds.toFixed(1)} s`,
    ];
  }),
]);
for (const { child } of runs) child.kill();
await ended;
