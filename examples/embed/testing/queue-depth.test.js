/**
 * Tests of a program that embeds the collector: under Vitest, and under Jest as it is if the last import comes from "@jest/globals".
 */
import { createCollector } from "otel-vitals";
import { createApp } from "otel-vitals/http";
import { ManualClock, readOnce } from "otel-vitals/testing";
import { afterEach, expect, it } from "vitest";
import { queueDepth, queueMetrics } from "./queue-depth.js";

let collector;
// A collector that runs does not keep the process alive, but it goes on: shut it down.
afterEach(async () => {
  await collector?.shutdown();
});

it("the source counts the jobs that wait", async () => {
  expect(await readOnce(queueDepth, { jobs: ["a", "b"] }, queueMetrics)).toEqual({ depth: 2 });
});

it("a collector samples the queue every second, on a clock that the test moves", async () => {
  const clock = new ManualClock();
  collector = createCollector(
    { sources: { mail: { kind: "queue-depth", jobs: ["a", "b"] } }, collections: { queue: { source: "mail", interval: "1s" } } },
    { clock, sourceKinds: [queueDepth] },
  );
  await collector.start();
  await clock.advance(60_000);
  const { count, mean } = collector.collection("queue", queueMetrics).aggregate("1m").fields.depth;
  expect([count, mean]).toEqual([60, 2]);
});

it("the service is ready once every collection has a sample", async () => {
  const clock = new ManualClock();
  collector = createCollector(
    { sources: { mail: { kind: "queue-depth", jobs: [] } }, collections: { queue: { source: "mail", interval: "1s" } } },
    { clock, sourceKinds: [queueDepth] },
  );
  await collector.start();
  const app = createApp(collector);
  expect((await app.request("/readyz")).status).toBe(503);
  await clock.advance(1_000);
  expect((await app.request("/readyz")).status).toBe(200);
});
