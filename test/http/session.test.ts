import { describe, expect, it } from "vitest";
import { createApp } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const TOKEN = "correct horse battery staple";
const DAY_MS = 24 * 3_600_000;

async function setUp(token = TOKEN) {
  const { clock, collector } = scriptedCollector({}, each(["jobs"]));
  const app = createApp(collector, { clock, token });
  const request = (path: string, init: Omit<RequestInit, "headers"> & { cookie?: string; headers?: Record<string, string> } = {}) => {
    const { cookie, headers, ...rest } = init;
    return app.request(path, {
      ...rest,
      headers: { host: "127.0.0.1:9464", ...headers, ...(cookie ? { cookie } : {}) },
    });
  };
  const signIn = (body: string, headers: Record<string, string> = {}) => request("/session", { method: "POST", body, headers });
  const signedIn = async (): Promise<string> => cookieOf(await signIn(JSON.stringify({ token: TOKEN })));
  return { app, request, clock, collector, signIn, signedIn };
}

const setCookie = (response: Response): string => response.headers.get("set-cookie") ?? "";
const cookieOf = (response: Response): string => setCookie(response).split(";")[0] ?? "";

describe("sessions", () => {
  it("signing in with the token sets a cookie that scripts cannot read, other sites cannot send and other folders do not get", async () => {
    const { signIn } = await setUp();
    const response = await signIn(JSON.stringify({ token: TOKEN }));
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(setCookie(response)).toMatch(
      /^vitals-session-9464=\d+-[\w-]{16}\.(?:\w|%2B|%2F){43}%3D; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    );
    expect(response.headers.get("cache-control")).toBe("no-store");
    // The cookie does not reveal the token.
    expect(setCookie(response)).not.toContain(TOKEN.split(" ")[0]);
  });

  it("the session cookie is Secure if the page was loaded over TLS", async () => {
    const { signIn } = await setUp();
    expect(setCookie(await signIn(JSON.stringify({ token: TOKEN }), { "x-forwarded-proto": "https" }))).toContain("; Secure;");
  });

  it.each([
    [JSON.stringify({ token: "wrong" }), 401],
    [JSON.stringify({ token: "" }), 400],
    [JSON.stringify({ tokken: TOKEN }), 400],
    ["", 400],
    ["null", 400],
    [JSON.stringify({ token: "x".repeat(5_000) }), 400],
  ])("signing in with %s is refused", async (body, status) => {
    const { signIn } = await setUp();
    const response = await signIn(body);
    expect([response.status, setCookie(response)]).toEqual([status, ""]);
  });

  it("a session authorizes every address below the page and the event stream, also after a restart", async () => {
    const { request, signedIn } = await setUp();
    const cookie = await signedIn();
    expect((await request("/api/v1/stats")).status).toBe(401);
    for (const path of ["/api/v1/stats", "/openapi.json", "/badge/collection:jobs.svg"]) {
      expect([path, (await request(path)).status, (await request(path, { cookie })).status]).toEqual([path, 401, 200]);
    }
    const stream = await request("/api/v1/events", { cookie });
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
    const again = await setUp();
    expect((await again.request("/api/v1/stats", { cookie })).status).toBe(200);
  });

  it("a session ends after a week without use and when the token changes; a forged cookie is refused", async () => {
    const { request, clock, signedIn } = await setUp();
    const cookie = await signedIn();
    const statusWith = async (sent: string) => (await request("/api/v1/stats", { cookie: sent })).status;
    await clock.advance(6 * DAY_MS);
    const longer = await request("/session", { cookie });
    expect(await longer.json()).toEqual({ tokenNeeded: true, signedIn: true });
    await clock.advance(2 * DAY_MS);
    expect([await statusWith(cookie), await statusWith(cookieOf(longer))]).toEqual([401, 200]);
    const fresh = cookieOf(longer);
    const resigned = fresh.replace(/\.(.)/, (_, first: string) => `.${first === "A" ? "B" : "A"}`);
    const later = fresh.replace(/=(\d+)-/, (_, end: string) => `=${Number(end) + 1}-`);
    for (const forged of [later, resigned, fresh.slice(0, -1), `${fresh}x`, fresh.replace(/\..*/, "."), fresh.replace(/=.*/, "=")])
      expect([forged, await statusWith(forged)]).toEqual([forged, 401]);
    const other = await setUp("another token");
    expect((await other.request("/api/v1/stats", { cookie: fresh })).status).toBe(401);
  });

  it("a session is not valid at another port of the host", async () => {
    const { app, signedIn } = await setUp();
    const response = await app.request("/api/v1/stats", { headers: { host: "127.0.0.1:9465", cookie: await signedIn() } });
    expect(response.status).toBe(401);
  });

  it("a write with a session needs the page's header, which a page of another origin cannot send", async () => {
    const { request, collector, signedIn } = await setUp();
    const cookie = await signedIn();
    const pause = (headers: Record<string, string>) => request("/api/v1/collections/jobs/pause", { method: "POST", cookie, headers });
    expect((await pause({})).status).toBe(401);
    expect((await pause({ "content-type": "text/plain", origin: "http://127.0.0.1:3000" })).status).toBe(401);
    expect(collector.collection("jobs").report().state).not.toBe("paused");
    expect((await pause({ "x-otel-vitals": "page" })).status).toBe(200);
    expect(collector.collection("jobs").report().state).toBe("paused");
    // A browser sends a preflight request before a page of another origin may use that header; it is never allowed.
    const preflight = await request("/api/v1/collections/jobs/pause", {
      method: "OPTIONS",
      headers: { "access-control-request-headers": "x-otel-vitals" },
    });
    expect(preflight.headers.get("access-control-allow-headers")).toBeNull();
  });

  it("signing out deletes the cookie", async () => {
    const { request, signedIn } = await setUp();
    const response = await request("/session", { method: "DELETE", cookie: await signedIn() });
    expect([response.status, setCookie(response)]).toEqual([204, "vitals-session-9464=; Max-Age=0; HttpOnly; SameSite=Strict"]);
  });

  it("signing out ends every cookie of the session, also a copy and one that was extended, and no other session", async () => {
    const { request, clock, signedIn } = await setUp();
    const [first, other] = [await signedIn(), await signedIn()];
    await clock.advance(DAY_MS);
    const extended = cookieOf(await request("/session", { cookie: first }));
    expect(extended).not.toBe(first);
    await request("/session", { method: "DELETE", cookie: first });
    const statusWith = async (cookie: string) => (await request("/api/v1/stats", { cookie })).status;
    expect([await statusWith(first), await statusWith(extended), await statusWith(other)]).toEqual([401, 401, 200]);
    // A session that was ended cannot be extended.
    const again = await request("/session", { cookie: extended });
    expect([await again.json(), setCookie(again)]).toEqual([{ tokenNeeded: true, signedIn: false }, ""]);
    // It is remembered until the last cookie that it can have has expired.
    for (let day = 0; day < 6; day += 1) {
      await clock.advance(DAY_MS);
      expect(await statusWith(extended)).toBe(401);
    }
  });

  it("a forged cookie ends no session", async () => {
    const { request, signedIn } = await setUp();
    const cookie = await signedIn();
    await request("/session", { method: "DELETE", cookie: cookie.replace(/\..*/, ".AAAA") });
    expect((await request("/api/v1/stats", { cookie })).status).toBe(200);
  });

  it("a client that sends ten wrong tokens has to wait, also with the right token, and then may try one every six seconds", async () => {
    const { request, clock, signIn, signedIn } = await setUp();
    const cookie = await signedIn();
    const statusOf = async (token: string) => (await signIn(JSON.stringify({ token }))).status;
    for (let n = 0; n < 10; n += 1) expect(await statusOf(`guess ${n}`)).toBe(401);
    const refused = await signIn(JSON.stringify({ token: TOKEN }));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "6"]);
    expect(await refused.json()).toMatchObject({ type: "urn:otel-vitals:problem:too-many-attempts", status: 429 });
    // Who is signed in stays signed in.
    expect((await request("/api/v1/stats", { cookie })).status).toBe(200);
    await clock.advance(6_000);
    expect([await statusOf("guess"), await statusOf("guess")]).toEqual([401, 429]);
    await clock.advance(6_000);
    expect([await statusOf(TOKEN), await statusOf("guess")]).toEqual([204, 401]);
  });

  it("wrong tokens that are sent at once share one limit", async () => {
    const { signIn } = await setUp();
    const all = await Promise.all(Array.from({ length: 50 }, async (_, n) => signIn(JSON.stringify({ token: `guess ${n}` }))));
    expect(all.map(({ status }) => status).toSorted()).toEqual([...Array(10).fill(401), ...Array(40).fill(429)]);
  });

  it("no session is needed or possible without a token", async () => {
    const { request, signIn } = await setUp("");
    expect(await (await request("/session")).json()).toEqual({ tokenNeeded: false, signedIn: false });
    expect((await signIn(JSON.stringify({ token: "any" }))).status).toBe(401);
    expect((await request("/api/v1/stats")).status).toBe(200);
  });
});
