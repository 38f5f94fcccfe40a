/** A Fastify service with an embedded collector: health, metrics, the API, the event stream and the page are under /vitals. */
import fastify from "fastify";
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

const app = fastify();
const vitals = createHandler(collector, { path: "/vitals", metrics: telemetry.scrape });
// Before Fastify parses a body. Requests for other paths continue with `done`.
app.addHook("onRequest", (request, reply, done) => vitals(request.raw, reply.raw, done));
app.addHook("onReady", () => collector.start());
// Not onClose: that comes when all connections have ended, and an event stream ends with the collector.
app.addHook("preClose", () => collector.shutdown());
app.addHook("onClose", () => telemetry.shutdown(5_000));
app.get("/", async () => "the service's own answer");

await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"] ?? 3000) });
console.log("listening", app.server.address());

process.once("SIGTERM", () => app.close());
