/**
 * CPU of one scrape, from collecting to text, of 100, 1 000 and 10 000 gauges with three labels: otel-vitals as /metrics responds, the
 * plain OpenTelemetry exporter, and prom-client, alternating in one run.
 */
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { Gauge, Registry } from "prom-client";
import { systemClock } from "../src/base/clock.ts";
import { gauge, upTo } from "../src/sample/field.ts";
import { defineSampleType } from "../src/sample/sample-type.ts";
import { SampleInstruments } from "../src/telemetry/instruments.ts";
import { StoreMeter } from "../src/telemetry/store-meter.ts";
import { createTelemetry } from "../src/telemetry/export/provider.ts";
import { internalsOf } from "../src/telemetry/telemetry.ts";
import { cpuMicroseconds, median, printTable } from "./support/measure.ts";
import { PointTable } from "../src/sample/points.ts";

const INSTRUMENTS = 10;
const ROUNDS = 9;

interface Contestant {
  readonly name: string;
  readonly scrape: () => Promise<string>;
}

const numbered = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const value = (n: number): number => n * 1.25;

function ours(series: number): Contestant {
  const telemetry = createTelemetry({ readers: [{ pull: { exporter: { "prometheus/development": {} } } }] }, { resource: {} });
  const instruments = new SampleInstruments(new StoreMeter(internalsOf(telemetry).metrics), systemClock);
  const each = numbered(series / INSTRUMENTS);
  const axes = { by: [upTo(10_000, "shard"), upTo(10_000, "zone")] };
  const fields = Object.fromEntries(numbered(INSTRUMENTS).map((n) => [`f${n}`, gauge(`bench.gauge${n}`, "{item}", axes)]));
  const type = defineSampleType("bench", fields);
  instruments.register({ name: "bench", cadence: new Map(Object.keys(fields).map((key) => [key, 3_600_000])), type });
  instruments.observe();
  const split = Object.fromEntries(each.map((n) => [`s${n}`, { [`z${n % 3}`]: value(n) }]));
  const values = Object.fromEntries(Object.keys(fields).map((key) => [key, split]));
  instruments.record("bench", new PointTable(type, 1).resolve(values));
  return { name: "otel-vitals", scrape: async () => (await telemetry.scrape?.())?.text ?? "" };
}

function plain(series: number): Contestant {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const meter = new MeterProvider({ readers: [exporter] }).getMeter("bench");
  const attributes = numbered(series / INSTRUMENTS).map((n) => ({ collection: "bench", shard: `s${n}`, zone: `z${n % 3}` }));
  for (const n of numbered(INSTRUMENTS)) {
    const observe = meter.createObservableGauge(`bench.gauge${n}`, { unit: "{item}" });
    observe.addCallback((result) => attributes.forEach((each, i) => result.observe(value(i), each)));
  }
  const serializer = new PrometheusSerializer();
  return {
    name: "@opentelemetry/exporter-prometheus",
    scrape: async () => serializer.serialize((await exporter.collect()).resourceMetrics),
  };
}

function promClient(series: number): Contestant {
  const registry = new Registry();
  for (const n of numbered(INSTRUMENTS)) {
    const made = new Gauge({ name: `bench_gauge${n}`, help: "-", labelNames: ["collection", "shard", "zone"], registers: [registry] });
    for (const i of numbered(series / INSTRUMENTS)) made.set({ collection: "bench", shard: `s${i}`, zone: `z${i % 3}` }, value(i));
  }
  return { name: "prom-client", scrape: () => registry.metrics() };
}

/** Fails if a text does not have all series. */
async function refuseDifference(contestants: readonly Contestant[], series: number): Promise<void> {
  for (const { name, scrape } of contestants) {
    const found = (await scrape()).split("\n").filter((line) => line.startsWith("bench_gauge")).length;
    if (found !== series) throw new Error(`expected ${series} series of ${name}, found ${found}`);
  }
}

const rows = [["", "series", "a scrape", "ratio to ours", "text"]];
for (const series of [100, 1_000, 10_000]) {
  const contestants = [ours(series), plain(series), promClient(series)];
  await refuseDifference(contestants, series);
  const turns = Math.max(3, 20_000 / series);
  const costs = contestants.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [n, { scrape }] of contestants.entries()) {
      const cost = await cpuMicroseconds(turns, scrape);
      // The first round warms up.
      if (round > 0) costs[n]?.push(cost);
    }
  }
  const medians = costs.map(median);
  for (const [n, { name, scrape }] of contestants.entries()) {
    const [cost, own] = [medians[n] as number, medians[0] as number];
    const kib = Buffer.byteLength(await scrape()) / 1_024;
    rows.push([name, String(series), `${(cost / 1_000).toFixed(2)} ms`, `${(cost / own).toFixed(2)}x`, `${kib.toFixed(0)} KiB`]);
  }
}
console.log(`CPU of one scrape, median of ${ROUNDS} rounds; Node ${process.version}`);
printTable(rows);
