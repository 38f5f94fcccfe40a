/** What the tests beside this file test: a source kind and a sample type of a program. */
import { defineSampleType, defineSource, reading, upDownCounter } from "otel-vitals";
import * as z from "zod";

export const queueMetrics = defineSampleType("queue", { depth: upDownCounter("queue.depth", "{job}", { good: "low" }) });

export const queueDepth = defineSource({
  kind: "queue-depth",
  options: z.strictObject({ jobs: z.array(z.string()) }),
  open: ({ jobs }) => jobs,
  readings: [reading(queueMetrics, (jobs) => ({ depth: jobs.length }))],
});
