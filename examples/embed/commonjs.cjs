/** A CommonJS program with Express and an embedded collector, whose routes are under /vitals. */
const express = require("express");
const { createCollector } = require("otel-vitals");
const { createHandler } = require("otel-vitals/http");

async function main() {
  // The only entry that require() cannot load.
  const { createTelemetry } = await import("otel-vitals/telemetry");
  const readers = [{ pull: { exporter: { "prometheus/development": {} } } }];
  const telemetry = createTelemetry({ readers }, { resource: { "service.name": "shop" } });
  const collector = createCollector(
    { sources: { here: { kind: "host" } }, collections: { machine: { source: "here", interval: "1s" } } },
    { telemetry },
  );
  await collector.start();

  const app = express();
  app.use(createHandler(collector, { path: "/vitals", metrics: telemetry.scrape }));
  app.get("/", (_request, response) => response.send("the service's own answer"));
  const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", (error) => {
    if (error) throw error;
    console.log("listening", server.address());
  });

  process.once("SIGTERM", async () => {
    await collector.shutdown();
    server.close();
    await telemetry.shutdown(5_000);
  });
}

void main();
