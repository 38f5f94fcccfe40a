import * as z from "zod";
import { randomBytes, scryptSync } from "node:crypto";
import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { deleteCookie, getCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { Clock } from "../base/clock.ts";
import type { AccessToken } from "./access.ts";
import type { ClientAddresses } from "./client-address.ts";
import type { SignInAttempts } from "./sign-in-attempts.ts";
import type { SessionReport } from "../answer/stats.ts";
import { problem } from "./api/problem.ts";

/** A browser stays signed in for this long after its last use of the page. */
const SESSION_SECONDS = 7 * 24 * 3_600;

const MAX_BODY_BYTES = 4 * 1024;

/** A page of another origin cannot send this header without a preflight request, which is never answered: so it cannot write with the cookie. */
export const PAGE_HEADER = "x-otel-vitals";

const signIn = z.strictObject({ token: z.string().min(1).max(2_000) });

/** Sessions that were ended before they expire and are remembered. Beyond it, every session that has been opened so far ends. */
const MAX_ENDED = 10_000;

/** What a cookie says: the session, which stays the same when it is extended, and when it expires. */
interface Session {
  readonly id: string;
  readonly expiryMs: number;
}

/**
 * Sessions of browsers, which exchange the token for a cookie once. The cookie's value is its expiry time and the session's random id,
 * signed with a key derived from the token. So a session outlives a restart, ends when the token changes, and does not reveal the token.
 * Only the ids of sessions that users have ended are stored, for as long as their cookies could still be valid.
 */
export class Sessions {
  readonly #token: AccessToken;
  readonly #clock: Clock;
  #key: { readonly token: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined;
  /** By id, when its last cookie expires; the oldest first. */
  readonly #ended = new Map<string, number>();
  /** Cookies that expire before this are of sessions that have all ended. */
  #validFromMs = 0;

  constructor(token: AccessToken, clock: Clock) {
    this.#token = token;
    this.#clock = clock;
  }

  /** Whether the cookie authorizes a request. A write also needs the page's header. */
  async allows(c: Context): Promise<boolean> {
    const isRead = c.req.method === "GET" || c.req.method === "HEAD";
    return (isRead || c.req.header(PAGE_HEADER) !== undefined) && (await this.current(c)) !== undefined;
  }

  /** The session of a request; undefined if it has none, or one that has expired or was ended. */
  async current(c: Context): Promise<Session | undefined> {
    // Without a cookie, no key is derived: an unauthenticated request stays cheap.
    if (getCookie(c, cookieName(c)) === undefined) return undefined;
    const value = (await getSignedCookie(c, this.#signingKey, cookieName(c))) || "";
    const [, seconds, id] = /^(\d{1,12})-([\w-]{16})$/.exec(value) ?? [];
    if (seconds === undefined || id === undefined) return undefined;
    const expiryMs = Number(seconds) * 1_000;
    const isValid = expiryMs >= this.#clock.wallMs() && expiryMs >= this.#validFromMs && !this.#ended.has(id);
    return isValid ? { id, expiryMs } : undefined;
  }

  /** Signs the browser in, or extends its session. */
  async open(c: Context, id: string = randomBytes(12).toString("base64url")): Promise<void> {
    const expiry = `${Math.floor(this.#clock.wallMs() / 1_000) + SESSION_SECONDS}-${id}`;
    await setSignedCookie(c, cookieName(c), expiry, this.#signingKey, { ...cookieOptions(c), maxAge: SESSION_SECONDS });
  }

  /** Signs the browser out: every cookie of its session ends, also a copy. */
  async close(c: Context): Promise<void> {
    const session = await this.current(c);
    if (session) this.#end(session);
    deleteCookie(c, cookieName(c), cookieOptions(c));
  }

  #end({ id }: Session): void {
    const nowMs = this.#clock.wallMs();
    for (const [ended, untilMs] of this.#ended) {
      if (untilMs >= nowMs) break;
      this.#ended.delete(ended);
    }
    // The session may have been extended right before.
    const untilMs = nowMs + SESSION_SECONDS * 1_000;
    if (this.#ended.size < MAX_ENDED) this.#ended.set(id, untilMs);
    else {
      this.#ended.clear();
      this.#validFromMs = untilMs + 1_000;
    }
  }

  get #signingKey(): Uint8Array<ArrayBuffer> {
    const token = this.#token.text;
    if (this.#key?.token === token) return this.#key.bytes;
    // Slow once, so that a stolen cookie is no quick way to guess a short token.
    const bytes = Uint8Array.from(scryptSync(token, "otel-vitals session", 32));
    this.#key = { token, bytes };
    return bytes;
  }
}

export interface SessionParts {
  readonly sessions: Sessions;
  readonly token: AccessToken;
  readonly attempts: SignInAttempts;
  readonly addresses: ClientAddresses;
}

/** The routes at `/session`, which a browser uses before any other. */
export function sessionRoutes({ sessions, token, attempts, addresses }: SessionParts): Hono {
  const routes = new Hono();
  routes.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });
  routes.get("/", async (c) => {
    const session = token.isSet ? await sessions.current(c) : undefined;
    if (session) await sessions.open(c, session.id);
    return c.json({ tokenNeeded: token.isSet, signedIn: session !== undefined } satisfies SessionReport);
  });
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => problem(c, "bad-query", `expected a body of at most ${MAX_BODY_BYTES} bytes`),
  });
  routes.post("/", limit, async (c) => {
    const parsed = signIn.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) return problem(c, "bad-query", 'expected the body {"token": "..."} as JSON');
    if (!token.isSet) return problem(c, "unauthorized", "no token is configured");
    // From here to the count of a failure nothing is awaited: requests at the same time cannot share an attempt.
    const address = addresses.of(c);
    const waitSeconds = Math.ceil(attempts.waitMs(address) / 1_000);
    if (waitSeconds > 0) {
      c.header("retry-after", String(waitSeconds));
      return problem(c, "too-many-attempts", `too many wrong tokens from this address; try again in ${waitSeconds} s`);
    }
    if (!token.matches(parsed.data.token)) {
      attempts.failed(address);
      return problem(c, "unauthorized", "the token is wrong");
    }
    attempts.succeeded(address);
    await sessions.open(c);
    return c.body(null, 204);
  });
  routes.delete("/", async (c) => {
    await sessions.close(c);
    return c.body(null, 204);
  });
  return routes;
}

/** Cookies do not distinguish ports: two collectors on one host must not sign each other's users out. */
const cookieName = (c: Context): string => `vitals-session-${/:(\d{1,5})$/.exec(c.req.header("host") ?? "")?.[1] ?? "default"}`;

/** Without a path: a browser then takes the folder of the request, which is that of the page below any base path. */
const cookieOptions = (c: Context) => ({ path: "", httpOnly: true, sameSite: "Strict", secure: isSecure(c) }) as const;

/** A proxy reports the scheme of its request. A client that lies about it only keeps its own browser from sending the cookie. */
const isSecure = (c: Context): boolean => c.req.header("x-forwarded-proto") === "https" || new URL(c.req.url).protocol === "https:";
