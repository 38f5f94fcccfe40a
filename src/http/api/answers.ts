import type { Operation } from "./operation.ts";
import { PROBLEM_TYPE, PROBLEM_URN, PROBLEMS, type ProblemKind } from "./problem.ts";
import type { OpenApiResponse, OpenApiHeader, JsonSchema, OpenApiReference } from "./openapi.ts";
import { schemaOf } from "./schemas.ts";

const header = (description: string, schema: JsonSchema): OpenApiHeader => ({
  description,
  required: true,
  schema: { type: "string", ...schema },
});

const CACHE = {
  kept: header("The response may be stored, but must be revalidated, which returns 304 if it is unchanged.", {
    const: "private, no-cache",
  }),
  stream: header("Proxies must not buffer events.", { const: "no-cache, no-transform" }),
  image: header("Neither browsers nor image proxies may show it again without a new request.", { const: "no-cache, no-store" }),
  other: header("The response changes constantly and must not be stored.", { const: "no-store" }),
};

const CACHE_OF: Readonly<Record<string, OpenApiHeader>> = { "text/event-stream": CACHE.stream, "image/svg+xml": CACHE.image };

/** The responses of an operation that are not problems. */
export function answersOf({ statuses, summary, type, answer, isKept, id }: Operation): Record<string, OpenApiResponse> {
  const headers = {
    "Cache-Control": isKept ? CACHE.kept : (CACHE_OF[type] ?? CACHE.other),
    ...(isKept ? { ETag: header("Weak ETag of the content.", { pattern: '^W/"' }) } : {}),
    ...(id === "getMetrics" ? { "X-Collect-Errors": header("Number of failed callbacks.", { pattern: "^\\d+$" }) } : {}),
  };
  const content = { [type]: { schema: schemaOf(answer) } };
  const descriptions = { 200: summary, 404: "The same, of a component that does not exist", 503: "The same, if the check fails" };
  return {
    ...Object.fromEntries(statuses.map((status) => [status, { description: descriptions[status], headers, content }])),
    ...(isKept ? { 304: { description: "Unchanged", headers } } : {}),
  };
}

/** The problems of an operation by status code: references to `problemAnswers`. */
export function problemsOf(operation: Operation): Record<string, OpenApiReference> {
  return Object.fromEntries(
    [...byStatus(operation)].map(([status, kinds]) => [status, { $ref: `#/components/responses/${kinds.join("-or-")}` }]),
  );
}

/** `components.responses` of the document: the problems that any operation can return. */
export function problemAnswers(operations: readonly Operation[]): Record<string, OpenApiResponse> {
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

function problemAnswer(status: number, kinds: readonly ProblemKind[]): OpenApiResponse {
  const type = { enum: kinds.map((kind) => `${PROBLEM_URN}${kind}`) };
  const headers = {
    "Cache-Control": CACHE.other,
    ...(status === 401 ? { "WWW-Authenticate": header("How to authenticate.", { pattern: "^Bearer " }) } : {}),
    ...(status === 503 ? { "Retry-After": header("Seconds until a new attempt.", { pattern: "^\\d+$" }) } : {}),
  };
  const schema = { allOf: [{ $ref: "#/components/schemas/Problem" }, { properties: { type, status: { const: status } } }] };
  return {
    description: kinds.map((kind) => PROBLEMS[kind].title).join("; or: "),
    headers,
    content: { [PROBLEM_TYPE]: { schema } },
  };
}
