/** A Next.js custom server with an embedded collector: health, metrics, the API, the event stream and the page are under /vitals. */
import next from "next";
import { createServer } from "node:http";
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

const app = next({ dev: process.env["NODE_ENV"] === "development" });
await app.prepare();
const pages = app.getRequestHandler();
const vitals = createHandler(collector, { path: "/vitals", metrics: telemetry.scrape });

const server = createServer((request, response) => vitals(request, response, () => void pages(request, response)));
// Next.js catches unhandled errors: without this, a port in use would not end the process with an error.
server.once("error", (error) => {
  console.error(error);
  process.exit(1);
});
server.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1", () => console.log("listening", server.address()));

process.once("SIGTERM", async () => {
  // First the collector: it ends the event streams, which the server would wait for.
  await collector.shutdown();
  server.close();
  await app.close();
  await telemetry.shutdown(5_000);
});
