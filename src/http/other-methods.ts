import type { Context, Hono } from "hono";
import { METHOD_NAME_ALL } from "hono/router";
import { problem } from "./api/problem.ts";

/**
 * Rejects every other method at the paths of the routes that an app has so far, with 405 and the methods that the path has.
 *
 * @param prefix the base path of the app, which its routes begin with; default: none
 */
export function rejectOtherMethods(app: Hono, prefix = ""): void {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === METHOD_NAME_ALL) continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
    // Hono answers HEAD as GET, without the body.
    if (method === "GET") known.add("HEAD");
  }
  for (const [path, known] of methods) {
    // A route may pass on a request that it does not know, such as one for an unknown file.
    app.all(path.slice(prefix.length), (c, next) =>
      known.has(c.req.method) ? next() : Promise.resolve(methodNotAllowed(c, [...known].toSorted())),
    );
  }
}

/** The response to a method that a path does not have. @param allowed the methods that it has */
export function methodNotAllowed(c: Context, allowed: readonly string[]): Response {
  const allow = allowed.join(", ");
  c.header("allow", allow);
  return problem(c, "method-not-allowed", `expected ${allow}, found ${c.req.method}`);
}
