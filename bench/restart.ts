/**
 * What a state costs a collector of the default collections: the start with a full hour against one without a state and one with an empty
 * state, in turns; then CPU, memory and the lateness of timers of the three at the same time. Without a state the hour in memory is empty: what
 * a full hour takes there is part of the difference, and a collector that has run for an hour has it without a state, too.
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
async function run(state: "none" | "empty" | "full", forSeconds: string): Promise<RestartCost> {
  const dir = join(folder, String((runs += 1)));
  if (state === "full") await cp(full, dir, { recursive: true });
  const args = ["--max-semi-space-size=8", CHILD, MEMORY, forSeconds, ...(state === "none" ? [] : [dir])];
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

  const groups: (readonly [RestartCost, RestartCost, RestartCost])[] = [];
  for (let n = 0; n < Number(rounds); n += 1)
    groups.push(await Promise.all([run("none", seconds), run("empty", seconds), run("full", seconds)]));
  console.log(`\nRunning for ${seconds} s, ${rounds} times, all at the same time: medians, and medians of the differences to no state`);
  const row = (name: string, value: (cost: RestartCost) => number, digits: number, unit: string): readonly string[] => {
    const shown = (of: (group: (typeof groups)[number]) => number): string => `${median(groups.map(of)).toFixed(digits)} ${unit}`;
    return [
      name,
      ...([0, 1, 2] as const).map((n) => shown((group) => value(group[n]))),
      ...([1, 2] as const).map((n) => shown((group) => value(group[n]) - value(group[0]))),
    ];
  };
  printTable([
    ["", ...names, "empty, more", "full, more"],
    row("CPU of a core", ({ share }) => share * 100, 3, "%"),
    row("RSS at the end", ({ rssMb }) => rssMb, 1, "MiB"),
    row("lateness p99", ({ latenessP99Ms }) => latenessP99Ms, 1, "ms"),
    row("lateness max", ({ latenessMaxMs }) => latenessMaxMs, 1, "ms"),
  ]);
} finally {
  await rm(folder, { recursive: true, force: true });
}
