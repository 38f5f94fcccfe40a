import type { Context } from "hono";

/** Kinds of problems an answer can tell; each has its paragraph in `docs/problems.md`. */
export type ProblemKind =
  | "bad-query"
  | "unknown-route"
  | "unknown-collection"
  | "unauthorized"
  | "no-token-configured"
  | "foreign-host"
  | "no-metrics"
  | "too-many-clients"
  | "stopping"
  | "internal";

const STATUS = {
  "bad-query": 400,
  unauthorized: 401,
  "no-token-configured": 403,
  "unknown-route": 404,
  "unknown-collection": 404,
  "no-metrics": 404,
  "foreign-host": 421,
  internal: 500,
  "too-many-clients": 503,
  stopping: 503,
} as const satisfies Record<ProblemKind, number>;

const TITLE: Readonly<Record<ProblemKind, string>> = {
  "bad-query": "A parameter is wrong",
  unauthorized: "A token is needed",
  "no-token-configured": "Not allowed without a configured token",
  "unknown-route": "There is nothing at this address",
  "unknown-collection": "There is no such collection",
  "no-metrics": "There is no Prometheus reader",
  "foreign-host": "Asked for by a name that is not allowed",
  internal: "Something went wrong here",
  "too-many-clients": "There are too many clients",
  stopping: "The collector is stopping",
};

/** Prefix of every problem's `type`. */
export const PROBLEM_URN = "urn:otel-vitals:problem:";

/** An RFC 9457 problem. `detail` is one bounded sentence; never the message of an unknown error. */
export function problem(c: Context, kind: ProblemKind, detail: string, extra: Readonly<Record<string, unknown>> = {}): Response {
  const status = STATUS[kind];
  const body = { type: `${PROBLEM_URN}${kind}`, title: TITLE[kind], status, detail: detail.slice(0, 1_000), ...extra };
  return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json", "cache-control": "no-store" });
}
