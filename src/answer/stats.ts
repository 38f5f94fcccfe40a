import * as z from "zod";
import { outcomeCounts } from "./collection.ts";
import { count, listOf, time } from "./shape.ts";

export const exporter = z
  .object({
    name: z.string().describe("`otlp`, or `otlp-2` for the second of its kind."),
    exports: count.describe("Successful exports."),
    failures: count.describe("Exports that failed after all retries."),
    consecutiveFailures: count.describe(
      "Exports that failed since the last success, without those that say nothing about the backend: not sent because the previous one had not finished, or interrupted by a suspension of the process.",
    ),
    lastSuccess: time.nullable().describe("null before the first success."),
    lastError: z.string().nullable().describe("One bounded line without secrets; null before the first failure."),
  })
  .describe("An exporter of metrics and its results.");

export const sink = z
  .object({
    name: z.string().describe("Its name in metrics and logs."),
    target: z.string().describe("Where it sends, without credentials and query."),
    sent: count.describe("Alerts accepted by the receiver, counted each time they were sent."),
    failures: count.describe("Failed requests."),
    consecutiveFailures: count.describe("Requests that failed since the last success."),
    dropped: count.describe("Alerts dropped: refused by the receiver, or beyond the limit of the queue."),
    pending: count.describe("Alerts waiting to be sent."),
    lastSuccess: time.nullable().describe("null before the first success."),
    lastError: z.string().nullable().describe("One bounded line without secrets; null before the first failure."),
  })
  .describe("A destination of alerts and its results.");

export const stream = z
  .object({
    clients: count.describe("Connected clients."),
    sent: count.describe("Events written to clients."),
    dropped: count.describe("Samples and aggregates dropped for clients that read slowly or limited their rate."),
    disconnected: count.describe("Clients disconnected because they did not read."),
    refused: count.describe("Clients refused because a limit was reached."),
  })
  .describe("The event stream and its clients.");
/** The event stream of one app and its clients, since the app was created. */
export type StreamReport = Readonly<z.output<typeof stream>>;

export const processReport = z
  .object({
    cpuSeconds: z.number().min(0).describe("User and system CPU time since the process started."),
    residentBytes: count.describe("Resident memory in bytes."),
    heapUsedBytes: count.describe("Bytes of the JavaScript heap in use."),
    eventLoopDelayP99Ms: z
      .number()
      .min(0)
      .optional()
      .describe("99th percentile since the last full assessment; absent until it is measured, and after a suspension of the process."),
  })
  .describe("Resource use of the collector's process.");
/** Resource use of the collector's process. */
export type ProcessReport = Readonly<z.output<typeof processReport>>;

const lifecycle = z.enum(["starting", "running", "stopping", "stopped", "failed"]);
/** `failed`: a loop of the collector ended unexpectedly. A stopped collector cannot be started again. */
export type Lifecycle = z.output<typeof lifecycle>;

const collectorStats = z.object({
  version: z.string().describe("Version of this package."),
  identity: z.record(z.string(), z.string()).describe("Labels of every alert, such as `service` and `instance`."),
  bootId: z.string().describe("Different for each start of the collector."),
  lifecycle: lifecycle.describe("Whether it is starting, running, stopping, stopped, or failed."),
  uptimeSeconds: z.number().min(0).describe("Seconds since the collector started."),
  windows: listOf(z.string()).describe("Lengths of the windows over which samples are aggregated, such as `1m`."),
  ticks: z.record(z.string(), outcomeCounts).describe("Number of ticks since the start, by collection."),
  journal: z
    .object({
      oldest: count.describe("Number of the oldest event in memory; `head` if there is none."),
      head: count.describe("Number of the newest event; 0 before the first."),
      bytes: count.describe("Bytes of JSON."),
    })
    .describe("Events kept for replay: numbers of the oldest and the newest, and their size."),
  bufferBytes: count.describe("Bytes that the retained samples of all collections take."),
  process: processReport,
  exporters: listOf(exporter),
  sinks: listOf(sink),
});
/** What `collector.stats()` returns. */
export type CollectorStats = Readonly<z.output<typeof collectorStats>>;

export const statsAnswer = collectorStats.extend({ stream }).describe("Counters and state of the collector itself.");
/** Response of `GET /api/v1/stats`. */
export type StatsAnswer = z.output<typeof statsAnswer>;

const session = z.object({ tokenNeeded: z.boolean().describe("Whether a token is configured."), signedIn: z.boolean() });
/** Response of `GET /session`, which only the page requests: it is not in the OpenAPI document. */
export type SessionReport = Readonly<z.output<typeof session>>;
