import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { problem } from "./api/problem.ts";

/** Refuses requests for a name that is neither loopback's nor allowed: a web page elsewhere could reach this server by a name of its own. */
export function hostGuard(allowedHosts: readonly string[]): MiddlewareHandler {
  const allowed = new Set(allowedHosts.map((host) => host.toLowerCase()));
  return async (c, next) => {
    const name = hostName(c.req.header("host") ?? new URL(c.req.url).host);
    if (isLoopback(name) || allowed.has(name) || allowed.has("*")) return next();
    return problem(c, "foreign-host", `"${name.slice(0, 100)}" is neither loopback nor in allowed_hosts`);
  };
}

/** Whether what was sent is the token. */
export type TokenCheck = (sent: string) => boolean;

/** Digests have one length, so comparing them takes one time, whatever was sent. */
export function tokenCheck(token: string): TokenCheck {
  const wanted = digest(token);
  return (sent) => timingSafeEqual(digest(sent), wanted);
}

/** Says whether a request carries the token. */
export function bearerCheck(isToken: TokenCheck): (c: Context) => boolean {
  return (c) => {
    const sent = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    return sent !== undefined && isToken(sent);
  };
}

/** Wants `Authorization: Bearer` with the token. */
export function tokenGuard(isAuthorized: (c: Context) => boolean): MiddlewareHandler {
  return async (c, next) => {
    if (isAuthorized(c)) return next();
    const sent = c.req.header("authorization") !== undefined;
    c.header("www-authenticate", `Bearer realm="otel-vitals"${sent ? ', error="invalid_token"' : ""}`);
    return problem(c, "unauthorized", sent ? "the token is wrong" : "send the token as Authorization: Bearer");
  };
}

/** Whether only this machine can reach an address or name. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** The name of a Host header, without the port. */
function hostName(header: string): string {
  return header.replace(/:\d+$/, "").toLowerCase();
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
