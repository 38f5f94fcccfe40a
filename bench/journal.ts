/**
 * What a journal costs: with an engine in files and one in memory, against no engine, each in a process of its own, in one run. Events of
 * 1 KiB, each a batch of its own: at the rate of the default collections, all engines at the same time, and three hundred times as fast.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { JournalCost } from "./support/journal-child.ts";
import { median, printTable } from "./support/measure.ts";

const ENGINES = ["none", "memory", "files"] as const;
type Engine = (typeof ENGINES)[number];
/** About what the default collections cause in an hour, and how far apart. */
const [HOUR, DEFAULT_MS] = [6_000, 600];
const ROUNDS = 3;
const CHILD = new URL("./support/journal-child.ts", import.meta.url).pathname;

async function measure(engine: Engine, events: number, everyMs: number): Promise<JournalCost> {
  const folder = await mkdtemp(join(tmpdir(), "vitals-bench-"));
  try {
    const args = ["--expose-gc", CHILD, engine, join(folder, "state"), String(events), String(everyMs)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as JournalCost;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

console.log(`Node ${process.version}; the default rate is ${(1_000 / DEFAULT_MS).toFixed(1)} events a second, for two minutes`);
const steady = await Promise.all(ENGINES.map((engine) => measure(engine, 200, DEFAULT_MS)));
const [none] = steady as [JournalCost];
printTable([
  ["default rate", "CPU an event", "more than none", "of a core", "RSS", "more"],
  ...steady.map(({ cpuMicroseconds, rssMb }, n) => [
    ENGINES[n] as Engine,
    `${cpuMicroseconds.toFixed(0)} µs`,
    `${(cpuMicroseconds - none.cpuMicroseconds).toFixed(0)} µs`,
    `${((cpuMicroseconds - none.cpuMicroseconds) / DEFAULT_MS / 10).toFixed(3)} %`,
    `${rssMb.toFixed(1)} MiB`,
    `${(rssMb - none.rssMb).toFixed(1)} MiB`,
  ]),
]);

const runs = new Map<Engine, JournalCost[]>(ENGINES.map((engine) => [engine, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const engine of ENGINES) runs.get(engine)?.push(await measure(engine, HOUR, 2));
}
const of = (engine: Engine, value: (cost: JournalCost) => number): number => median((runs.get(engine) ?? []).map(value));
console.log(`\nAn hour of events, one every 2 ms: medians of ${ROUNDS} runs`);
printTable([
  ["", "CPU an event", "more than none", "commit p99", "commit max", "RSS", "bytes an event"],
  ...ENGINES.map((engine) => [
    engine,
    `${of(engine, (cost) => cost.cpuMicroseconds).toFixed(0)} µs`,
    `${(of(engine, (cost) => cost.cpuMicroseconds) - of("none", (cost) => cost.cpuMicroseconds)).toFixed(0)} µs`,
    `${of(engine, (cost) => cost.commitP99Microseconds).toFixed(0)} µs`,
    `${of(engine, (cost) => cost.commitMaxMicroseconds).toFixed(0)} µs`,
    `${of(engine, (cost) => cost.rssMb).toFixed(1)} MiB`,
    engine === "files" ? of(engine, (cost) => cost.bytesPerEvent).toFixed(0) : "-",
  ]),
]);
const read = (value: (back: NonNullable<JournalCost["readBack"]>) => number): string =>
  of("files", (cost) => (cost.readBack ? value(cost.readBack) : Number.NaN)).toFixed(0);
console.log(
  `\n${read(({ rows }) => rows)} rows opened, read back and parsed in ${read(({ ms }) => ms)} ms, ${read(({ cpuMs }) => cpuMs)} ms of CPU`,
);
