import type { Operation } from "./operation.ts";
import { PROBLEM_TYPE, PROBLEM_URN, PROBLEMS, type ProblemKind } from "./problem.ts";
import type { Answer, Header, JsonSchema, Reference } from "./openapi.ts";
import { schemaOf } from "./schemas.ts";

const header = (description: string, schema: JsonSchema): Header => ({
  description,
  required: true,
  schema: { type: "string", ...schema },
});

const CACHE = {
  kept: header("To be asked for again each time, which brings 304 where it is the same.", { const: "private, no-cache" }),
  stream: header("Nobody between may hold events back.", { const: "no-cache, no-transform" }),
  other: header("It changes each moment.", { const: "no-store" }),
};

/** What an operation answers when nothing is wrong with the question. */
export function answersOf({ statuses, summary, type, answer, isKept, id }: Operation): Record<string, Answer> {
  const headers = {
    "Cache-Control": isKept ? CACHE.kept : type === "text/event-stream" ? CACHE.stream : CACHE.other,
    ...(isKept ? { ETag: header("Weak; of the content.", { pattern: '^W/"' }) } : {}),
    ...(id === "getMetrics" ? { "X-Collect-Errors": header("How many callbacks failed.", { pattern: "^\\d+$" }) } : {}),
  };
  const content = { [type]: { schema: schemaOf(answer) } };
  const said = { 200: summary, 503: "The same, where it is not well" };
  return {
    ...Object.fromEntries(statuses.map((status) => [status, { description: said[status], headers, content }])),
    ...(isKept ? { 304: { description: "It is still the same", headers } } : {}),
  };
}

/** What can go wrong with an operation, by status: references to `problemAnswers`. */
export function problemsOf(operation: Operation): Record<string, Reference> {
  return Object.fromEntries(
    [...byStatus(operation)].map(([status, kinds]) => [status, { $ref: `#/components/responses/${kinds.join("-or-")}` }]),
  );
}

/** `components.responses` of the document: the problems that any of the operations can answer. */
export function problemAnswers(operations: readonly Operation[]): Record<string, Answer> {
  const all = operations.flatMap((operation) => [...byStatus(operation)]);
  return Object.fromEntries(all.map(([status, kinds]) => [kinds.join("-or-"), problemAnswer(status, kinds)]));
}

function byStatus({ access, checksHost, problems, takesAnyQuery }: Operation): ReadonlyMap<number, readonly ProblemKind[]> {
  const can: ReadonlySet<ProblemKind> = new Set<ProblemKind>([
    ...problems,
    "internal",
    ...(takesAnyQuery ? [] : (["bad-query"] as const)),
    ...(access === "token" ? (["unauthorized"] as const) : []),
    ...(checksHost ? (["foreign-host"] as const) : []),
  ]);
  const kinds = (Object.keys(PROBLEMS) as ProblemKind[]).filter((kind) => can.has(kind));
  return Map.groupBy(kinds, (kind) => PROBLEMS[kind].status);
}

function problemAnswer(status: number, kinds: readonly ProblemKind[]): Answer {
  const type = { enum: kinds.map((kind) => `${PROBLEM_URN}${kind}`) };
  const headers = {
    "Cache-Control": CACHE.other,
    ...(status === 401 ? { "WWW-Authenticate": header("How to ask.", { pattern: "^Bearer " }) } : {}),
    ...(status === 503 ? { "Retry-After": header("In how many seconds to ask again.", { pattern: "^\\d+$" }) } : {}),
  };
  const schema = { allOf: [{ $ref: "#/components/schemas/Problem" }, { properties: { type, status: { const: status } } }] };
  return {
    description: kinds.map((kind) => PROBLEMS[kind].title).join("; or: "),
    headers,
    content: { [PROBLEM_TYPE]: { schema } },
  };
}
