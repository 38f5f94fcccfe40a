/**
 * Runs the Model Context Protocol's memory server under a small workload until SIGINT or SIGTERM:
 *
 *     MEMORY_FILE_PATH=memory.jsonl npx node examples/memory-workload/main.ts
 */
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MemoryWorkload } from "./workload.ts";

/** Milliseconds between steps. */
const PACE_MS = 2_000;

const file = process.env["MEMORY_FILE_PATH"];
if (file === undefined || file === "") throw new Error("MEMORY_FILE_PATH: expected the path of a memory file, found nothing");

const ending = new AbortController();
process.once("SIGINT", () => ending.abort());
process.once("SIGTERM", () => ending.abort());

await using workload = await MemoryWorkload.start(resolve(file));
console.log(`the memory server stores its graph in ${file}`);
while (!ending.signal.aborted) {
  await workload.step();
  await sleep(PACE_MS, undefined, { signal: ending.signal }).catch(() => {});
}
