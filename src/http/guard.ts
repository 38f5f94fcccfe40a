import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { canonicalHost, isLoopbackName } from "../base/address.ts";
import { problem } from "./api/problem.ts";

/** Whether a request is authorized. */
export type Authorized = (c: Context) => boolean | Promise<boolean>;

/**
 * Rejects a Host header that is neither a loopback name nor allowed: a web page could otherwise reach this server through its own DNS name.
 *
 * @param allowedHosts undefined for any
 */
export function hostGuard(allowedHosts: readonly string[] | undefined): MiddlewareHandler {
  if (!allowedHosts) return async (_, next) => next();
  const allowed = new Set(allowedHosts.map(canonicalHost));
  return async (c, next) => {
    // A client of HTTP/1.0 may send none. A browser always does.
    const name = hostName(c.req.header("host") || new URL(c.req.url).host);
    if (isLoopbackName(name) || allowed.has(name) || allowed.has("*")) return next();
    return problem(c, "foreign-host", `host "${name.slice(0, 100)}" is neither a loopback name nor in allowed_hosts`);
  };
}

/** Whether a text is the token. */
export type TokenCheck = (text: string) => boolean;

/** Compares digests, which have one length: the comparison takes the same time whatever was sent. */
export function tokenCheck(token: string): TokenCheck {
  const expected = digest(token);
  return (text) => timingSafeEqual(digest(text), expected);
}

/** Whether a request carries the token as `Authorization: Bearer`. */
export function bearerCheck(isToken: TokenCheck): (c: Context) => boolean {
  return (c) => {
    const text = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    // A header is read byte by byte; a client that sends other than ASCII most likely sends UTF-8.
    return text !== undefined && (isToken(text) || isToken(Buffer.from(text, "latin1").toString("utf8")));
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

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
