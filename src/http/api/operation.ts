import type * as z from "zod";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { etag } from "hono/etag";
import type { ProblemKind } from "./problem.ts";
import { parseQuery } from "./query.ts";

/** Something that can be asked for over HTTP: what its handler is held to, and what the OpenAPI document says. */
export interface Operation<Q extends z.ZodObject = z.ZodObject, A extends z.ZodType = z.ZodType> {
  readonly id: string;
  readonly method: "get" | "post";
  /** As OpenAPI writes it, relative to where the app is mounted. */
  readonly path: `/${string}`;
  readonly tag: "Probes" | "Collections" | "Health" | "Stream" | "About";
  /** A few words. */
  readonly summary: string;
  /** Markdown. */
  readonly description: string;
  readonly query: Q;
  /** Whether parameters that are not known are passed over: probes and scrapes come from programs that add their own. */
  readonly takesAnyQuery: boolean;
  readonly answer: A;
  /** Media type of the answer. */
  readonly type: string;
  /** Status of the answer: 200, and 503 where that is an answer too and no problem. */
  readonly statuses: readonly (200 | 503)[];
  /** `token`: asks for the token where there is one. `status`: tells no more than a status without it. */
  readonly access: "token" | "status";
  /** Whether a foreign Host is refused where names are checked. */
  readonly checksHost: boolean;
  /** Whether the answer stays the same for long: it then has an ETag and can be kept. */
  readonly isKept: boolean;
  /** What can go wrong, beside what can with any operation of its kind. */
  readonly problems: readonly ProblemKind[];
}

type Given = "id" | "path" | "tag" | "summary" | "description" | "query" | "answer";
type Chosen<Q extends z.ZodObject, A extends z.ZodType> = Pick<Operation<Q, A>, Given> & Partial<Omit<Operation<Q, A>, Given>>;

/** An operation of the kind most are: asks with GET for JSON, behind the token. */
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

/** An operation's path as the router writes it. */
export const routePath = ({ path }: Pick<Operation, "path">): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

const withEtag = etag({ weak: true });

/**
 * Adds an operation that answers JSON. Its query is parsed by its schema, and the compiler sees that what `make` returns is what is
 * documented; a Response is a problem, and goes out as it is.
 */
export function route<Q extends z.ZodObject, A extends z.ZodType>(
  app: Hono,
  operation: Operation<Q, A>,
  make: (query: z.output<Q>, c: Context) => z.output<A> | Response,
): void {
  const path = routePath(operation);
  const kept: MiddlewareHandler[] = operation.isKept ? [withEtag] : [];
  // What is kept has to be asked for again each time, which costs nothing where it is the same: a 304 has no body.
  const headers = { "cache-control": operation.isKept ? "private, no-cache" : "no-store" };
  for (const middleware of kept) app.get(path, middleware);
  app.on(operation.method, path, (c) => {
    const parsed = parseQuery(c, operation.query);
    if ("wrong" in parsed) return parsed.wrong;
    const made = make(parsed.query, c);
    return made instanceof Response ? made : c.json(made as object, 200, headers);
  });
}
