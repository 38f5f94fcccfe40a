/**
 * What a state costs a collector of the default collections: the start with a full hour against one without a state and one with an empty
 * state, in turns; then CPU, memory and the lateness of timers at the same time, also of a collector that has the hour in memory and no state.
 *
 * Arguments: seconds of each run, and runs. Default: 60 3.
 */
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeFullHour } from "./support/full-hour.ts";
import { median, printTable } from "./support/measure.ts";
import type { RestartCost } from "./support/restart-child.ts";

const [seconds = "60", rounds = "3"] = process.argv.slice(3);
const STARTS = 9;
const CHILD = new URL("./support/restart-child.ts", import.meta.url).pathname;
const MEMORY = new URL("../examples/memory.jsonl", import.meta.url).pathname;

const folder = await mkdtemp(join(tmpdir(), "vitals-bench-"));
const full = join(folder, "full");
let runs = 0;

/** Runs a collector in a process of its own, as `npm start` does; each has a state of its own. */
async function run(state: "none" | "empty" | "full" | "hour", forSeconds: string): Promise<RestartCost> {
  const dir = join(folder, String((runs += 1)));
  if (state === "full" || state === "hour") await cp(full, dir, { recursive: true });
  const args = [
    "--max-semi-space-size=8",
    CHILD,
    MEMORY,
    forSeconds,
    ...(state === "none" ? [] : [dir]),
    ...(state === "hour" ? ["--forget"] : []),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  await rm(dir, { recursive: true, force: true });
  return JSON.parse(stdout) as RestartCost;
}

const of = (costs: readonly RestartCost[], value: (cost: RestartCost) => number): number => median(costs.map(value));

try {
  const written = Object.values(await writeFullHour(full, MEMORY)).reduce((sum, count) => sum + count, 0);
  const starts = { none: [] as RestartCost[], empty: [] as RestartCost[], full: [] as RestartCost[] };
  const names = ["none", "empty", "full"] as const;
  for (let n = 0; n < STARTS; n += 1) for (const state of names) starts[state].push(await run(state, "0"));
  const base = of(starts.none, ({ startCpuMs }) => startCpuMs);
  console.log(`Node ${process.version}; ${written} samples; the start of a collector, medians of ${STARTS}`);
  printTable([
    ["state", "CPU", "more", "time", "samples"],
    ...names.map((state) => [
      state,
      `${of(starts[state], ({ startCpuMs }) => startCpuMs).toFixed(0)} ms`,
      `${(of(starts[state], ({ startCpuMs }) => startCpuMs) - base).toFixed(0)} ms`,
      `${of(starts[state], ({ startMs }) => startMs).toFixed(0)} ms`,
      of(starts[state], ({ samples }) => samples).toFixed(0),
    ]),
  ]);

  const groups: RestartCost[][] = [];
  const running = ["none", "empty", "hour", "full"] as const;
  for (let n = 0; n < Number(rounds); n += 1) groups.push(await Promise.all(running.map((state) => run(state, seconds))));
  console.log(`\nRunning for ${seconds} s, ${rounds} times, all at the same time: medians, and medians of the differences`);
  const row = (name: string, value: (cost: RestartCost) => number, digits: number, unit: string): readonly string[] => {
    const shown = (of: (costs: readonly number[]) => number): string =>
      `${median(groups.map((group) => of(group.map(value)))).toFixed(digits)} ${unit}`;
    const difference = (n: number, from: number): string => shown((values) => (values[n] as number) - (values[from] as number));
    return [name, ...running.map((_, n) => shown((values) => values[n] as number)), difference(1, 0), difference(3, 2)];
  };
  printTable([
    ["", "none", "empty state", "an hour, none", "an hour, state", "empty, more", "an hour, more"],
    row("CPU of a core", ({ share }) => share * 100, 3, "%"),
    row("RSS at the end", ({ rssMb }) => rssMb, 1, "MiB"),
    row("lateness p99", ({ latenessP99Ms }) => latenessP99Ms, 1, "ms"),
    row("lateness max", ({ latenessMaxMs }) => latenessMaxMs, 1, "ms"),
  ]);
} finally {
  await rm(folder, { recursive: true, force: true });
}
