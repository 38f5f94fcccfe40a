import { diag } from "@opentelemetry/api";
import { connect } from "node:net";
import { once } from "node:events";
import { Hono } from "hono";
import { describe, expect, it, vi } from "vitest";
import { createApp, type AppOptions } from "../../src/http/index.ts";
import { listen } from "../../src/http/listen.ts";
import { serverOptions } from "../../src/config/file-schema.ts";
import { each, scriptedCollector } from "../support/scripted.ts";
import { emit } from "../support/emit.ts";
import type { Logger } from "../../src/base/logger.ts";
import { rawRequest } from "../support/raw-request.ts";

/** A logger that keeps its lines. */
function keptLog() {
  const lines: object[] = [];
  const keep =
    (level: string): Logger["error"] =>
    (message, fields) =>
      void lines.push({ level, message, ...fields });
  return { lines, logger: { error: keep("error"), warn: keep("warn"), info: keep("info"), debug: keep("debug") } satisfies Logger };
}

async function setUp(options: AppOptions = {}, seconds = 10) {
  const { clock, collector } = scriptedCollector(
    { jobs: () => ({ depth: 4 }), down: () => Promise.reject(new Error("no")) },
    { ...each(["jobs", "down"]), health: { for: "0s", startup_grace: "0s", success: { degraded_below: 0.99, degraded_clear: 0.995 } } },
  );
  const app = createApp(collector, { clock, ...options });
  await collector.start();
  await clock.advance(seconds * 1_000);
  const request = async (path: string, init?: RequestInit) => {
    const response = await app.request(path, init);
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      headers: response.headers,
      text,
      body: (text.startsWith("{") ? JSON.parse(text) : {}) as Record<string, unknown>,
    };
  };
  return { app, request, clock, collector };
}

describe("the API", () => {
  it("samples come in columns and rows, newest last, and resume after `next`", async () => {
    const { request, clock } = await setUp();
    const { body } = await request("/api/v1/collections/jobs/samples?last=3");
    expect(body["columns"]).toEqual(["time", "outcome", "durationMs", "errorType", "depth"]);
    const rows = body["rows"] as [string, string, number, null, number][];
    expect(rows.map((row) => row.slice(1))).toEqual([0, 1, 2].map(() => ["success", 0, null, 4]));
    const { body: none } = await request(`/api/v1/collections/jobs/samples?since=${String(body["next"])}`);
    expect(none).toMatchObject({ rows: [], next: body["next"] });
    await clock.advance(2_000);
    const { body: later } = await request(`/api/v1/collections/jobs/samples?since=${String(body["next"])}`);
    const times = (later["rows"] as [string][]).map(([time]) => Date.parse(time));
    const newestMs = Date.parse(rows[2]?.[0] as string);
    expect(times).toEqual([newestMs + 1_000, newestMs + 2_000]);
    expect(later["next"]).toBe((body["next"] as number) + 2);
    const { body: failed } = await request("/api/v1/collections/down/samples?last=1");
    expect((failed["rows"] as unknown[][])[0]?.slice(1)).toEqual(["failed", 0, "Error"]);
  });

  it("samples after `next` are complete unless `last` limits them, and a number from another run returns everything retained", async () => {
    const { request, clock } = await setUp({}, 300);
    const answerOf = async (query: string) =>
      (await request(`/api/v1/collections/jobs/samples${query}`)).body as { readonly rows: readonly [string][]; readonly next: number };
    expect((await answerOf("")).rows).toHaveLength(100);
    const all = await answerOf("?since=0");
    expect(all.rows).toHaveLength(300);
    expect((await answerOf("?since=0&last=2")).rows).toEqual(all.rows.slice(-2));
    await clock.advance(150_000);
    const later = (await answerOf(`?since=${all.next}`)).rows;
    expect(later).toHaveLength(150);
    expect(Date.parse(later[0]?.[0] as string)).toBe(Date.parse(all.rows.at(-1)?.[0] as string) + 1_000);
    expect((await answerOf("?since=1000000")).rows).toHaveLength(450);
  });

  it("samples can be narrowed to a time range", async () => {
    const { request } = await setUp();
    const timesOf = async (query: string): Promise<readonly string[]> =>
      ((await request(`/api/v1/collections/jobs/samples?${query}`)).body["rows"] as [string][]).map(([time]) => time);
    const times = await timesOf("last=5");
    expect(times).toHaveLength(5);
    expect(await timesOf(`from=${times[1]}&to=${times[3]}`)).toEqual([times[1], times[2]]);
    const { body } = await request(`/api/v1/collections/jobs/samples?to=${times[3]}`);
    expect(await timesOf(`since=${String(body["next"])}`)).toEqual(times.slice(3));
    expect(await timesOf(`from=${times[1]}&last=2`)).toEqual([times[3], times[4]]);
  });

  it("aggregates contain every window and field, or only the requested ones", async () => {
    const { request } = await setUp();
    const { body } = await request("/api/v1/collections/jobs/aggregates");
    expect((body["windows"] as { window: string }[]).map(({ window }) => window)).toEqual(["1m", "5m", "15m", "1h"]);
    expect((await request("/api/v1/collections/jobs/aggregates?window=2s&fields=depth")).body).toMatchObject({
      windows: [{ window: "2s", due: 2, fields: { depth: { mean: 4 } } }],
    });
    expect((await request("/api/v1/collections/down/aggregates?window=1m")).body).toMatchObject({
      windows: [{ successRate: 0, coverage: 0, fields: {} }],
    });
  });

  it("the API returns the health history, alerts, health, statistics and collections", async () => {
    const { request } = await setUp();
    expect((await request("/api/v1/health/history?component=collection:down")).body).toMatchObject({
      transitions: [{ component: "collection:down", from: "unknown", to: "critical" }],
    });
    expect((await request("/api/v1/alerts")).body).toMatchObject({
      alerts: [{ state: "firing", labels: { component: "collection:down", severity: "critical" } }],
    });
    expect((await request("/api/v1/health/history")).body).toMatchObject({ since: "2026-01-01T00:00:00.000Z", forgotten: {} });
    const { body: health, status } = await request("/api/v1/health");
    expect([status, health["status"]]).toEqual([200, "critical"]);
    expect(
      (health["components"] as object[]).find((each) => (each as { component: string }).component === "collection:down"),
    ).toMatchObject({
      status: "critical",
      recovery: "success rate over 1m is above 0.60 for 30s",
      p95: 0,
    });
    const { body: stats } = await request("/api/v1/stats");
    expect(stats["process"]).toMatchObject({ cpuSeconds: expect.any(Number) as number, residentBytes: expect.any(Number) as number });
    expect(stats).toMatchObject({
      lifecycle: "running",
      ticks: { jobs: { success: 10 }, down: { failed: 10 } },
      stream: { clients: 0 },
    });
    expect((await request("/api/v1/collections")).body).toMatchObject({
      collections: [
        {
          name: "jobs",
          fields: { depth: { unit: "{job}", good: "low", min: 0, max: 1_000_000 } },
          thresholds: [{ stat: "durationP95", above: 0.8, status: "degraded" }],
        },
        { name: "down", lastOutcome: "failed" },
      ],
    });
  });

  it.each([
    ["/api/v1/collections/jobs/samples?last=0", /^last: expected a whole number from 1 to 100000, found "0"$/],
    ["/api/v1/collections/jobs/samples?last=x", /^last: expected a whole number from 1 to 100000, found "x"$/],
    ["/api/v1/collections/jobs/samples?lats=1", /^unknown parameter "lats"; expected last, since, from, to, fields$/],
    ["/api/v1/collections/jobs/samples?last=1&last=2", /^last: expected one value, found 2$/],
    ["/api/v1/collections/jobs/samples?fields=deep", /^fields: unknown field "deep"; expected depth$/],
    ["/api/v1/collections/jobs/aggregates?window=1y", /^window: expected a duration such as 5m, at most 1d, found "1y"$/],
    ["/api/v1/health/history?since=yesterday", /^since: expected a time such as 2026-01-31T12:00:00Z, found "yesterday"$/],
    ["/api/v1/events?types=smaple", /^types: expected some of sample, transition, alert, aggregate, found "smaple"$/],
    ["/api/v1/events?max_rate=0", /^max_rate: expected a number above 0, at most 1000, found "0"$/],
    ["/api/v1/events?max_rate=0x10", /^max_rate: expected a number above 0, at most 1000, found "0x10"$/],
    ["/api/v1/events?types=a,b", /^types: expected some of sample, transition, alert, aggregate, found "a,b"$/],
    ["/api/v1/stats?__proto__=1", /^unknown parameter "__proto__"; expected no parameter$/],
    ["/health?fail_on=never", /^fail_on: expected one of degraded, unhealthy, critical, found "never"$/],
    [`/api/v1/alerts?state=${"x".repeat(100)}`, /^state: expected one of firing, resolved, all, found "x{59}…"$/],
  ])("%s is a bad query, and the problem quotes the parameter and its value", async (path, detail) => {
    const { request } = await setUp({}, 0);
    expect(await request(path)).toMatchObject({
      status: 400,
      type: "application/problem+json",
      body: { type: "urn:otel-vitals:problem:bad-query", status: 400, detail: expect.stringMatching(detail) as string },
    });
  });

  it.each([
    ["/nope", 404, "unknown-route"],
    ["/api/v1/collections/nope/samples", 404, "unknown-collection"],
    ["/api/v1/collections/%E0%A4%A/samples", 404, "unknown-collection"],
    ["/metrics", 404, "no-metrics"],
  ])("%s returns %d", async (path, status, kind) => {
    const { request } = await setUp({}, 0);
    expect(await request(path)).toMatchObject({ status, body: { type: `urn:otel-vitals:problem:${kind}` } });
  });

  it.each([
    ["/livez", "DELETE", "GET, HEAD"],
    ["/health", "POST", "GET, HEAD"],
    ["/metrics", "PUT", "GET, HEAD"],
    ["/", "DELETE", "GET, HEAD"],
    ["/page/app.js", "POST", "GET, HEAD"],
    ["/api/v1/alerts", "PATCH", "GET, HEAD"],
    ["/api/v1/events", "OPTIONS", "GET, HEAD"],
    ["/session", "PATCH", "DELETE, GET, HEAD, POST"],
    ["/api/v1/collections/jobs/pause", "GET", "POST"],
    ["/api/v1/collections/jobs/pause", "HEAD", "POST"],
  ])("%s does not have the method %s: 405, and the methods it has", async (path, method, allow) => {
    const { app } = await setUp({}, 0);
    for (const mounted of [app, new Hono().route("/vitals", app)]) {
      const base = mounted === app ? "" : "/vitals";
      const response = await mounted.request(`${base}${path}`, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
      if (method === "HEAD") continue;
      expect(await response.json()).toMatchObject({
        type: "urn:otel-vitals:problem:method-not-allowed",
        detail: `expected ${allow}, found ${method}`,
      });
    }
  });

  it("an unknown path is 404 with any method, and a program's own routes below the mounted app are reached", async () => {
    const { app, request } = await setUp({}, 0);
    expect(await request("/nope", { method: "POST" })).toMatchObject({ status: 404 });
    const service = new Hono().route("/vitals", app).post("/vitals/own", (c) => c.text("own"));
    expect(await (await service.request("/vitals/own", { method: "POST" })).text()).toBe("own");
  });

  it("an internal error is logged with its stack, and its message is not sent to the client", async () => {
    const { logger, lines } = keptLog();
    const { collector, request } = await setUp({ logger }, 0);
    vi.spyOn(collector, "stats").mockImplementation(() => {
      throw new Error("secret detail", { cause: new Error("deeper") });
    });
    const response = await request("/api/v1/stats");
    expect(response).toMatchObject({ status: 500, body: { type: "urn:otel-vitals:problem:internal" } });
    expect(response.text).not.toContain("secret");
    expect(lines).toEqual([
      {
        level: "error",
        message: "GET /api/v1/stats failed: secret detail",
        stack: expect.stringMatching(/^Error: secret detail\n +at (?:.|\n)*\ncaused by Error: deeper\n +at /) as string,
      },
    ]);
  });

  it("an internal error is logged to OpenTelemetry's diag if no logger is given", async () => {
    const { collector, request } = await setUp({}, 0);
    vi.spyOn(collector, "stats").mockImplementation(() => {
      throw new Error("secret detail");
    });
    const lines: unknown[][] = [];
    const none = (): void => {};
    diag.setLogger({ error: (...line) => void lines.push(line), warn: none, info: none, debug: none, verbose: none });
    await request("/api/v1/stats");
    diag.disable();
    expect(lines).toEqual([
      ["otel-vitals: GET /api/v1/stats failed: secret detail", { stack: expect.stringMatching(/^Error: secret detail\n +at /) as string }],
    ]);
  });

  it("an error after the head of a response was sent cuts the connection off, is logged and is not sent", async () => {
    const { logger, lines } = keptLog();
    const { app, collector } = await setUp({ logger }, 0);
    const report = collector.collection("jobs").report();
    let reports = 0;
    const handle = {
      report() {
        reports += 1;
        if (reports === 500) throw new Error("secret detail");
        return { ...report, source: "x".repeat(1_000) };
      },
    };
    vi.spyOn(collector, "collections").mockReturnValue(Array.from({ length: 1_000 }, () => handle as never));
    await using server = await listen(app, { port: 0 });
    using cut = await rawRequest(server.port, "GET /api/v1/collections HTTP/1.1", "Host: localhost");
    let received = "";
    cut.socket.on("data", (chunk: string) => (received += chunk));
    await cut.ended;
    expect(received).toMatch(/^HTTP\/1.1 200 OK/);
    expect(received).not.toContain("secret");
    // The chunk that ends a complete response is missing.
    expect(received).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(lines).toMatchObject([{ message: "GET /api/v1/collections failed: secret detail" }]);
  });

  it("writes need a configured token, and a request with that token", async () => {
    const { request: open } = await setUp({}, 0);
    expect(await open("/api/v1/collections/jobs/pause", { method: "POST" })).toMatchObject({
      status: 403,
      body: { type: "urn:otel-vitals:problem:no-token-configured" },
    });
    const { request, collector } = await setUp({ token: "t0ken" }, 0);
    expect(await request("/api/v1/collections/jobs/pause", { method: "POST" })).toMatchObject({ status: 401 });
    const authorized = { method: "POST", headers: { authorization: "Bearer t0ken" } };
    expect(await request("/api/v1/collections/jobs/pause", authorized)).toMatchObject({ status: 200, body: { state: "paused" } });
    expect(collector.collection("jobs").report().state).toBe("paused");
    expect(await request("/api/v1/collections/nope/resume", authorized)).toMatchObject({ status: 404 });
  });
});

describe("health and probes", () => {
  it("/health fails exactly if its status code is 503, and probes do not depend on it", async () => {
    const { request } = await setUp();
    expect(await request("/health")).toMatchObject({
      status: 503,
      type: "application/health+json",
      body: { status: "fail", vitalsStatus: "critical" },
    });
    const { body } = await request("/health");
    expect(body["checks"]).toMatchObject({
      "collection:jobs:successRate": [{ status: "pass", observedValue: 1, observedUnit: "1" }],
      "collection:down:successRate": [
        {
          status: "fail",
          vitalsStatus: "critical",
          output: "success rate over 1m is 0 (critical below 0.50); last error: no; clears above 0.60 for 30s",
        },
      ],
    });
    const checks = Object.values(body["checks"] as Record<string, readonly Record<string, unknown>[]>).flat();
    const withOutput = checks.filter((check) => "output" in check).map(({ status }) => status);
    expect([...new Set(withOutput)].sort()).toEqual(["fail", "warn"].filter((verdict) => withOutput.includes(verdict)));
    expect(checks.filter(({ status }) => status === "pass").length).toBeGreaterThan(0);
    expect(await request("/livez")).toMatchObject({ status: 200, text: "ok\n" });
    expect(await request("/readyz?verbose")).toMatchObject({
      status: 200,
      text: expect.stringContaining("[+]collection:down ok: has ticked") as string,
    });
  });

  it("/readyz returns 503 with the reason before the first ticks", async () => {
    const { request } = await setUp({}, 0);
    expect(await request("/readyz")).toMatchObject({
      status: 503,
      text: expect.stringContaining("[-]collection:jobs failed: has not ticked yet") as string,
    });
    expect(await request("/livez")).toMatchObject({ status: 200 });
  });

  it("/livez and /readyz fail, and name the loop and its error, once a loop of the collector has ended unexpectedly", async () => {
    const { request, clock } = await setUp();
    expect((await request("/livez?verbose")).text).toMatch(/^\[\+\]loops ok: \d+ running$/m);
    const sleepUntil = clock.sleepUntil.bind(clock);
    // The loop of full assessments waits for 30 s.
    const isOfLoop = (atMs: number): boolean => atMs - clock.monotonicMs() > 29_000 && atMs - clock.monotonicMs() <= 30_000;
    vi.spyOn(clock, "sleepUntil").mockImplementation((atMs, signal) =>
      isOfLoop(atMs) ? Promise.reject(new Error("the timer broke")) : sleepUntil(atMs, signal),
    );
    await clock.advance(60_000);
    const live = await request("/livez");
    expect(live.status).toBe(503);
    expect(live.text).toMatch(/^\[-\]loops failed: .+ ended unexpectedly: the timer broke$/m);
    expect(await request("/readyz")).toMatchObject({ status: 503, text: expect.stringContaining("[-]lifecycle failed: failed") as string });
    expect((await request("/api/v1/stats")).body["lifecycle"]).toBe("failed");
  });
});

describe("the Host header", () => {
  it("only loopback names and allowed hosts are accepted, except by probes", async () => {
    const { request } = await setUp(
      { allowedHosts: ["vitals.example", "fd00::1"], metrics: async () => ({ text: "x 1\n", errors: 0 }) },
      0,
    );
    const host = (name: string) => ({ headers: { host: name } });
    for (const name of [
      "localhost",
      "localhost:9464",
      "localhost.",
      "LOCALHOST.:9464",
      "127.0.0.1:1",
      "127.9.9.9",
      "[::1]:9464",
      "[0:0:0:0:0:0:0:1]",
      "[::ffff:127.0.0.1]:9464",
      "[::FFFF:7f00:1]",
      "vitals.example",
      "VITALS.example:80",
      "vitals.example.:80",
      "[fd00:0::1]",
    ])
      expect([name, (await request("/health", host(name))).status]).not.toEqual([name, 421]);
    for (const name of [
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "1270.0.0.1",
      "[::ffff:10.0.0.1]",
      "[fd00::2]",
      "localhost..",
    ]) {
      expect([name, (await request("/health", host(name))).status]).toEqual([name, 421]);
      expect((await request("/api/v1/stats", host(name))).status).toBe(421);
      expect((await request("/livez", host(name))).status).toBe(200);
      expect((await request("/metrics", host(name))).status).toBe(421);
    }
    expect((await request("/", host("proxy.example"))).body["detail"]).toBe(
      'host "proxy.example" is neither a loopback name nor in allowed_hosts; behind a proxy, add it to collector.server.allowed_hosts (in code: allowedHosts)',
    );
  });

  it("a mounted app accepts any Host header by default, under any path", async () => {
    const { app, clock: _ } = await setUp({}, 1);
    const service = new Hono().route("/vitals", app);
    const response = await service.request("/vitals/api/v1/stats", { headers: { host: "shop.example" } });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("metrics", () => {
  const scrape = async (): Promise<{ text: string; errors: number }> => ({ text: "x 1\n".repeat(1_000), errors: 2 });

  it("metrics are returned as text, compressed if accepted, with the number of errors", async () => {
    const { app } = await setUp({ metrics: scrape }, 0);
    const plain = await app.request("/metrics");
    expect(plain.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(plain.headers.get("x-collect-errors")).toBe("2");
    const small = await app.request("/metrics", { headers: { "accept-encoding": "gzip, br" } });
    expect(small.headers.get("content-encoding")).toBe("gzip");
    for (const accepted of ["gzip;q=0", "br, gzip; q=0.0", "identity"]) {
      const refused = await app.request("/metrics", { headers: { "accept-encoding": accepted } });
      expect([accepted, refused.headers.get("content-encoding")]).toEqual([accepted, null]);
    }
    expect((await small.arrayBuffer()).byteLength).toBeLessThan(200);
  });
});

describe("an app on a real connection", () => {
  it("a hundred stream clients that disconnect at once are removed", async () => {
    const { app, request } = await setUp({}, 1);
    await using listener = await listen(app, { port: 0 });
    for (let n = 0; n < 100; n += 1) {
      const socket = connect(listener.port, "127.0.0.1");
      await once(socket, "connect");
      socket.write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
      if (n % 2 === 0) await once(socket, "data");
      socket.destroy();
      await once(socket, "close");
    }
    let clients = Number.NaN;
    for (let asked = 0; asked < 1_000 && clients !== 0; asked += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      clients = ((await request("/api/v1/stats")).body["stream"] as { clients: number }).clients;
    }
    expect(clients).toBe(0);
  });

  it("a HEAD request of the event stream adds no client", async () => {
    const { app, request } = await setUp({}, 1);
    await using listener = await listen(app, { port: 0 });
    const response = await fetch(`${listener.url}/api/v1/events`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
      "",
    ]);
    expect((await request("/api/v1/stats")).body["stream"]).toMatchObject({ clients: 0 });
  });

  it("a stream client that never reads is disconnected at its limit", async () => {
    const { app, request, collector } = await setUp({}, 1);
    await using listener = await listen(app, { port: 0 });
    const socket = connect(listener.port, "127.0.0.1");
    await once(socket, "connect");
    socket.pause().on("error", () => {});
    socket.write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const streamOf = async () => (await request("/api/v1/stats")).body["stream"] as { clients: number; disconnected: number };
    while ((await streamOf()).clients === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = "x".repeat(1_000);
    let sent = 0;
    // The kernel buffers a few megabytes; the rest stays in the process.
    for (; sent < 50_000 && (await streamOf()).disconnected === 0; sent += 100) {
      for (let n = 0; n < 100; n += 1) {
        emit(collector, { kind: "transition", transition: { time: "", component: "a", from: "healthy", to: "degraded", reason } });
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await streamOf()).toMatchObject({ clients: 0, disconnected: 1 });
    expect(sent).toBeLessThan(50_000);
    socket.destroy();
  });

  it("the server options of a configuration file have safe defaults", () => {
    expect(serverOptions.parse({})).toEqual({
      host: "127.0.0.1",
      port: 9464,
      token: "",
      allowed_hosts: [],
      insecure: false,
      public_badges: false,
      max_clients: 10_000,
      max_clients_per_address: 100,
      trusted_proxies: [],
    });
  });
});
