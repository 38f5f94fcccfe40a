/**
 * A program with an OpenTelemetry NodeSDK and an embedded collector. The SDK's reader exports the collector's samples together with the
 * program's own metrics, under the SDK's resource. The collector sets no globals. Its API is served on a port of its own.
 *
 * In your program, import from "otel-vitals" and "otel-vitals/http". Run it with: npx node examples/node-sdk/service.ts
 */
import { metrics } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { fileURLToPath } from "node:url";
import { serve } from "../../src/http/index.ts";
import { createCollector } from "../../src/index.ts";

const EXPORT_MS = 1_000;

// The exporter reads OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS, as usual.
const sdk = new NodeSDK({
  resource: resourceFromAttributes({ "service.name": "agent" }),
  metricReaders: [
    new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(),
      exportIntervalMillis: EXPORT_MS,
      exportTimeoutMillis: EXPORT_MS,
    }),
  ],
});
sdk.start();
const answers = metrics.getMeter("agent").createCounter("agent.answers", { unit: "{answer}" });

// After sdk.start(): before it, the global meter provider records nothing.
const collector = createCollector(
  {
    sources: {
      memory: { kind: "mcp-memory", path: process.env["MEMORY_FILE_PATH"] ?? fileURLToPath(new URL("../memory.jsonl", import.meta.url)) },
    },
    collections: {
      memory: { source: "memory", type: "agent-memory", interval: "1s" },
      graph: { source: "memory", type: "graph", interval: "1s" },
    },
  },
  { meterProvider: metrics.getMeterProvider() },
);
await collector.start();
const server = await serve(collector, { port: Number(process.env["PORT"] ?? 0) });
console.log(`${server.url}/health`);
answers.add(1);

// The program's own work keeps the process alive; the collector does not.
const work = setInterval(() => answers.add(1), 1_000);
process.once("SIGTERM", () => {
  clearInterval(work);
  // Shut down the collector first, while the SDK can still export its last samples.
  void collector.shutdown().then(() => Promise.all([server.close(), sdk.shutdown()]));
});
