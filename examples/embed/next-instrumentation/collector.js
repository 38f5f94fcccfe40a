/** A collector that serves health, metrics, the API, the event stream and the page on a port of its own. */
import { createCollector } from "otel-vitals";
import { serve } from "otel-vitals/http";
import { createTelemetry } from "otel-vitals/telemetry";

const telemetry = createTelemetry(
  { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] },
  { resource: { "service.name": "shop" } },
);
const collector = createCollector(
  { sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } },
  { telemetry },
);
const server = await serve(collector, { port: Number(process.env.VITALS_PORT ?? 9464), metrics: telemetry.scrape });
await collector.start();
console.log("listening", server.url);

// With NEXT_MANUAL_SIG_HANDLE=true. Without it Next.js ends the process before the shutdown is complete.
process.once("SIGTERM", async () => {
  await collector.shutdown();
  await server.close();
  await telemetry.shutdown(5_000);
  process.exit(0);
});
