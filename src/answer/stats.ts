import * as z from "zod";
import { outcomeCounts } from "./collection.ts";
import { count, listOf, time } from "./shape.ts";

export const exporter = z
  .object({
    name: z.string(),
    exports: count.describe("Exports that arrived."),
    failures: count.describe("Exports that were given up, retries included."),
    consecutiveFailures: count,
    lastSuccess: time.nullable(),
    lastError: z.string().nullable(),
  })
  .describe("How an exporter of metrics fares.");

export const sink = z
  .object({
    name: z.string(),
    target: z.string().describe("Where it sends, without credentials or a query."),
    sent: count.describe("Alerts that arrived, each time they were sent."),
    failures: count.describe("Sends that did not arrive."),
    consecutiveFailures: count,
    dropped: count.describe("Alerts that were given up: refused, or more than the queue holds."),
    pending: count.describe("Alerts that wait to be sent."),
    lastSuccess: time.nullable(),
    lastError: z.string().nullable(),
  })
  .describe("How a place that alerts are told fares.");

export const stream = z
  .object({
    clients: count,
    sent: count.describe("Events written to clients."),
    dropped: count.describe("Samples left out for clients that were slow or wanted fewer."),
    disconnected: count.describe("Clients that were disconnected because they did not read."),
    refused: count.describe("Clients that were turned away because there were too many."),
  })
  .describe("How the event stream fares.");
/** What the event stream has done since it was made. */
export type HubReport = Readonly<z.output<typeof stream>>;

export const processReport = z
  .object({
    cpuSeconds: z.number().min(0).describe("User and system, since the process began."),
    residentBytes: count,
    heapUsedBytes: count,
    eventLoopDelayP99Ms: z.number().min(0),
  })
  .describe("What the process costs that the collector runs in.");
/** What the process costs that the collector runs in. */
export type ProcessReport = Readonly<z.output<typeof processReport>>;

const lifecycle = z.enum(["starting", "running", "stopping", "stopped", "failed"]);
/** `failed`: it could not start. A stopped collector cannot be started again. */
export type Lifecycle = z.output<typeof lifecycle>;

const collectorStats = z.object({
  version: z.string(),
  identity: z.record(z.string(), z.string()).describe("Labels that every alert carries, such as `service` and `instance`."),
  bootId: z.string().describe("Different for each start; part of every event's id."),
  lifecycle,
  uptimeSeconds: z.number().min(0),
  ticks: z.record(z.string(), outcomeCounts).describe("Since the start, by collection."),
  journal: z.object({ oldest: count, head: count, bytes: count }).describe("Numbers of the oldest and newest event kept for replay."),
  bufferBytes: count,
  process: processReport,
  exporters: listOf(exporter),
  sinks: listOf(sink),
});
/** What `collector.stats()` returns. */
export type CollectorStats = Readonly<z.output<typeof collectorStats>>;

export const statsAnswer = collectorStats.extend({ stream }).describe("The collector about itself.");
/** Answer of `GET /api/v1/stats`. */
export type StatsAnswer = z.output<typeof statsAnswer>;

const session = z.object({ tokenNeeded: z.boolean().describe("Whether a token guards the collector at all."), signedIn: z.boolean() });
/** Answer of `GET /api/v1/session`, which only the page reads: it is not in the OpenAPI document. */
export type SessionReport = Readonly<z.output<typeof session>>;
