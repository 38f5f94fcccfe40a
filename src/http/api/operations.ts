import * as z from "zod";
import { aggregatesAnswer, collection, collectionsAnswer, samplesAnswer } from "../../answer/collection.ts";
import { streamEvent } from "../../answer/event.ts";
import { alertsAnswer, healthAnswer, healthReport, historyAnswer } from "../../answer/health.ts";
import { statsAnswer } from "../../answer/stats.ts";
import { operation, type Operation } from "./operation.ts";
import { list, moment, noQuery, someOf, wholeNumber, window } from "./query.ts";

const name = { path: "/api/v1/collections/{name}" } as const;
const RATE_BOUNDS = "expected a number above 0, up to 1000";
const fields = list.optional().describe("Only these fields.");

const probe = {
  tag: "Probes",
  query: z.strictObject({ verbose: z.string().optional().describe("There, with any value or none: a line for each check.") }),
  takesAnyQuery: true,
  answer: z.string(),
  type: "text/plain",
  statuses: [200, 503],
  access: "status",
  checksHost: false,
} as const;

export const livez = operation({
  ...probe,
  id: "getLiveness",
  path: "/livez",
  summary: "Whether this program turns",
  description: "Nothing that is observed can fail it. The form is Kubernetes'.",
});

export const readyz = operation({
  ...probe,
  id: "getReadiness",
  path: "/readyz",
  summary: "Whether it is ready",
  description: "It is configured, each collection has ticked once, and it is not about to stop.",
});

export const health = operation({
  id: "getHealth",
  path: "/health",
  tag: "Health",
  summary: "Every component, and the whole",
  description: "Answers 503 from the status on that `fail_on` names.",
  query: z.strictObject({
    fail_on: z.enum(["degraded", "unhealthy", "critical"]).default("unhealthy").describe("The least bad status that is a failure."),
  }),
  answer: healthAnswer,
  type: "application/health+json",
  statuses: [200, 503],
  access: "status",
});

export const getHealthReport = operation({
  id: "getHealthReport",
  path: "/api/v1/health",
  tag: "Health",
  summary: "Every component, as the event stream's snapshot tells them",
  description: "Answers 200 whatever the status: for programs that show health, where `/health` is for those that act on it.",
  query: noQuery,
  answer: healthReport,
});

export const metrics = operation({
  id: "getMetrics",
  path: "/metrics",
  tag: "About",
  summary: "Prometheus text",
  description:
    "Compressed where `Accept-Encoding` allows gzip. What could be collected is there; the header `X-Collect-Errors` says how much could not.",
  query: noQuery,
  takesAnyQuery: true,
  answer: z.string(),
  type: "text/plain",
  checksHost: false,
  problems: ["no-metrics"],
});

export const listCollections = operation({
  id: "listCollections",
  path: "/api/v1/collections",
  tag: "Collections",
  summary: "Every collection",
  description: "Its source, its sample type with fields and units, its schedule and how it fares.",
  query: noQuery,
  answer: collectionsAnswer,
});

export const listSamples = operation({
  id: "listSamples",
  path: `${name.path}/samples`,
  tag: "Collections",
  summary: "Samples of a collection",
  description:
    "In columns and rows, newest last. To follow a collection, ask for what comes after the `next` of the answer before: without `last`, nothing that is still retained is left out.",
  query: z.strictObject({
    last: wholeNumber(1, 100_000)
      .optional()
      .describe("At most so many, the newest. Without it 100, or with `since`, `from` or `to` all of them."),
    since: wholeNumber(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .describe("Only samples with a greater number: the `next` of an earlier answer."),
    from: moment.optional().describe("Only samples at or after this moment."),
    to: moment.optional().describe("Only samples before this moment."),
    fields,
  }),
  answer: samplesAnswer,
  problems: ["unknown-collection"],
});

export const listAggregates = operation({
  id: "listAggregates",
  path: `${name.path}/aggregates`,
  tag: "Collections",
  summary: "Windows of a collection",
  description: "Counts of ticks by outcome, and statistics of every field, over the last minutes.",
  query: z.strictObject({
    window: window.optional().describe("One length of time such as `5m`, up to `1d`. Without it: each window of the configuration."),
    fields,
  }),
  answer: aggregatesAnswer,
  problems: ["unknown-collection"],
});

const change = {
  method: "post",
  tag: "Collections",
  query: noQuery,
  answer: collection,
  problems: ["no-token-configured", "unknown-collection"],
} as const;

export const pauseCollection = operation({
  ...change,
  id: "pauseCollection",
  path: `${name.path}/pause`,
  summary: "Pause a collection",
  description: "Its source is not asked any more, which is no fault. Pausing what is paused changes nothing.",
});

export const resumeCollection = operation({
  ...change,
  id: "resumeCollection",
  path: `${name.path}/resume`,
  summary: "Go on with a collection",
  description: "From the next tick of its grid on. Resuming what is not paused changes nothing.",
});

export const listTransitions = operation({
  id: "listTransitions",
  path: "/api/v1/health/history",
  tag: "Health",
  summary: "Changes of status",
  description: "Those that are kept, oldest first, and since when none of them is missing.",
  query: z.strictObject({
    component: z.string().max(200).optional().describe("Only those of this component, such as `collection:analytics`."),
    since: moment.optional().describe("Only those at or after this moment."),
  }),
  answer: historyAnswer,
  isKept: true,
});

export const listAlerts = operation({
  id: "listAlerts",
  path: "/api/v1/alerts",
  tag: "Health",
  summary: "Alerts",
  description: "Firing ones first, oldest first; then resolved ones, newest first.",
  query: z.strictObject({ state: z.enum(["firing", "resolved", "all"]).default("firing") }),
  answer: alertsAnswer,
  isKept: true,
});

export const followEvents = operation({
  id: "followEvents",
  path: "/api/v1/events",
  tag: "Stream",
  summary: "What happens, as it happens",
  description: [
    "Server-sent events. First `hello`, and on a fresh connection `snapshot`; then `sample`, `transition` and `alert` as they come, each",
    "with an id, and `aggregate` and `heartbeat` without and with one. With `Last-Event-ID` what was missed is replayed, in order; where",
    "that is not possible any more, `reset` and `snapshot` come instead. `bye` comes before the collector stops. The schema is that of one",
    "event: its type, its id, and its data, which is sent as JSON.",
  ].join(" "),
  query: z.strictObject({
    types: someOf("sample", "transition", "alert", "aggregate").optional().describe("Only events of these types; the others always come."),
    collections: list.optional().describe("Only samples and aggregates of these collections."),
    max_rate: z
      .string()
      .regex(/^\d{1,4}(\.\d{1,6})?$/, RATE_BOUNDS)
      .transform(Number)
      .pipe(z.number().gt(0, RATE_BOUNDS).max(1_000, RATE_BOUNDS))
      .optional()
      .describe("Samples a second, at most, of all collections together; what is over is left out, and counted in `heartbeat`."),
    last_event_id: z.string().max(200).optional().describe("As the header `Last-Event-ID`, for clients that cannot send one."),
  }),
  answer: streamEvent,
  type: "text/event-stream",
  problems: ["too-many-clients", "stopping"],
});

export const getStats = operation({
  id: "getStats",
  path: "/api/v1/stats",
  tag: "About",
  summary: "The collector about itself",
  description: "What it has done, what it holds, and how its exporters, sinks and the event stream fare.",
  query: noQuery,
  answer: statsAnswer,
});

export const getDocument = operation({
  id: "getDocument",
  path: "/openapi.json",
  tag: "About",
  summary: "This document",
  description: "OpenAPI 3.1, with the collections that this collector has.",
  query: noQuery,
  answer: z.looseObject({ openapi: z.string() }),
  isKept: true,
});

/** Everything that can be asked for but for the page, in the order of the document. */
export const OPERATIONS: readonly Operation[] = [
  livez,
  readyz,
  health,
  getHealthReport,
  listTransitions,
  listAlerts,
  listCollections,
  listSamples,
  listAggregates,
  pauseCollection,
  resumeCollection,
  followEvents,
  getStats,
  metrics,
  getDocument,
];
