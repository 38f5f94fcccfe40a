import * as z from "zod";
import { EXPECTED_BY, isBy } from "../../base/pauser.ts";
import { aggregatesAnswer, collection, collectionsAnswer, samplesAnswer } from "../../answer/collection.ts";
import { streamEvent } from "../../answer/event.ts";
import { alertsAnswer, healthAnswer, healthReport, historyAnswer } from "../../answer/health.ts";
import { reloadAnswer } from "../../answer/reload.ts";
import { statsAnswer } from "../../answer/stats.ts";
import { operation, type Operation } from "./operation.ts";
import { list, noQuery, oneOf, someOf, text, timestamp, wholeNumber, window } from "./query.ts";

const name = { path: "/api/v1/collections/{name}" } as const;
const RATE_BOUNDS = "expected a number above 0, at most 1000";
const fields = list.optional().describe("Only these fields.");

const probe = {
  tag: "Probes",
  query: z.strictObject({ verbose: z.string().optional().describe("With any value or none: one line per check.") }),
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
  summary: "Liveness probe",
  description:
    "Fails if the collector has failed or its scheduler makes no progress. Nothing that the collector observes can fail it. The format is that of Kubernetes probes.",
});

export const readyz = operation({
  ...probe,
  id: "getReadiness",
  path: "/readyz",
  summary: "Readiness probe",
  description: "Succeeds once every collection has ticked, until the shutdown begins.",
});

export const health = operation({
  id: "getHealth",
  path: "/health",
  tag: "Health",
  summary: "Overall status and components",
  description: "Returns 503 if the overall status is that of `fail_on` or worse.",
  query: z.strictObject({
    fail_on: oneOf("degraded", "unhealthy", "critical").default("unhealthy").describe("The mildest status that returns 503."),
  }),
  answer: healthAnswer,
  type: "application/health+json",
  statuses: [200, 503],
  access: "status",
});

const badge = {
  tag: "Health",
  query: z.strictObject({ label: text(60).optional().describe("Text on the left.") }),
  answer: z.string(),
  type: "image/svg+xml",
} as const;

export const overallBadge = operation({
  ...badge,
  id: "getBadge",
  path: "/badge.svg",
  summary: "Badge of the overall status",
  description:
    "An SVG image with the status as a word and a shape, for a README: `![vitals](https://vitals.example/badge.svg)`. 200 whatever the status.",
  access: "status",
});

export const componentBadge = operation({
  ...badge,
  id: "getComponentBadge",
  path: "/badge/{component}.svg",
  summary: "Badge of a component",
  description: [
    "As the badge of the overall status: `![jobs](https://vitals.example/badge/collection:jobs.svg?label=jobs)`. If a token is configured,",
    "it requires the token, unless `collector.server.public_badges` (in code: `publicBadges`) is set: a README cannot send one.",
  ].join(" "),
  statuses: [200, 404],
});

export const getHealthReport = operation({
  id: "getHealthReport",
  path: "/api/v1/health",
  tag: "Health",
  summary: "Health report, as in the event stream's snapshot",
  description: "Returns 200 whatever the status: for programs that display health. `/health` is for programs that act on it.",
  query: noQuery,
  answer: healthReport,
});

export const metrics = operation({
  id: "getMetrics",
  path: "/metrics",
  tag: "About",
  summary: "Metrics in Prometheus text format",
  description:
    "Compressed if `Accept-Encoding` allows gzip. A failed callback does not fail the response; the header `X-Collect-Errors` counts them.",
  query: noQuery,
  takesAnyQuery: true,
  answer: z.string(),
  type: "text/plain",
  problems: ["no-metrics"],
});

export const listCollections = operation({
  id: "listCollections",
  path: "/api/v1/collections",
  tag: "Collections",
  summary: "Collections",
  description: "Each with its source, its sample type with fields and units, its schedule and its current state.",
  query: noQuery,
  answer: collectionsAnswer,
});

export const listSamples = operation({
  id: "listSamples",
  path: `${name.path}/samples`,
  tag: "Collections",
  summary: "Samples of a collection",
  description:
    "As columns and rows, newest last. To follow a collection, pass `next` of the previous response as `since`, without `last`: then no retained sample is left out.",
  query: z.strictObject({
    last: wholeNumber(1, 100_000)
      .optional()
      .describe("Maximum number of samples; the newest are returned. Default: 100, or all with `since`, `from` or `to`."),
    since: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional().describe("Only samples after this number: `next` of an earlier response."),
    from: timestamp.optional().describe("Only samples at or after this time."),
    to: timestamp.optional().describe("Only samples before this time."),
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
  description: "Ticks by outcome and statistics of every field, over windows that end now.",
  query: z.strictObject({
    window: window.optional().describe("One window such as `5m`, at most `1d`. Default: every configured window."),
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
  query: z.strictObject({
    by: z
      .string()
      .refine(isBy, EXPECTED_BY)
      .optional()
      .describe("Name of who pauses it, for people to read: at most 100 printable characters."),
  }),
  id: "pauseCollection",
  path: `${name.path}/pause`,
  summary: "Pause a collection",
  description:
    "Its source is no longer read, which affects no status. The collector keeps since when, and by whom as far as it is known. Pausing a paused collection changes nothing.",
});

export const resumeCollection = operation({
  ...change,
  id: "resumeCollection",
  path: `${name.path}/resume`,
  summary: "Resume a collection",
  description: "It continues at its next scheduled tick. Resuming a collection that is not paused changes nothing.",
});

export const listTransitions = operation({
  id: "listTransitions",
  path: "/api/v1/health/history",
  tag: "Health",
  summary: "Status transitions",
  description: "The retained transitions, oldest first, and the times since which they are complete.",
  query: z.strictObject({
    component: text(200).optional().describe("Only transitions of this component, such as `collection:analytics`."),
    since: timestamp.optional().describe("Only transitions at or after this time."),
  }),
  answer: historyAnswer,
  isKept: true,
});

export const listAlerts = operation({
  id: "listAlerts",
  path: "/api/v1/alerts",
  tag: "Health",
  summary: "Alerts",
  description: "Firing alerts first, oldest first; then resolved alerts, newest first.",
  query: z.strictObject({ state: oneOf("firing", "resolved", "all").default("firing").describe("Only alerts in this state.") }),
  answer: alertsAnswer,
  isKept: true,
});

export const followEvents = operation({
  id: "followEvents",
  path: "/api/v1/events",
  tag: "Stream",
  summary: "Live event stream",
  description: [
    "Server-sent events. A connection starts with `hello` and, unless it resumes, `snapshot`. Then `sample`, `transition` and `alert`",
    "follow as they happen, each with an id; `aggregate` (without an id) and `heartbeat` (with one) come by the clock. A client that sends",
    "`Last-Event-ID` gets the events it missed, in order; if they are no longer kept, it gets `reset` and `snapshot` instead. With a state",
    "(`collector.state`) that holds over a restart as well; `lost` then says how many events a crash lost at most. `bye` is the last event",
    "before the server stops. The schema describes one event: its type, its id, and its data, which is sent as JSON.",
  ].join(" "),
  query: z.strictObject({
    types: someOf("sample", "transition", "alert", "aggregate")
      .optional()
      .describe("Only events of these types. `hello`, `snapshot`, `heartbeat`, `reset`, `lost` and `bye` are always sent."),
    collections: list.optional().describe("Only samples and aggregates of these collections."),
    max_rate: z
      .string()
      .regex(/^\d{1,4}(\.\d{1,6})?$/, RATE_BOUNDS)
      .transform(Number)
      .pipe(z.number().gt(0, RATE_BOUNDS).max(1_000, RATE_BOUNDS))
      .optional()
      .describe("Maximum number of samples per second, over all collections. Samples beyond it are dropped and counted in `heartbeat`."),
    last_event_id: text(200).optional().describe("Same as the header `Last-Event-ID`, for clients that cannot send it."),
  }),
  answer: streamEvent,
  type: "text/event-stream",
  problems: ["too-many-clients", "stopping"],
});

export const getStats = operation({
  id: "getStats",
  path: "/api/v1/stats",
  tag: "About",
  summary: "Statistics of the collector",
  description: "Ticks, memory, the journal, exporters, sinks and the event stream.",
  query: noQuery,
  answer: statsAnswer,
});

export const reloadConfiguration = operation({
  id: "reloadConfiguration",
  method: "post",
  path: "/api/v1/reload",
  tag: "About",
  summary: "Reload the configuration",
  description: [
    "Reads the configuration file again, as SIGHUP does. A wrong file changes nothing; its problems are in the response. A right one keeps",
    "what it does not change. Answers when the new configuration applies. Requests during a reload share the next one.",
  ].join(" "),
  query: noQuery,
  answer: reloadAnswer,
  problems: ["no-token-configured", "invalid-configuration", "no-reload", "stopping"],
});

export const getDocument = operation({
  id: "getDocument",
  path: "/openapi.json",
  tag: "About",
  summary: "This document",
  description: "OpenAPI 3.1, with the configured collections.",
  query: noQuery,
  answer: z.looseObject({ openapi: z.string() }),
  isKept: true,
});

/** Every operation except those of the page, in the order of the document. */
export const OPERATIONS: readonly Operation[] = [
  livez,
  readyz,
  health,
  overallBadge,
  componentBadge,
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
  reloadConfiguration,
  metrics,
  getDocument,
];
