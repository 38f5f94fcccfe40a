/**
 * A Hono service with its own meter provider and an embedded collector. The collector records its samples on that provider, next to the
 * service's own metrics, and serves its API under /vitals.
 *
 * In your program, import from "otel-vitals" and "otel-vitals/http". Run it with: npx node examples/embedded/service.ts
 */
import { serve } from "@hono/node-server";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { Hono } from "hono";
import type { AddressInfo } from "node:net";
import { createApp } from "../../src/http/index.ts";
import { createCollector } from "../../src/index.ts";

const reader = new PrometheusExporter({ preventServerStart: true });
const meterProvider = new MeterProvider({ readers: [reader] });
const orders = meterProvider.getMeter("orders").createCounter("orders.placed", { unit: "{order}" });

const collector = createCollector(
  { sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } },
  { meterProvider },
);
collector.health.register("orders", () => ({ status: "healthy", reason: "orders are accepted" }), { interval: "10s" });
await collector.start();

const service = new Hono();
service.post("/orders", (c) => {
  orders.add(1);
  return c.json({ placed: true }, 201);
});
service.get("/metrics", async (c) => c.text(new PrometheusSerializer().serialize((await reader.collect()).resourceMetrics)));
service.route("/vitals", createApp(collector));

const server = serve({ fetch: service.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"] ?? 0) }, ({ port }: AddressInfo) => {
  console.log(`http://127.0.0.1:${port}/vitals/health`);
});

process.once("SIGTERM", () => {
  void collector.shutdown().then(() => server.close());
});
