/** A program with an OpenTelemetry SDK of its own, into which the peers test installs the packed package. */
import { diag, metrics } from "@opentelemetry/api";
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { Hono } from "hono";
import * as z from "zod";
import {
  createCollector,
  defineSampleType,
  defineSource,
  gauge,
  reading,
  upDownCounter,
  upTo,
  type Collector,
  type Values,
} from "otel-vitals";

const warnings: string[] = [];
const ignore = (): void => {};
const warn = (message: string): void => void warnings.push(message);
diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore });

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

const queue = defineSampleType("queue", {
  depth: upDownCounter("queue.depth", "{job}", { by: [upTo(5, "queue.name")] }),
  load: gauge("queue.load", "1", { max: 1 }),
});
const kind = defineSource({
  kind: "queue",
  options: z.strictObject({ load: z.number().min(0).max(1).default(0.5) }),
  open: ({ load }): Values<typeof queue> => ({ depth: { mail: 3 }, load }),
  readings: [reading(queue, (values: Values<typeof queue>) => values)],
});
const collector: Collector = createCollector(
  { sources: { q: { kind: "queue", load: 0.25 } }, collections: { jobs: { source: "q", interval: "1s" } } },
  { sourceKinds: [kind] },
);
// The collector's timers do not keep a program alive.
const alive = setInterval(() => {}, 1_000);
await collector.start();
for await (const event of collector.events({ after: 0 })) if (event.kind === "sample") break;
const { resourceMetrics, errors } = await reader.collect();
await collector.shutdown();
clearInterval(alive);

/** The newest value of each series of the queue. */
const values = resourceMetrics.scopeMetrics
  .flatMap((scope) => scope.metrics)
  .filter(({ descriptor }) => descriptor.name.startsWith("queue."))
  .flatMap(({ descriptor, dataPoints }) => dataPoints.map(({ value }) => [descriptor.name, value]));
const telemetry = await import("otel-vitals/telemetry").then(
  ({ createTelemetry }) => typeof createTelemetry,
  (error: unknown) => (error as Error).message,
);
const { createApp } = await import("otel-vitals/http");
const app = new Hono().route("/vitals", createApp(collector));
const statuses = await Promise.all(
  ["/vitals/openapi.json", "/vitals/api/v1/collections/jobs/samples"].map(async (path) => (await app.request(path)).status),
);
process.stdout.write(
  JSON.stringify({ values: Object.fromEntries(values) as object, errors: errors.length, statuses, telemetry, warnings }),
);
