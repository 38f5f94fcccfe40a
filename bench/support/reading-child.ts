/** Reads a memory file several times, one way, and prints the duration of each reading and the peak memory of this process after it. */
import { graphMetrics, type GraphMetrics } from "../../src/sample/types/graph.ts";
import { validateReading } from "../../src/sample/sample-type.ts";
import { change } from "./memory-file.ts";

const [way = "", path = "", rounds = "1"] = process.argv.slice(2);
const peakMb = (): number => process.resourceUsage().maxRSS / 1_024;
const bareMb = peakMb();

/** Loads only the way that is used. */
async function reader(): Promise<() => Promise<unknown>> {
  if (way === "graphology") {
    const { readWithGraphology } = await import("./graphology-reading.ts");
    return () => readWithGraphology(path);
  }
  const { openMemory } = await import("./open-memory.ts");
  return openMemory(path).read;
}

const read = await reader();
const times: number[] = [];
const peaksMb: number[] = [];
let values: GraphMetrics | undefined;
for (let round = 0; round < Number(rounds); round += 1) {
  change(path, round);
  const begun = performance.now();
  const verdict = validateReading(graphMetrics, await read());
  times.push(performance.now() - begun);
  peaksMb.push(peakMb());
  if (!verdict.ok) throw new Error(`the reading is not valid: ${verdict.message}`);
  values = verdict.values;
}
console.log(JSON.stringify({ times, peaksMb, bareMb, values }));
process.exit(0);
