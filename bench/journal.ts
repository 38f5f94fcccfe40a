/**
 * What a journal costs: with an engine in files and one in memory, against no engine, each in a process of its own, in one run. One event of 1 KiB
 * every three milliseconds, each a batch of its own, which is hundreds of times as many as the default collections cause.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournalCost } from "./support/journal-child.ts";
import { median, printTable } from "./support/measure.ts";

const ENGINES = ["none", "memory", "files"] as const;
const ROUNDS = 3;
/** Events of the default collections in a second, about. */
const DEFAULT_RATE = 6_000 / 3_600;
const CHILD = new URL("./support/journal-child.ts", import.meta.url).pathname;

function measure(engine: string): JournalCost {
  const folder = mkdtempSync(join(tmpdir(), "vitals-bench-"));
  try {
    const args = ["--expose-gc", CHILD, engine, join(folder, "state")];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as JournalCost;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const runs = new Map<string, JournalCost[]>(ENGINES.map((engine) => [engine, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const engine of ENGINES) runs.get(engine)?.push(measure(engine));
}
const of = (engine: string, value: (cost: JournalCost) => number): number => median((runs.get(engine) ?? []).map(value));

const rows = [
  ["engine", "CPU a batch", "more than none", "of a core by default", "commit p99", "commit max", "RSS", "more", "bytes an event"],
];
for (const engine of ENGINES) {
  const more = of(engine, (cost) => cost.cpuMicroseconds) - of("none", (cost) => cost.cpuMicroseconds);
  rows.push([
    engine,
    `${of(engine, (cost) => cost.cpuMicroseconds).toFixed(0)} µs`,
    `${more.toFixed(0)} µs`,
    `${((more * DEFAULT_RATE) / 1e4).toFixed(4)} %`,
    `${of(engine, (cost) => cost.commitP99Microseconds).toFixed(0)} µs`,
    `${of(engine, (cost) => cost.commitMaxMicroseconds).toFixed(0)} µs`,
    `${of(engine, (cost) => cost.rssMb).toFixed(1)} MiB`,
    `${(of(engine, (cost) => cost.rssMb) - of("none", (cost) => cost.rssMb)).toFixed(1)} MiB`,
    engine === "files" ? of(engine, (cost) => cost.bytesPerEvent).toFixed(0) : "-",
  ]);
}
console.log(`Medians of ${ROUNDS} runs, Node ${process.version}`);
printTable(rows);
const read = (value: (back: NonNullable<JournalCost["readBack"]>) => number): string =>
  of("files", (cost) => (cost.readBack ? value(cost.readBack) : Number.NaN)).toFixed(0);
console.log(
  `\n${read(({ rows }) => rows)} rows opened, read back and parsed in ${read(({ ms }) => ms)} ms, ${read(({ cpuMs }) => cpuMs)} ms of CPU`,
);
