/**
 * An hour of 1 000 series at one sample per second: time to compute all four windows of a field, time of a push, and memory, against an
 * array of objects that is scanned and sorted, and against merged DDSketches, one per minute.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SampleBuffer } from "../src/buffer/buffer.ts";
import { gauge, upTo } from "../src/sample/field.ts";
import { defineSampleType } from "../src/sample/sample-type.ts";
import type { SampleRecord } from "../src/sample/sample.ts";
import { seededRandom } from "../src/topology/random.ts";
import { ObjectSeries, SketchSeries } from "./support/window-rivals.ts";
import { PointTable } from "../src/sample/points.ts";

const SERIES = 1_000;
const HOUR = 3_600;
const WINDOWS_MS = [60_000, 300_000, 900_000, 3_600_000];
const ROUNDS = 9;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const random = seededRandom(7);
/** Log-normal values around 100, like durations and sizes. */
const number = (): number => 100 * Math.exp(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
const keys = Array.from({ length: SERIES }, (_, n) => `series-${n}`);
const wide = defineSampleType("wide", { value: gauge("value", "1", { by: [upTo(SERIES, "key")] }) });

function record(n: number, value: () => number): SampleRecord {
  const split = Object.fromEntries(keys.map((key) => [key, value()]));
  const sample = { time: new Date(n * 1_000).toISOString(), collection: "wide", outcome: "success" as const, durationMs: 1 };
  return { sample: { ...sample, values: { value: split } }, atMs: n * 1_000, dueMs: n * 1_000, latenessMs: 0 };
}

/** The result of `make`, and the bytes that it retains on the heap and off it. */
function weigh<T>(make: () => T): readonly [bytes: number, made: T] {
  const held = (): number => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  const made = make();
  return [held() - before, made];
}

/** Fills a store of all series second by second; returns the time of the pushes of the last 600 seconds. */
function fill(push: (series: number, n: number, value: number) => void): number {
  let busyMs = 0;
  for (let n = 0; n < HOUR; n += 1) {
    const values = keys.map(number);
    const startMs = performance.now();
    for (let series = 0; series < SERIES; series += 1) push(series, n, values[series] as number);
    if (n >= HOUR - 600) busyMs += performance.now() - startMs;
  }
  return (busyMs * 1e6) / (600 * SERIES);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** Nanoseconds to compute four windows of one series, averaged over `count` series. */
function timeOf(count: number, compute: (series: number) => unknown): number {
  const startMs = performance.now();
  for (let n = 0; n < count; n += 1) compute((n * 37) % SERIES);
  return ((performance.now() - startMs) * 1e6) / count;
}

let objectPushNs = 0;
let sketchPushNs = 0;
const [objectBytes, objects] = weigh(() => {
  const made = keys.map(() => new ObjectSeries(HOUR));
  objectPushNs = fill((series, n, value) => made[series]!.push(n * 1_000, value));
  return made;
});
const [sketchBytes, sketches] = weigh(() => {
  const made = keys.map(() => new SketchSeries(HOUR / 60));
  sketchPushNs = fill((series, n, value) => made[series]!.push(n * 1_000, value));
  return made;
});

// The records are created beforehand, in groups, so that only the push is timed.
const pushes: number[] = [];
let pushed = 0;
const points = new PointTable(wide, HOUR);
function pushSome(buffer: SampleBuffer, count: number): void {
  const records = Array.from({ length: count }, () => record((pushed += 1), number));
  const startMs = performance.now();
  for (const each of records) buffer.push(each, points.resolve(each.sample.values));
  pushes.push(((performance.now() - startMs) * 1e6) / (count * SERIES));
}
const [bytes, buffer] = weigh(() => {
  const made = new SampleBuffer("wide", wide, HOUR, WINDOWS_MS);
  while (pushed < HOUR) pushSome(made, 60);
  return made;
});
pushes.length = 0;
for (let n = 0; n < 20; n += 1) pushSome(buffer, 60);

const now = { wallMs: 0, monotonicMs: pushed * 1_000 + 500 };
const objectsNowMs = HOUR * 1_000 - 500;
const rows: number[][] = [[], [], []];
for (let round = 0; round < ROUNDS; round += 1) {
  rows[0]!.push(timeOf(20, (series) => WINDOWS_MS.map((ms) => objects[series]!.statistics(ms, objectsNowMs))));
  rows[1]!.push(timeOf(200, (series) => WINDOWS_MS.map((ms) => sketches[series]!.statistics(ms, objectsNowMs))));
  rows[2]!.push(timeOf(2_000, (series) => WINDOWS_MS.map((ms) => buffer.statistics("value", [keys[series]!], ms, now))));
}
const [objectNs, sketchNs, ownNs] = rows.map(median) as [number, number, number];
const trendNs = median(
  Array.from({ length: ROUNDS }, () => timeOf(300, (series) => buffer.trend("value", [keys[series]!], 3_600_000, now))),
);

const line = (name: string, ns: number, pushNs: number, held: number): string =>
  `${name.padEnd(26)}${(ns / 1_000).toFixed(2).padStart(10)} us${(ns / ownNs).toFixed(1).padStart(9)}x${pushNs.toFixed(0).padStart(9)} ns${(held / (SERIES * HOUR)).toFixed(1).padStart(9)} B`;
console.log(`${SERIES} series of ${HOUR} samples, windows of 1m, 5m, 15m and 1h; Node ${process.version}`);
console.log(`${"".padEnd(26)}${"4 windows".padStart(13)}${"ratio".padStart(10)}${"a push".padStart(12)}${"a value".padStart(11)}`);
console.log(line("array of objects", objectNs, objectPushNs, objectBytes));
console.log(line("DDSketch a minute", sketchNs, sketchPushNs, sketchBytes));
console.log(line("otel-vitals", ownNs, median(pushes), bytes));
console.log(`trend over the full hour: ${(trendNs / 1_000).toFixed(1)} us`);

spawnSync(process.execPath, ["--expose-gc", join(import.meta.dirname, "support/simulated-week.ts")], { stdio: "inherit" });
