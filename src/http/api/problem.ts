import * as z from "zod";
import type { Context } from "hono";
import { configurationProblem } from "../../answer/reload.ts";
import { listOf, maybe } from "../../answer/shape.ts";
import { PROBLEM_POLICY, problemPage, wantsHtml } from "./problem-page.ts";

/** Kinds of problems, each with its status code and title; `docs/problems.md` explains each. */
export const PROBLEMS = {
  "bad-query": { status: 400, title: "Invalid parameter or body" },
  unauthorized: { status: 401, title: "Token required" },
  "no-token-configured": { status: 403, title: "Read-only without a configured token" },
  "unknown-route": { status: 404, title: "Unknown path" },
  "unknown-collection": { status: 404, title: "Unknown collection" },
  "no-metrics": { status: 404, title: "No Prometheus reader configured" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  "foreign-host": { status: 421, title: "Host header not allowed" },
  "invalid-configuration": { status: 422, title: "Invalid configuration" },
  "too-many-attempts": { status: 429, title: "Too many wrong tokens" },
  internal: { status: 500, title: "Internal error" },
  "no-reload": { status: 501, title: "Nothing to reload" },
  "too-many-clients": { status: 503, title: "Too many event stream clients" },
  stopping: { status: 503, title: "Collector shutting down" },
} as const;
/** The last part of a problem's `type`, such as `unknown-collection`. */
export type ProblemKind = keyof typeof PROBLEMS;

/** Prefix of every problem's `type`. */
export const PROBLEM_URN = "urn:otel-vitals:problem:";

export const PROBLEM_TYPE = "application/problem+json";

const MAX_DETAIL = 1_000;

export const problemAnswer = z
  .object({
    type: z.string().describe("A URN. docs/problems.md says what it means and what to do."),
    title: z.string().describe("What the type means, in a few words."),
    status: z.int().describe("The HTTP status code."),
    detail: z.string().max(MAX_DETAIL).describe("One sentence about this occurrence."),
    problems: maybe(listOf(configurationProblem)).describe(
      "Everything that is wrong with a configuration; only of `invalid-configuration`.",
    ),
  })
  .describe("A problem (RFC 9457).");
/** Body of every error response. */
export type Problem = z.output<typeof problemAnswer>;

/**
 * An RFC 9457 problem, or for a browser that opens the address the same as a page.
 *
 * @param detail one bounded sentence, never the message of an unknown error
 * @param more members beside those of every problem
 */
export function problem(c: Context, kind: ProblemKind, detail: string, more: Pick<Problem, "problems"> = {}): Response {
  const { status, title } = PROBLEMS[kind];
  c.header("vary", "accept");
  if (wantsHtml(c)) {
    const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", "content-security-policy": PROBLEM_POLICY };
    return c.body(problemPage(c, { kind, status, title, detail: detail.slice(0, MAX_DETAIL) }), status, headers);
  }
  const body: Problem = { type: `${PROBLEM_URN}${kind}`, title, status, detail: detail.slice(0, MAX_DETAIL), ...more };
  return c.body(JSON.stringify(body), status, { "content-type": PROBLEM_TYPE, "cache-control": "no-store" });
}
