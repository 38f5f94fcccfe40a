import * as z from "zod";
import type { Context } from "hono";

/** Kinds of problems an answer can tell, each with its status and title; each has its paragraph in `docs/problems.md`. */
export const PROBLEMS = {
  "bad-query": { status: 400, title: "A parameter is wrong" },
  unauthorized: { status: 401, title: "A token is needed" },
  "no-token-configured": { status: 403, title: "Not allowed without a configured token" },
  "unknown-route": { status: 404, title: "There is nothing at this address" },
  "unknown-collection": { status: 404, title: "There is no such collection" },
  "no-metrics": { status: 404, title: "There is no Prometheus reader" },
  "foreign-host": { status: 421, title: "Asked for by a name that is not allowed" },
  internal: { status: 500, title: "Something went wrong here" },
  "too-many-clients": { status: 503, title: "There are too many clients" },
  stopping: { status: 503, title: "The collector is stopping" },
} as const;
export type ProblemKind = keyof typeof PROBLEMS;

/** Prefix of every problem's `type`. */
export const PROBLEM_URN = "urn:otel-vitals:problem:";

export const PROBLEM_TYPE = "application/problem+json";

const MOST_DETAIL = 1_000;

export const problemAnswer = z
  .object({
    type: z.string().describe("A URN; what it means, and what to do, is in docs/problems.md."),
    title: z.string(),
    status: z.int().describe("The status of the answer."),
    detail: z.string().max(MOST_DETAIL).describe("What is wrong this time, in one sentence."),
  })
  .describe("A problem as RFC 9457 has them.");
/** Any answer that tells of an error. */
export type Problem = z.output<typeof problemAnswer>;

/** An RFC 9457 problem. `detail` is one bounded sentence; never the message of an unknown error. */
export function problem(c: Context, kind: ProblemKind, detail: string): Response {
  const { status, title } = PROBLEMS[kind];
  const body: Problem = { type: `${PROBLEM_URN}${kind}`, title, status, detail: detail.slice(0, MOST_DETAIL) };
  return c.body(JSON.stringify(body), status, { "content-type": PROBLEM_TYPE, "cache-control": "no-store" });
}
