import * as z from "zod";
import { createHmac, scryptSync, timingSafeEqual } from "node:crypto";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Clock } from "../base/clock.ts";
import type { TokenCheck } from "./guard.ts";
import type { SessionReport } from "../answer/stats.ts";
import { problem } from "./api/problem.ts";

/** A browser stays signed in for so long after it was last open. */
const LASTS_SECONDS = 7 * 24 * 3_600;

const MOST_BODY_BYTES = 4 * 1024;

/** A page elsewhere cannot add a header without asking first, which nothing here answers: so it cannot change anything by the cookie. */
export const PAGE_HEADER = "x-otel-vitals";

const signIn = z.strictObject({ token: z.string().min(1).max(2_000) });

/**
 * Sessions of browsers, which trade the token for a cookie once. Nothing is kept here: the cookie says when it ends, signed with a key
 * that is made from the token. So it outlives a restart, ends when the token changes, and does not show the token.
 */
export class Sessions {
  readonly #token: string;
  readonly #clock: Clock;
  #key: Buffer | undefined;

  constructor(token: string, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  /** Whether a request may do what it asks for by its cookie. */
  allows(c: Context): boolean {
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    return (isRead || c.req.header(PAGE_HEADER) !== undefined) && this.isSignedIn(c);
  }

  isSignedIn(c: Context): boolean {
    const [end = "", signature = ""] = (getCookie(c, cookieName(c)) ?? "").split(".");
    if (!/^\d{1,12}$/.test(end) || Number(end) * 1_000 < this.#clock.wallMs()) return false;
    const [sent, wanted] = [Buffer.from(signature), Buffer.from(this.#sign(end))];
    return sent.length === wanted.length && timingSafeEqual(sent, wanted);
  }

  /** Signs the browser in, or for longer. */
  open(c: Context): void {
    const end = String(Math.floor(this.#clock.wallMs() / 1_000) + LASTS_SECONDS);
    setCookie(c, cookieName(c), `${end}.${this.#sign(end)}`, { ...cookieOptions(c), maxAge: LASTS_SECONDS });
  }

  /** Signs the browser out. */
  close(c: Context): void {
    deleteCookie(c, cookieName(c), cookieOptions(c));
  }

  #sign(end: string): string {
    // Slow once, so that a stolen cookie is no quick way to guess a short token.
    this.#key ??= scryptSync(this.#token, "otel-vitals session", 32);
    return createHmac("sha256", this.#key).update(end).digest("base64url");
  }
}

/** The routes at `/api/v1/session`: what a browser needs before it may ask for anything else. @param isToken undefined where no token is needed */
export function sessionRoutes(sessions: Sessions, isToken: TokenCheck | undefined): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  routes.get("/", (c) => {
    const signedIn = isToken !== undefined && sessions.isSignedIn(c);
    if (signedIn) sessions.open(c);
    return c.json({ tokenNeeded: isToken !== undefined, signedIn } satisfies SessionReport);
  });
  routes.post("/", bodyLimit({ maxSize: MOST_BODY_BYTES, onError: (c) => problem(c, "bad-query", "expected a small body") }), async (c) => {
    const parsed = signIn.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return problem(c, "bad-query", 'expected {"token": "..."} as JSON');
    if (!isToken?.(parsed.data.token)) return problem(c, "unauthorized", isToken ? "the token is wrong" : "no token is needed here");
    sessions.open(c);
    return c.body(null, 204);
  });
  routes.delete("/", (c) => {
    sessions.close(c);
    return c.body(null, 204);
  });
  return routes;
}

/** Cookies do not tell ports of one host apart: two collectors beside each other must not sign each other out. */
const cookieName = (c: Context): string => `vitals-session-${/:(\d{1,5})$/.exec(c.req.header("host") ?? "")?.[1] ?? "default"}`;

/** Without a path: a browser then takes the folder it asked in, which is right below any base path. */
const cookieOptions = (c: Context) => ({ path: "", httpOnly: true, sameSite: "Strict", secure: isSecure(c) }) as const;

/** A proxy says how it was asked. Who lies about it only keeps a browser from sending his own cookie. */
const isSecure = (c: Context): boolean => c.req.header("x-forwarded-proto") === "https" || new URL(c.req.url).protocol === "https:";
