import { describe, expect, it } from "vitest";
import { createApp } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const TOKEN = "correct horse battery staple";
const DAY_MS = 24 * 3_600_000;

async function setUp(token = TOKEN) {
  const { clock, collector } = scriptedCollector({}, each(["jobs"]));
  const app = createApp(collector, { clock, token });
  const ask = (path: string, init: Omit<RequestInit, "headers"> & { cookie?: string; headers?: Record<string, string> } = {}) => {
    const { cookie, headers, ...rest } = init;
    return app.request(path, {
      ...rest,
      headers: { host: "127.0.0.1:9464", ...headers, ...(cookie ? { cookie } : {}) },
    });
  };
  const signIn = (body: string, headers: Record<string, string> = {}) => ask("/api/v1/session", { method: "POST", body, headers });
  const signedIn = async (): Promise<string> => cookieOf(await signIn(JSON.stringify({ token: TOKEN })));
  return { app, ask, clock, collector, signIn, signedIn };
}

const setCookie = (response: Response): string => response.headers.get("set-cookie") ?? "";
const cookieOf = (response: Response): string => setCookie(response).split(";")[0] ?? "";

describe("a session", () => {
  it("is had for the token, in a cookie that no script reads, no other site sends and no other folder gets", async () => {
    const { signIn } = await setUp();
    const response = await signIn(JSON.stringify({ token: TOKEN }));
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(setCookie(response)).toMatch(/^vitals-session-9464=\d+\.[\w-]{43}; Max-Age=604800; HttpOnly; SameSite=Strict$/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    // The token is not in it, nor what only it would make: the cookie of another token differs.
    expect(setCookie(response)).not.toContain(TOKEN.split(" ")[0]);
  });

  it("is only sent over TLS where the page came over it", async () => {
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
  ])("is not had for %s", async (body, status) => {
    const { signIn } = await setUp();
    const response = await signIn(body);
    expect([response.status, setCookie(response)]).toEqual([status, ""]);
  });

  it("lets in to the API and the stream, also after a restart", async () => {
    const { ask, signedIn } = await setUp();
    const cookie = await signedIn();
    expect((await ask("/api/v1/stats")).status).toBe(401);
    expect((await ask("/api/v1/stats", { cookie })).status).toBe(200);
    const stream = await ask("/api/v1/events", { cookie });
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
    const again = await setUp();
    expect((await again.ask("/api/v1/stats", { cookie })).status).toBe(200);
  });

  it("ends after a week in which it was not used, when the token changes, and when its cookie is not ours", async () => {
    const { ask, clock, signedIn } = await setUp();
    const cookie = await signedIn();
    const look = async (sent: string) => (await ask("/api/v1/stats", { cookie: sent })).status;
    await clock.advance(6 * DAY_MS);
    const longer = await ask("/api/v1/session", { cookie });
    expect(await longer.json()).toEqual({ tokenNeeded: true, signedIn: true });
    await clock.advance(2 * DAY_MS);
    expect([await look(cookie), await look(cookieOf(longer))]).toEqual([401, 200]);
    const fresh = cookieOf(longer);
    const later = fresh.replace(/=(\d+)\./, (_, end: string) => `=${Number(end) + 1}.`);
    for (const forged of [later, fresh.slice(0, -1), `${fresh}x`, fresh.replace(/\..*/, "."), fresh.replace(/=.*/, "=")])
      expect(await look(forged)).toBe(401);
    const other = await setUp("another token");
    expect((await other.ask("/api/v1/stats", { cookie: fresh })).status).toBe(401);
  });

  it("does not sign in at another port of the host", async () => {
    const { app, signedIn } = await setUp();
    const response = await app.request("/api/v1/stats", { headers: { host: "127.0.0.1:9465", cookie: await signedIn() } });
    expect(response.status).toBe(401);
  });

  it("changes something only for the page itself: a request from elsewhere cannot carry the page's header", async () => {
    const { ask, collector, signedIn } = await setUp();
    const cookie = await signedIn();
    const pause = (headers: Record<string, string>) => ask("/api/v1/collections/jobs/pause", { method: "POST", cookie, headers });
    expect((await pause({})).status).toBe(401);
    expect((await pause({ "content-type": "text/plain", origin: "http://127.0.0.1:3000" })).status).toBe(401);
    expect(collector.collection("jobs").report().state).not.toBe("paused");
    expect((await pause({ "x-otel-vitals": "page" })).status).toBe(200);
    expect(collector.collection("jobs").report().state).toBe("paused");
    // A browser asks first whether a page of another origin may send that header; nothing here says yes.
    const preflight = await ask("/api/v1/collections/jobs/pause", {
      method: "OPTIONS",
      headers: { "access-control-request-headers": "x-otel-vitals" },
    });
    expect(preflight.headers.get("access-control-allow-headers")).toBeNull();
  });

  it("ends when the browser says so", async () => {
    const { ask, signedIn } = await setUp();
    const response = await ask("/api/v1/session", { method: "DELETE", cookie: await signedIn() });
    expect([response.status, setCookie(response)]).toEqual([204, "vitals-session-9464=; Max-Age=0; HttpOnly; SameSite=Strict"]);
  });

  it("is not needed where there is no token", async () => {
    const { ask, signIn } = await setUp("");
    expect(await (await ask("/api/v1/session")).json()).toEqual({ tokenNeeded: false, signedIn: false });
    expect((await signIn(JSON.stringify({ token: "any" }))).status).toBe(401);
    expect((await ask("/api/v1/stats")).status).toBe(200);
  });
});
