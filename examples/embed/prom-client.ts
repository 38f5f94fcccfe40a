/** A program whose metrics are prom-client's, with an embedded collector: one /metrics has both. */
import express from "express";
import { createCollector } from "otel-vitals";
import { createHandler } from "otel-vitals/http";
import { createTelemetry } from "otel-vitals/telemetry";
import { collectDefaultMetrics, Counter, register } from "prom-client";

collectDefaultMetrics();
const orders = new Counter({ name: "orders_placed_total", help: "Orders that were placed." });

const telemetry = createTelemetry(
  { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] },
  { resource: { "service.name": "shop" } },
);
const collector = createCollector(
  { sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } },
  { telemetry },
);
await collector.start();

const app = express();
app.use(createHandler(collector, { path: "/vitals" }));
app.get("/metrics", async (_request, response) => {
  const [own, vitals] = await Promise.all([register.metrics(), telemetry.scrape?.()]);
  response.type(register.contentType).send(own + (vitals?.text ?? ""));
});
app.post("/orders", (_request, response) => {
  orders.inc();
  response.sendStatus(201);
});

const server = app.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1", (error) => {
  if (error) throw error;
  console.log("listening", server.address());
});

process.once("SIGTERM", async () => {
  await collector.shutdown();
  server.close();
  await telemetry.shutdown(5_000);
});
