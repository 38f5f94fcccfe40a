/**
 * Parses a memory file as the source does and in plainer ways, each in a separate process and worker thread, at three sizes. Computes only
 * the cheap measures of the graph, so that parsing takes most of the time.
 *
 * `npm run bench -- memory-parse 100000` measures one size only.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, printTable } from "./support/measure.ts";
import { writeMemoryFile } from "./support/memory-file.ts";
import type { ParseRun } from "./support/parse-child.ts";
import { PLAIN_WAYS } from "./support/plain-memory.ts";

const SIZES = [10_000, 100_000, 1_000_000];
const RELATIONS_PER_ENTITY = 4;
/** Each turn runs every way once, so that a busy minute of the machine does not affect only one of them. */
const TURNS = 3;
/** Readings of one process. */
const roundsOf = (entities: number): number => (entities < 1_000_000 ? 7 : 1);

const WAYS = ["otel-vitals", ...Object.keys(PLAIN_WAYS)];

function run(way: string, path: string, rounds: number): ParseRun {
  const child = join(import.meta.dirname, "support", "parse-child.ts");
  return JSON.parse(execFileSync(process.execPath, [child, way, path, String(rounds)], { encoding: "utf8" })) as ParseRun;
}

/** Fails if two ways find different values in the same file. */
function refuseDifference(runs: readonly ParseRun[]): void {
  const [first, ...others] = runs.map(({ found }) => JSON.stringify(found));
  const other = others.find((each) => each !== first);
  if (other !== undefined) throw new Error(`expected the same of every way, found ${first} and ${other}`);
}

function compare(entities: number, path: string): readonly (readonly string[])[] {
  const runs = new Map(WAYS.map((way) => [way, [] as ParseRun[]]));
  for (let turn = 0; turn < TURNS; turn += 1) for (const way of WAYS) runs.get(way)?.push(run(way, path, roundsOf(entities)));
  refuseDifference([...runs.values()].flat());
  const results = [...runs].map(([way, turns]) => ({
    way,
    timeMs: median(turns.flatMap(({ timesMs }) => timesMs)),
    cpuMs: Math.min(...turns.flatMap(({ cpuMs }) => cpuMs)),
    peakMb: median(turns.map(({ peakMb }) => peakMb)),
  }));
  const [ours] = results as [(typeof results)[number]];
  const ratio = (value: number, own: number): string => `${(value / own).toFixed(2)}x`;
  return results.map(({ way, timeMs, cpuMs, peakMb }) => [
    `${entities} / ${RELATIONS_PER_ENTITY * entities}: ${way}`,
    `${timeMs.toFixed(0)} ms`,
    ratio(timeMs, ours.timeMs),
    `${cpuMs.toFixed(0)} ms`,
    ratio(cpuMs, ours.cpuMs),
    `${peakMb.toFixed(0)} MB`,
    ratio(peakMb, ours.peakMb),
  ]);
}

const [, , , only] = process.argv;
const folder = mkdtempSync(join(tmpdir(), "vitals-bench-"));
try {
  const rows: (readonly string[])[] = [["entities / relations", "time", "", "CPU, lowest", "", "peak memory", ""]];
  for (const entities of SIZES.filter((size) => only === undefined || size === Number(only))) {
    const path = join(folder, `${entities}.jsonl`);
    writeMemoryFile(path, entities, RELATIONS_PER_ENTITY * entities);
    rows.push(...compare(entities, path));
  }
  console.log(
    `${TURNS} processes each; time and peak memory (the whole process) are medians; ratios to otel-vitals; Node ${process.version}`,
  );
  printTable(rows);
} finally {
  rmSync(folder, { recursive: true });
}
