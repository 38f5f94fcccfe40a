import type { Context, MiddlewareHandler } from "hono";
import { canonicalHost } from "../base/address.ts";
import type { AccessToken, HostNames } from "./access.ts";
import { problem } from "./api/problem.ts";

/** Whether a request is authorized. */
export type Authorized = (c: Context) => boolean | Promise<boolean>;

/** Rejects a Host header that is neither a loopback name nor allowed: a web page could otherwise reach this server through its own DNS name. */
export const hostGuard =
  (names: HostNames): MiddlewareHandler =>
  async (c, next) => {
    // A client of HTTP/1.0 may send none. A browser always does.
    const name = hostName(c.req.header("host") || new URL(c.req.url).host);
    if (names.allow(name)) return next();
    return problem(
      c,
      "foreign-host",
      `host "${name.slice(0, 100)}" is neither a loopback name nor in allowed_hosts; behind a proxy, add it to collector.server.allowed_hosts (in code: allowedHosts)`,
    );
  };

/** Whether a request carries the token as `Authorization: Bearer`. */
export function bearerCheck(token: AccessToken): (c: Context) => boolean {
  return (c) => {
    const text = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    // A header is read byte by byte; a client that sends other than ASCII most likely sends UTF-8.
    return text !== undefined && (token.matches(text) || token.matches(Buffer.from(text, "latin1").toString("utf8")));
  };
}

/** Rejects requests that are not authorized. */
export function tokenGuard(isAuthorized: Authorized): MiddlewareHandler {
  return async (c, next) => {
    if (await isAuthorized(c)) return next();
    const isWrong = c.req.header("authorization") !== undefined;
    c.header("www-authenticate", `Bearer realm="otel-vitals"${isWrong ? ', error="invalid_token"' : ""}`);
    return problem(c, "unauthorized", isWrong ? "the token is wrong" : "send the token as Authorization: Bearer");
  };
}

/** The name in a Host header, without the port. */
const hostName = (header: string): string => canonicalHost(header.replace(/:\d+$/, ""));
