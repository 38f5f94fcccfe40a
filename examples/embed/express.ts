/** An Express service with an embedded collector: health, metrics, the API, the event stream and the page are under /vitals. */
import express from "express";
import { createCollector } from "otel-vitals";
import { createHandler } from "otel-vitals/http";
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

const app = express();
app.use(createHandler(collector, { path: "/vitals", metrics: telemetry.scrape }));
app.use(express.json());
app.get("/", (_request, response) => {
  response.send("the service's own answer");
});

const port = Number(process.env["PORT"] ?? 3000);
const server = app.listen(port, "127.0.0.1", (error) => {
  if (error) throw error;
  console.log("listening", server.address());
});

process.once("SIGTERM", async () => {
  // First the collector: it ends the event streams, which the server would wait for.
  await collector.shutdown();
  server.close();
  await telemetry.shutdown(5_000);
});
