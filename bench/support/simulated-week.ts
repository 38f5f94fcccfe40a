/** A simulated week of one sample per second in one buffer: memory at the end of each day, and garbage per push. */
import { SampleBuffer } from "../../src/buffer/buffer.ts";
import { counter, gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { seededRandom } from "../../src/topology/random.ts";
import { PointTable } from "../../src/sample/points.ts";

const DAY = 86_400;
const PUSHES = 10_000;
const collectGarbage = globalThis.gc as NodeJS.GCFunction;
const type = defineSampleType("week", {
  load: gauge("load", "1"),
  size: gauge("size", "By", { min: Number.NEGATIVE_INFINITY }),
  done: counter("done", "{job}"),
});
const numbers = Float64Array.from({ length: 4_096 }, seededRandom(3));
const points = new PointTable(type, 3_600);
const buffer = new SampleBuffer("week", type, 3_600, [60_000, 300_000, 900_000, 3_600_000]);
// One record, which is reused, so that all allocations are those of the buffer.
const values = { load: 0.5, size: 0.5, done: 0.5 };
const sample = { time: new Date(0).toISOString(), collection: "week", outcome: "success" as const, durationMs: 0.5, values };
const record = { sample, atMs: 0.5, dueMs: 0.5, latenessMs: 0 };

function write(n: number): void {
  values.load = numbers[n % 4_096] as number;
  values.size = ((numbers[(n * 7) % 4_096] as number) - 0.5) * 1e6;
  values.done = (n % 50_000) + 0.5;
  record.atMs = n * 1_000 + 0.5;
}

function pushAt(n: number): void {
  write(n);
  buffer.push(record, points.resolve(record.sample.values));
}

function held(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Average bytes of garbage of one call; measured again if the garbage collector ran in between. */
function garbageOf(act: (n: number) => void, from: number): number {
  const before = process.memoryUsage().heapUsed;
  for (let n = from; n < from + PUSHES; n += 1) act(n);
  const made = process.memoryUsage().heapUsed - before;
  return made >= 0 ? made / PUSHES : garbageOf(act, from + PUSHES);
}

const days = Array.from({ length: 7 }, (_, day) => {
  for (let n = day * DAY; n < (day + 1) * DAY; n += 1) pushAt(n);
  return held();
});
const writing = garbageOf(write, 7 * DAY);
const pushing = garbageOf(pushAt, 7 * DAY);
const kib = days.map((bytes) => ((bytes - (days[0] as number)) / 1_024).toFixed(1));
console.log(`a simulated week, ${7 * DAY} pushes of three fields; retained at the end of each day, minus the first: ${kib.join(", ")} KiB`);
console.log(`a push creates ${(pushing - writing).toFixed(1)} bytes of garbage, and its sample record another ${writing.toFixed(1)}`);
