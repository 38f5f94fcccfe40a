/**
 * Reading an hour of samples of 40 series over HTTP, by 1, 5 and 20 clients at once, and the samples since the newest but one: the longest
 * time that the event loop was held, and the slowest probe meanwhile. In turns, as the API answers, against all at once, in one run.
 */
import { Hono } from "hono";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { serve } from "../src/http/index.ts";
import { listen } from "../src/http/listen.ts";
import { ManualClock } from "../src/base/manual-clock.ts";
import { createCollector } from "../src/collector/create-collector.ts";
import { gauge, upTo } from "../src/sample/field.ts";
import { defineSampleType } from "../src/sample/sample-type.ts";
import { defineSource, reading } from "../src/source/source.ts";
import * as z from "zod";
import { seededRandom } from "../src/topology/random.ts";
import { startChild } from "./support/child.ts";
import { median, printTable } from "./support/measure.ts";
import type { ReadRequest, ReadResult } from "./support/reader-child.ts";
import { samplesAtOnce } from "./support/samples-at-once.ts";

const SERIES = 40;
const SAMPLES = 3_600;
const ROUNDS = 3;

const random = seededRandom(7);
const keys = Array.from({ length: SERIES }, (_, n) => `series-${n}`);
const wide = defineSampleType("wide", { value: gauge("bench.value", "1", { by: [upTo(SERIES, "key")] }) });
const kind = defineSource({
  kind: "bench",
  options: z.strictObject({}),
  open: () => ({ async [Symbol.asyncDispose]() {} }),
  readings: [reading(wide, () => ({ value: Object.fromEntries(keys.map((key) => [key, random() * 1_000])) }))],
});

const clock = new ManualClock();
await using collector = createCollector(
  { sources: { bench: { kind: "bench" } }, collections: { wide: { source: "bench", interval: "1s", retain: SAMPLES } } },
  { clock, sourceKinds: [kind], mute: true },
);
await collector.start();
for (let n = 0; n <= SAMPLES; n += 1) await clock.advance(1_000);
const handle = collector.collection("wide");

await using server = await serve(collector, { port: 0, clock });
const plain = new Hono().get("/samples", (c) => c.body(samplesAtOnce(handle), 200, { "content-type": "application/json" }));
await using rival = await listen(
  plain.get("/livez", (c) => c.text("ok\n")),
  { port: 0 },
);
await using child = startChild<ReadRequest, ReadResult>(new URL("support/reader-child.ts", import.meta.url), []);

const samples = `${server.url}/api/v1/collections/wide/samples`;
const contestants = [
  { name: "otel-vitals, in turns", url: `${samples}?last=100000`, probe: `${server.url}/livez`, readers: [1, 5, 20] },
  { name: "all at once", url: `${rival.url}/samples`, probe: `${rival.url}/livez`, readers: [1, 5, 20] },
  { name: "otel-vitals, one new sample", url: `${samples}?since=${handle.taken - 1}`, probe: `${server.url}/livez`, readers: [1] },
];

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const rows = [["", "clients", "loop held", "slowest probe", "all read", "response"]];
const cases = contestants.flatMap(({ readers, ...rest }) => readers.map((count) => ({ ...rest, readers: count })));
const measured = cases.map((): { held: number; result: ReadResult }[] => []);
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [n, { url, probe, readers }] of cases.entries()) {
    delay.reset();
    const result = await child.request({ url, probe, readers });
    // The first round warms up.
    if (round > 0) measured[n]?.push({ held: delay.max / 1e6, result });
  }
}
const ms = (value: number): string => `${value.toFixed(1)} ms`;
for (const [n, { name, readers }] of cases.entries()) {
  const of = (pick: (each: { held: number; result: ReadResult }) => number): number => median((measured[n] ?? []).map(pick));
  rows.push([
    name,
    String(readers),
    ms(of(({ held }) => held)),
    ms(of(({ result }) => result.slowestProbeMs)),
    ms(of(({ result }) => result.tookMs)),
    `${(of(({ result }) => result.bytes) / 1_024).toFixed(0)} KiB`,
  ]);
}
console.log(`${SAMPLES} samples of ${SERIES} series, median of ${ROUNDS} rounds; Node ${process.version}`);
printTable(rows);
