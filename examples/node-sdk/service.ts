/**
 * A program that has an OpenTelemetry NodeSDK already, with the collector beside it: its samples go where the program's own metrics go,
 * by the SDK's reader and under the SDK's resource, and the collector sets nothing global.
 *
 * In your program you import from "otel-vitals". Run it with: npx node examples/node-sdk/service.ts
 */
import { metrics } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { fileURLToPath } from "node:url";
import { createCollector } from "../../src/index.ts";

const EXPORT_MS = 1_000;

// Its exporter goes by OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS, as ever.
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

// After the SDK has started: before, the program's meter provider would be one that records nothing.
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
answers.add(1);

// The program's own work keeps it alive; the collector does not.
const work = setInterval(() => answers.add(1), 1_000);
process.once("SIGTERM", () => {
  clearInterval(work);
  // The collector first, while there is somebody to export its last samples.
  void collector.shutdown().then(() => sdk.shutdown());
});
