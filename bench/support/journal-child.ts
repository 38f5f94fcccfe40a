/**
 * Writes a journal with one engine at a steady rate, reads it back, and prints what that costs as JSON. Arguments: engine, folder, events,
 * milliseconds between them.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/base/clock.ts";
import type { JournalEngine } from "../../src/journal/engine.ts";
import { FileEngine } from "../../src/journal/file/file-engine.ts";
import { Journal } from "../../src/journal/journal.ts";
import { MemoryEngine } from "../../src/journal/memory-engine.ts";

interface Event {
  readonly n: number;
  readonly collection: string;
  readonly filler: string;
}

export interface JournalCost {
  /** CPU of one event with everything around it, all threads. */
  readonly cpuMicroseconds: number;
  /** Longest and 99th percentile of the time that a commit takes on the main thread. */
  readonly commitP99Microseconds: number;
  readonly commitMaxMicroseconds: number;
  readonly rssMb: number;
  readonly bytesPerEvent: number;
  /** Opening and reading everything back, with JSON.parse; undefined without files. */
  readonly readBack: { readonly rows: number; readonly ms: number; readonly cpuMs: number } | undefined;
}

const never = new AbortController().signal;
const [name = "none", dir = "", events = "0", everyMs = "0"] = process.argv.slice(2);
const ROWS = Number(events);
const WARM_UP = Math.floor(ROWS / 10);
const LIMIT = { entries: 1_000, bytes: 1024 * 1024 };

const open = (): JournalEngine | undefined =>
  name === "files" ? new FileEngine({ dir, clock: systemClock }) : name === "memory" ? new MemoryEngine() : undefined;

const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(since);
  return (system + user) / 1_000;
};

const engine = open();
await engine?.open(never);
const journal = new Journal<Event>({
  ...(engine && { engine }),
  identify: ({ collection, n }) => ({ key: `${collection}/${n}`, kind: "sample" }),
});
const commits: number[] = [];
let before: NodeJS.CpuUsage = process.cpuUsage();
for (let n = 0; n < ROWS; n += 1) {
  if (n === WARM_UP) before = process.cpuUsage();
  const begun = performance.now();
  journal.append({ n, collection: "system", filler: "x".repeat(970) });
  journal.commit();
  if (n >= WARM_UP) commits.push((performance.now() - begun) * 1_000);
  await pause(Number(everyMs));
}
const cpuMicroseconds = (cpuMs(before) * 1_000) / (ROWS - WARM_UP);
globalThis.gc?.();
const rssMb = process.memoryUsage.rss() / 2 ** 20;
await engine?.[Symbol.asyncDispose]();

async function readBack(): Promise<JournalCost["readBack"]> {
  if (name !== "files") return undefined;
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  await using again = open() as JournalEngine;
  const { oldest } = await again.open(never);
  let rows = 0;
  for (let after = oldest - 1; ;) {
    const page = await again.read(after, LIMIT, never);
    if (page === "gap") throw new Error("the journal has a gap");
    if (page.entries.length === 0) break;
    for (const { body, seq } of page.entries) {
      if ((JSON.parse(body) as Event).n !== rows) throw new Error(`entry ${seq} is not row ${rows}`);
      rows += 1;
      after = seq;
    }
  }
  if (rows !== ROWS) throw new Error(`${rows} of ${ROWS} rows were read back`);
  return { rows, ms: performance.now() - begun, cpuMs: cpuMs(cpu) };
}

commits.sort((a, b) => a - b);
const bytes = name === "files" ? readdirSync(dir).reduce((sum, file) => sum + statSync(join(dir, file)).size, 0) : 0;
const cost: JournalCost = {
  cpuMicroseconds,
  commitP99Microseconds: commits[Math.floor(commits.length * 0.99)] ?? 0,
  commitMaxMicroseconds: commits.at(-1) ?? 0,
  rssMb,
  bytesPerEvent: bytes / ROWS,
  readBack: await readBack(),
};
console.log(JSON.stringify(cost));
