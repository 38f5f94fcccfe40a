import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import type { VitalsEvent } from "../../src/collector/event.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { counter } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { createTelemetry } from "../../src/telemetry/export/provider.ts";
import { freePort, Program } from "../demo/program.ts";

/** Totals of a counter, in the order in which they are measured. It restarts once: below 1200 it has counted from zero again. */
export const TOTALS = [1_000, 1_100, 1_200, 65, 100, 165];

/** After which of these measurements a reader collects. */
export interface Cadence {
  readonly name: string;
  readonly temporality: "cumulative" | "delta";
  readonly scrapes: readonly number[];
  readonly pushes: readonly number[];
}

/** A data point as a backend behind the Collector receives it; times in seconds. */
export interface PushedPoint {
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

export interface Restart {
  /** The last scrape, by us and of the Collector's Prometheus exporter. */
  readonly ours: number;
  readonly theirs: number;
  readonly pushed: readonly PushedPoint[];
}

const jobs = defineSampleType("jobs", { done: counter("jobs.done", "{job}") });

/** Measures a counter that restarts, scrapes and pushes it at the cadence, and follows the push through the Collector. */
export async function restart(otelcol: string, { temporality, scrapes, pushes }: Cadence): Promise<Restart> {
  await using parts = new AsyncDisposableStack();
  const pushed: PushedPoint[] = [];
  const backend = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      pushed.push(...pointsIn(body));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  backend.listen(0, "127.0.0.1");
  await once(backend, "listening");
  parts.defer(() => {
    backend.close();
    backend.closeAllConnections();
  });
  const [otlpPort, metricsPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), "otel-vitals-conformance-"));
  parts.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "otelcol.yaml");
  await writeFile(file, collectorConfig(otlpPort, metricsPort, (backend.address() as AddressInfo).port));
  const program = parts.use(new Program("the Collector", otelcol, ["--config", file]));
  await program.line((line) => line.includes("Everything is ready"));

  const endpoint = `http://127.0.0.1:${otlpPort}/v1/metrics`;
  const otlp = { endpoint, temporality_preference: temporality };
  const telemetry = createTelemetry(
    {
      readers: [
        { pull: { exporter: { "prometheus/development": {} } } },
        { periodic: { interval: 3_600_000, exporter: { otlp_http: otlp } } },
      ],
    },
    { resource: {} },
  );
  parts.defer(() => telemetry.shutdown(3_000));
  let total = TOTALS[0] as number;
  const kind = defineSource({
    kind: "jobs",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [reading(jobs, () => ({ done: total }))],
  });
  const config = { sources: { here: { kind: "jobs" as const } }, collections: { jobs: { source: "here", interval: "100ms" } } };
  const collector = parts.use(createCollector(config, { sourceKinds: [kind], telemetry }));
  const events = collector.events({ after: 0 })[Symbol.asyncIterator]();
  await collector.start();
  let ours = NaN;
  for (const [n, next] of TOTALS.entries()) {
    total = next;
    await measured(events, next);
    if (scrapes.includes(n)) ours = valueIn((await telemetry.scrape?.())?.text ?? "");
    if (pushes.includes(n)) await telemetry.forceFlush(10_000);
  }
  const theirs = valueIn(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
  return { ours, theirs, pushed };
}

/** Resolves when a sample with this total is there. */
async function measured(events: AsyncIterator<VitalsEvent>, total: number): Promise<void> {
  for (let next = await events.next(); !next.done; next = await events.next())
    if (next.value.kind === "sample" && next.value.sample.values?.["done"] === total) return;
}

/** What is wrong with what arrived; nothing if both readers are right and the start time says that the counter restarted. */
export function faultsOf({ ours, theirs, pushed }: Restart, { temporality }: Cadence): readonly string[] {
  const [first, last] = [pushed[0], pushed.at(-1)];
  const isDelta = temporality === "delta";
  // Growth from the first measurement to the restart, and from zero after it.
  const expected = isDelta ? 200 + 165 : 165;
  const arrived = isDelta ? pushed.reduce((sum, { value }) => sum + value, 0) : last?.value;
  const isMoved = first !== undefined && last !== undefined && last.start > first.start;
  return [
    ...(ours === 165 ? [] : [`scraped ${ours}, expected 165`]),
    ...(theirs === expected ? [] : [`the Collector shows ${theirs}, expected ${expected}`]),
    ...(arrived === expected ? [] : [`pushed ${arrived}, expected ${expected}`]),
    ...(isMoved ? [] : ["the start time did not move"]),
  ];
}

const valueIn = (text: string): number => Number(/^jobs_done_total\{.*\} (\S+)$/m.exec(text)?.[1]);

/** The part of an OTLP request in JSON that is read here. */
interface Request {
  readonly resourceMetrics: readonly { readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[] }[];
}

interface Metric {
  readonly name: string;
  readonly sum?: {
    readonly dataPoints: readonly { readonly asDouble: number; readonly startTimeUnixNano: string; readonly timeUnixNano: string }[];
  };
}

function pointsIn(body: string): readonly PushedPoint[] {
  const { resourceMetrics } = JSON.parse(body) as Request;
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  const points = metrics.filter(({ name }) => name === "jobs.done").flatMap(({ sum }) => sum?.dataPoints ?? []);
  return points.map(({ asDouble: value, startTimeUnixNano, timeUnixNano }) => ({
    value,
    start: Number(startTimeUnixNano) / 1e9,
    end: Number(timeUnixNano) / 1e9,
  }));
}

const collectorConfig = (otlpPort: number, metricsPort: number, backendPort: number): string => `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${otlpPort}" } } } }
exporters:
  prometheus: { endpoint: "127.0.0.1:${metricsPort}" }
  otlphttp: { endpoint: "http://127.0.0.1:${backendPort}", encoding: json, compression: none, sending_queue: { enabled: false } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [otlp], exporters: [prometheus, otlphttp] } }
`;
