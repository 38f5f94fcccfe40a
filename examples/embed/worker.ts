/**
 * A worker that takes jobs from a queue and has no server of its own: the collector serves health, metrics, the API, the event stream and
 * the page on a port of its own.
 */
import { setTimeout as pause } from "node:timers/promises";
import { counter, createCollector, defineSampleType, defineSource, reading, upDownCounter } from "otel-vitals";
import { serve } from "otel-vitals/http";
import { createTelemetry } from "otel-vitals/telemetry";
import * as z from "zod";

// The worker's own state. In your program, the client of the queue.
const queue = { waiting: ["a", "b", "c"], done: 0 };

const jobMetrics = defineSampleType("jobs", {
  waiting: upDownCounter("jobs.waiting", "{job}", { good: "low" }),
  done: counter("jobs.done", "{job}"),
});
const jobQueue = defineSource({
  kind: "job-queue",
  options: z.strictObject({}),
  open: () => queue,
  readings: [reading(jobMetrics, () => ({ waiting: queue.waiting.length, done: queue.done }))],
});

const telemetry = createTelemetry(
  { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] },
  { resource: { "service.name": "shop" } },
);
const collector = createCollector(
  { sources: { jobs: { kind: "job-queue" } }, collections: { jobs: { source: "jobs", interval: "1s" } } },
  { telemetry, sourceKinds: [jobQueue] },
);
await collector.start();
// The server does not keep the process alive for longer than it is open.
const server = await serve(collector, { port: Number(process.env["PORT"] ?? 9464), metrics: telemetry.scrape });
console.log("listening", server.url);

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());

while (!stop.signal.aborted) {
  const job = queue.waiting.shift();
  if (job !== undefined) queue.done += 1;
  // The job that was taken is done before the loop ends.
  await pause(100, undefined, { signal: stop.signal }).catch(() => {});
}

await collector.shutdown();
await server.close();
await telemetry.shutdown(5_000);
