import type * as z from "zod";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import type { AnswerWriter, Made } from "./answer-writer.ts";
import type { ProblemKind } from "./problem.ts";
import { parseQuery } from "./query.ts";

/** One operation of the API, as its handler must implement it and as the OpenAPI document describes it. */
export interface Operation<Q extends z.ZodObject = z.ZodObject, A extends z.ZodType = z.ZodType> {
  readonly id: string;
  readonly method: "get" | "post";
  /** In OpenAPI notation, relative to the path the app is mounted at. */
  readonly path: `/${string}`;
  readonly tag: "Probes" | "Collections" | "Health" | "Stream" | "About";
  /** A few words. */
  readonly summary: string;
  /** Markdown. */
  readonly description: string;
  readonly query: Q;
  /** Whether unknown parameters are ignored: programs that probe and scrape add their own. */
  readonly takesAnyQuery: boolean;
  readonly answer: A;
  /** Media type of the response. */
  readonly type: string;
  /** Status codes of the response: 200, and 404 and 503 where they are not problems. */
  readonly statuses: readonly (200 | 404 | 503)[];
  /** `token`: requires the token if one is configured. `status`: without it, returns only a status. */
  readonly access: "token" | "status";
  /** Whether a foreign Host header is rejected if names are checked. */
  readonly checksHost: boolean;
  /** Whether the response rarely changes: it then has an ETag and may be stored. */
  readonly isKept: boolean;
  /** Problems beside those that every operation of its kind can return. */
  readonly problems: readonly ProblemKind[];
}

type Given = "id" | "path" | "tag" | "summary" | "description" | "query" | "answer";
type Chosen<Q extends z.ZodObject, A extends z.ZodType> = Pick<Operation<Q, A>, Given> & Partial<Omit<Operation<Q, A>, Given>>;

/** An operation with the defaults of most: GET, JSON, behind the token. */
export const operation = <Q extends z.ZodObject, A extends z.ZodType>(chosen: Chosen<Q, A>): Operation<Q, A> => ({
  method: "get",
  type: "application/json",
  statuses: [200],
  takesAnyQuery: false,
  access: "token",
  checksHost: true,
  isKept: false,
  problems: [],
  ...chosen,
});

/** An operation's path in the router's notation, in which a parameter with an ending includes it. */
export const routePath = ({ path }: Pick<Operation, "path">): string =>
  path.replaceAll(/\{(\w+)\}\.svg$/g, String.raw`:$1{.+\.svg}`).replaceAll(/\{(\w+)\}/g, ":$1");

/** Where operations are added, and what writes their answers. */
export interface Routes {
  readonly app: Hono;
  readonly writer: AnswerWriter;
}

const withEtag = etag({ weak: true });

/**
 * Adds an operation that returns JSON. Its query is parsed by its schema, and the compiler checks that `make` returns what is documented;
 * a Response is a problem and is sent unchanged. `make` runs in a turn of its own, and the answer is written in turns.
 */
export function route<Q extends z.ZodObject, A extends z.ZodType<object>>(
  { app, writer }: Routes,
  operation: Operation<Q, A>,
  make: (query: z.output<Q>, c: Context) => Made<z.output<A>>,
): void {
  const path = routePath(operation);
  const kept: MiddlewareHandler[] = operation.isKept ? [withEtag] : [];
  // A stored response has to be revalidated each time, which is cheap: a 304 has no body.
  const headers = { "content-type": operation.type, "cache-control": operation.isKept ? "private, no-cache" : "no-store" };
  for (const middleware of kept) app.get(path, middleware);
  app.on(operation.method, path, (c) => {
    const parsed = parseQuery(c, operation.query);
    if ("wrong" in parsed) return parsed.wrong;
    return writer.respond<z.output<A>>(c, () => make(parsed.query, c), headers, operation.isKept);
  });
}
