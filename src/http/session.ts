import * as z from "zod";
import { scryptSync } from "node:crypto";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { deleteCookie, getCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { Clock } from "../base/clock.ts";
import type { TokenCheck } from "./guard.ts";
import type { SessionReport } from "../answer/stats.ts";
import { problem } from "./api/problem.ts";

/** A browser stays signed in for this long after its last use of the page. */
const SESSION_SECONDS = 7 * 24 * 3_600;

const MAX_BODY_BYTES = 4 * 1024;

/** A page of another origin cannot send this header without a preflight request, which is never answered: so it cannot write with the cookie. */
export const PAGE_HEADER = "x-otel-vitals";

const signIn = z.strictObject({ token: z.string().min(1).max(2_000) });

/**
 * Sessions of browsers, which exchange the token for a cookie once. Nothing is stored here: the cookie's value is its expiry time, signed
 * with a key derived from the token. So a session outlives a restart, ends when the token changes, and does not reveal the token.
 */
export class Sessions {
  readonly #token: string;
  readonly #clock: Clock;
  #key: Uint8Array<ArrayBuffer> | undefined;

  constructor(token: string, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  /** Whether the cookie authorizes a request. A write also needs the page's header. */
  async allows(c: Context): Promise<boolean> {
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    return (isRead || c.req.header(PAGE_HEADER) !== undefined) && (await this.isSignedIn(c));
  }

  async isSignedIn(c: Context): Promise<boolean> {
    // Without a cookie, no key is derived: an unauthenticated request stays cheap.
    if (getCookie(c, cookieName(c)) === undefined) return false;
    const expiry = (await getSignedCookie(c, this.#signingKey, cookieName(c))) || "";
    return /^\d{1,12}$/.test(expiry) && Number(expiry) * 1_000 >= this.#clock.wallMs();
  }

  /** Signs the browser in, or extends its session. */
  async open(c: Context): Promise<void> {
    const expiry = String(Math.floor(this.#clock.wallMs() / 1_000) + SESSION_SECONDS);
    await setSignedCookie(c, cookieName(c), expiry, this.#signingKey, { ...cookieOptions(c), maxAge: SESSION_SECONDS });
  }

  /** Signs the browser out. */
  close(c: Context): void {
    deleteCookie(c, cookieName(c), cookieOptions(c));
  }

  get #signingKey(): Uint8Array<ArrayBuffer> {
    // Slow once, so that a stolen cookie is no quick way to guess a short token.
    return (this.#key ??= Uint8Array.from(scryptSync(this.#token, "otel-vitals session", 32)));
  }
}

/** The routes at `/api/v1/session`, which a browser uses before any other. @param isToken undefined if no token is configured */
export function sessionRoutes(sessions: Sessions, isToken: TokenCheck | undefined): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  routes.get("/", async (c) => {
    const signedIn = isToken !== undefined && (await sessions.isSignedIn(c));
    if (signedIn) await sessions.open(c);
    return c.json({ tokenNeeded: isToken !== undefined, signedIn } satisfies SessionReport);
  });
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => problem(c, "bad-query", `expected a body of at most ${MAX_BODY_BYTES} bytes`),
  });
  routes.post("/", limit, async (c) => {
    const parsed = signIn.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return problem(c, "bad-query", 'expected the body {"token": "..."} as JSON');
    if (!isToken?.(parsed.data.token)) return problem(c, "unauthorized", isToken ? "the token is wrong" : "no token is configured");
    await sessions.open(c);
    return c.body(null, 204);
  });
  routes.delete("/", (c) => {
    sessions.close(c);
    return c.body(null, 204);
  });
  return routes;
}

/** Cookies do not distinguish ports: two collectors on one host must not sign each other's users out. */
const cookieName = (c: Context): string => `vitals-session-${/:(\d{1,5})$/.exec(c.req.header("host") ?? "")?.[1] ?? "default"}`;

/** Without a path: a browser then takes the folder of the request, which is right below any base path. */
const cookieOptions = (c: Context) => ({ path: "", httpOnly: true, sameSite: "Strict", secure: isSecure(c) }) as const;

/** A proxy reports the scheme of its request. A client that lies about it only keeps its own browser from sending the cookie. */
const isSecure = (c: Context): boolean => c.req.header("x-forwarded-proto") === "https" || new URL(c.req.url).protocol === "https:";
