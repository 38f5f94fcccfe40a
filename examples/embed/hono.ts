/** A Hono service with an embedded collector: health, metrics, the API, the event stream and the page are under /vitals. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createCollector } from "otel-vitals";
import { createApp } from "otel-vitals/http";
import { createTelemetry } from "otel-vitals/telemetry";

const telemetry = createTelemetry(
  { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] },
  { resource: { "service.name": "shop" } },
);
const collector = createCollector(
  { sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } },
  { telemetry },
);
await collector.start();

const app = new Hono();
app.route("/vitals", createApp(collector, { metrics: telemetry.scrape }));
app.get("/", (c) => c.text("the service's own answer"));

const port = Number(process.env["PORT"] ?? 3000);
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, (address) => console.log("listening", address));

process.once("SIGTERM", async () => {
  // First the collector: it ends the event streams, which the server would wait for.
  await collector.shutdown();
  server.close();
  await telemetry.shutdown(5_000);
});
