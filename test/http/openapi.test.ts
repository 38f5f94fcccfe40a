import * as z from "zod";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { readFileSync } from "node:fs";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { BUILT_IN_TYPES } from "../../src/collector/kinds.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { openApiDocument } from "../../src/http/api/document.ts";
import { createApp, type AppOptions, type ReloadAnswer } from "../../src/http/index.ts";
import { routePath, type Operation } from "../../src/http/api/operation.ts";
import { OPERATIONS } from "../../src/http/api/operations.ts";
import { PROBLEM_URN, PROBLEMS } from "../../src/http/api/problem.ts";
import { counter, gauge, oneOf, upTo } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { VitalsError } from "../../src/base/errors.ts";
import { ApiJudge, eventsOf } from "../support/api-judge.ts";
import { scriptedKind } from "../support/scripted.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

const TOKEN = "t0ken";
const UNCHANGED: ReloadAnswer = { collections: [], sources: [], sinks: [], settings: [], restart: [] };
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

/** As `validate` reports one. */
const problemOfFile = {
  severity: "error",
  file: "otel-config.yaml",
  line: 3,
  column: 5,
  path: "collector.windows",
  message: "expected a list",
} as const;

/** One field of each shape. */
const shop = defineSampleType("shop", {
  open: gauge("shop.open", "{order}", { good: "low", description: "Orders that wait." }),
  placed: counter("shop.placed", "{order}", { by: [oneOf("shop.way", "web", "desk"), upTo(5, "shop.city")] }),
});

/** A collector with one healthy collection and one that fails. */
async function setUp(options: AppOptions = {}, seconds = 10) {
  const clock = new ManualClock();
  let placed = 0;
  const shopSource = defineSource({
    kind: "shop",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [reading(shop, () => ({ open: 3, placed: { web: { Bern: (placed += 2) } } }))],
  });
  const script = { down: () => Promise.reject(new Error("no")) };
  const collector = createCollector(
    {
      health: { for: "0s", startup_grace: "0s", success: { degraded_below: 0.99, degraded_clear: 0.995 } },
      sources: { shop: { kind: "shop" }, down: { kind: "scripted", breaker: { failures: 1_000 } } },
      collections: { orders: { source: "shop", interval: "1s" }, down: { source: "down", type: "queue", interval: "1s" } },
    },
    { clock, sourceKinds: [shopSource, scriptedKind(script)] },
  );
  const app = createApp(collector, { clock, ...options });
  await collector.start();
  await clock.advance(seconds * 1_000);
  const judge = new ApiJudge(openApiDocument(collector.collections(), options.token !== undefined));
  /** Requests a path and expects the response to be as documented. */
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await app.request(path, init);
    expect(await judge.judge(init.method ?? "GET", path, response.clone())).toEqual([]);
    return response;
  };
  return { app, request, clock, collector, judge };
}

const pathOf = ({ path }: Operation): string => path.replace("{name}", "orders").replace("{component}", "collection:orders");
const initOf = ({ method }: Operation, headers: Record<string, string> = {}): RequestInit => ({ method: method.toUpperCase(), headers });

/** Findings of a linter. */
async function findings(document: object): Promise<readonly string[]> {
  const config = await createConfig({
    extends: ["recommended-strict"],
    // Programs that probe treat a client error as a failure, so probes have none.
    rules: { "operation-4xx-response": "off" },
  });
  const found = await lintFromString({ source: JSON.stringify(document), absoluteRef: "openapi.json", config });
  return found.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
}

describe("the OpenAPI document", () => {
  const builtIn = BUILT_IN_TYPES.map((type) => ({ name: type.name, type }));

  it.each([
    ["the built-in types", builtIn],
    ["no collection", []],
    ["collections of two types with one name that is not a valid schema name", [1, 2].map((n) => ({ name: `c${n}`, type: oddlyNamed() }))],
  ])("the OpenAPI document has no linter findings with %s", async (_, collections) => {
    expect(await findings(openApiDocument(collections, true))).toEqual([]);
  });

  it("the linter finds a dangling reference and an operation without a summary", async () => {
    const broken = structuredClone(openApiDocument(builtIn, true)) as unknown as {
      components: { schemas: Record<string, unknown> };
      paths: Record<string, { get: { summary?: string } }>;
    };
    delete broken.components.schemas["Statistics"];
    delete broken.paths["/health"]?.get.summary;
    const found = (await findings(broken)).join("\n");
    expect(found).toMatch(/no-unresolved-refs: Can't resolve \$ref #\/components\/schemas\/Aggregate/);
    expect(found).toMatch(/operation-summary: .*~1health/);
  });

  it("the OpenAPI document describes the configured collections by their fields", async () => {
    const { request, judge } = await setUp();
    const { components, paths } = (await (await request("/openapi.json")).json()) as ReturnType<typeof openApiDocument>;
    expect(components.schemas["Values.shop"]).toEqual({
      type: "object",
      properties: {
        open: { description: "Orders that wait. Unit: {order}.", type: "number", minimum: 0 },
        placed: {
          description: "Unit: {order}.",
          type: "object",
          propertyNames: { type: "string", enum: ["web", "desk"] },
          additionalProperties: { type: "object", additionalProperties: { type: "number", minimum: 0 } },
        },
      },
      additionalProperties: false,
    });
    expect(paths["/api/v1/collections/{name}/samples"]?.["get"]?.parameters[0]?.schema).toEqual({
      type: "string",
      enum: ["orders", "down"],
    });
    const sample = { time: "2026-01-01T00:00:00.000Z", outcome: "success", durationMs: 1, values: { open: 3 } };
    expect(judge.schema("Sample", { ...sample, collection: "orders" })).toEqual([]);
    expect(judge.schema("Sample", { ...sample, collection: "down" })).not.toEqual([]);
    expect(judge.schema("Sample", { ...sample, collection: "orders", values: { open: -1 } })).not.toEqual([]);
  });

  it("the OpenAPI document has every route of the API and no other, except the session, which belongs to the page", async () => {
    const { app } = await setUp({}, 0);
    const routes = new Set(app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`));
    const documented = OPERATIONS.map((operation) => `${operation.method.toUpperCase()} ${routePath(operation)}`);
    expect(documented.filter((each) => !routes.has(each))).toEqual([]);
    expect([...routes].filter((each) => each.includes("/api/") && !documented.includes(each))).toEqual([]);
    expect(documented.length).toBeGreaterThan(12);
  });

  it("the server of the OpenAPI document is relative to the path it is mounted at", async () => {
    const { app } = await setUp();
    const service = new Hono().route("/vitals", app);
    const at = "http://localhost/vitals/openapi.json";
    const { servers } = (await (await service.request(at)).json()) as { servers: { url: string }[] };
    const base = new URL(servers[0]?.url ?? "", at).href.replace(/\/$/, "");
    expect((await service.request(`${base}/api/v1/stats`)).status).toBe(200);
  });

  it("the OpenAPI document requires the token if one is configured, except for a status", () => {
    expect(openApiDocument([], true).security).toEqual([{ bearer: [] }]);
    expect(openApiDocument([], false).security).toEqual([]);
    expect(openApiDocument([], true).paths["/health"]?.["get"]?.security).toEqual([{}, { bearer: [] }]);
  });
});

describe("responses", () => {
  it("every response and problem is as documented, and every documented one occurs", async () => {
    const metrics = { metrics: async () => ({ text: "x 1\n", errors: 0 }) };
    const open = await setUp(metrics);
    const closed = await setUp({ ...metrics, token: TOKEN, allowedHosts: [], reload: async () => UNCHANGED });
    const wrong = await setUp({ token: TOKEN, reload: async () => ({ problems: [problemOfFile] }) }, 0);
    const stopped = await setUp({ token: TOKEN, reload: () => Promise.reject(new VitalsError("lifecycle", "is stopped")) }, 0);
    const fileless = await setUp({ token: TOKEN }, 0);
    const early = await setUp({ maxClients: 0 }, 0);
    for (const operation of OPERATIONS.filter(({ id }) => id !== "followEvents")) {
      await open.request(pathOf(operation), initOf(operation));
      await closed.request(pathOf(operation), initOf(operation, AUTHORIZED));
      await closed.request(pathOf(operation), initOf(operation));
      await closed.request(pathOf(operation), initOf(operation, { ...AUTHORIZED, host: "evil.example" }));
      await early.request(pathOf(operation), initOf(operation));
      if (!operation.takesAnyQuery) await closed.request(`${pathOf(operation)}?nope=1`, initOf(operation, AUTHORIZED));
      await closed.request(operation.path.replace(/\{\w+\}/, "nope"), initOf(operation, AUTHORIZED));
      if (operation.isKept) {
        const tag = (await open.request(pathOf(operation))).headers.get("etag") ?? "";
        await open.request(pathOf(operation), initOf(operation, { "if-none-match": tag }));
      }
    }
    for (const path of ["/health?fail_on=critical", "/api/v1/collections/orders/samples?fields=open", "/api/v1/alerts?state=all"])
      await open.request(path);
    const events = "/api/v1/events";
    for (const init of [{}, { headers: { ...AUTHORIZED, host: "evil.example" } }]) await closed.request(events, init);
    await closed.request(`${events}?types=nope`, { headers: AUTHORIZED });
    await early.request(events);
    for (const { request } of [wrong, stopped, fileless]) await request("/api/v1/reload", { method: "POST", headers: AUTHORIZED });
    const stream = await closed.app.request(events, { headers: AUTHORIZED });
    // /livez fails if the scheduler makes no progress.
    early.clock.block(3_600_000);
    await early.request("/livez");
    await open.collector.shutdown();
    await open.request("/readyz");
    await open.request(events);
    await closed.collector.shutdown();
    expect(await closed.judge.judge("GET", events, stream)).toEqual([]);

    const seen = new Set([open, closed, early, wrong, stopped, fileless].flatMap(({ judge }) => [...judge.seen]));
    const unseen = open.judge.documented().filter((each) => !seen.has(each));
    // No client can cause an internal error. Its format is that of every problem.
    expect(unseen.filter((each) => !each.endsWith(" 500"))).toEqual([]);
    expect(seen.size).toBeGreaterThan(60);
  });

  it("a response that differs from the document is detected", async () => {
    const { judge } = await setUp({}, 0);
    const answer = (body: unknown, init: ResponseInit = {}, headers: Record<string, string> = {}) =>
      Response.json(body, { ...init, headers: { "cache-control": "no-store", ...headers } });
    const path = "/api/v1/collections";
    expect(await judge.judge("GET", path, answer({ collections: [] }))).toEqual([]);
    expect(await judge.judge("GET", path, answer({ collections: [], more: 1 }))).not.toEqual([]);
    expect(await judge.judge("GET", path, answer({ collections: [{}] }))).not.toEqual([]);
    expect(await judge.judge("GET", path, answer({ collections: [] }, { status: 201 }))).not.toEqual([]);
    expect(await judge.judge("GET", path, answer({ collections: [] }, {}, { "cache-control": "public" }))).not.toEqual([]);
    expect(await judge.judge("GET", path, answer({ collections: [] }, {}, { "content-type": "text/html" }))).not.toEqual([]);
    const problem = { type: `${PROBLEM_URN}unknown-collection`, title: "x", status: 400, detail: "x" };
    expect(await judge.judge("GET", path, answer(problem, { status: 400 }, { "content-type": "application/problem+json" }))).not.toEqual(
      [],
    );
  });

  it("a parameter outside its documented bounds is rejected, and one inside is accepted", async () => {
    const { request, judge } = await setUp();
    let tried = 0;
    for (const operation of OPERATIONS.filter(({ id }) => id !== "followEvents")) {
      const { parameters } = openApiDocument([], false).paths[operation.path]?.[operation.method] ?? { parameters: [] };
      for (const { name, schema } of parameters.filter((each) => each.in === "query")) {
        const { minimum, maximum, maxLength, enum: values = [], format } = schema as z.core.JSONSchema.BaseSchema;
        const inside = [minimum, maximum, ...values].filter((value) => value !== undefined);
        const outside = [
          ...(minimum === undefined ? [] : [minimum - 1]),
          ...(maximum === undefined ? [] : [maximum + 1]),
          ...(maxLength === undefined ? [] : ["x".repeat(maxLength + 1)]),
          ...(values.length === 0 ? [] : ["nope"]),
          ...(format === undefined ? [] : ["2026-01-31"]),
        ];
        for (const [value, isWrong] of [...inside.map((each) => [each, false] as const), ...outside.map((each) => [each, true] as const)]) {
          const { status } = await request(`${pathOf(operation)}?${name}=${String(value)}`, initOf(operation));
          expect([operation.id, name, value, status === 400]).toEqual([operation.id, name, value, isWrong]);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(15);
    expect(judge.seen.size).toBeGreaterThan(5);
  });
});

describe("stream events", () => {
  it("every event of the stream is as documented", async () => {
    const { app, clock, collector, judge } = await setUp();
    const text = (async () => (await app.request("/api/v1/events?max_rate=1")).text())();
    const resumed = (async () => (await app.request("/api/v1/events", { headers: { "last-event-id": "another-1" } })).text())();
    collector.health.register("disk", () => ({ status: "critical", reason: "full" }), { interval: "1s" });
    await clock.advance(60_000);
    await collector.shutdown();
    const events = [...eventsOf(await text), ...eventsOf(await resumed)];
    expect([...new Set(events.map(({ event }) => event))].sort()).toEqual(
      ["aggregate", "alert", "bye", "heartbeat", "hello", "reset", "sample", "snapshot", "transition"].sort(),
    );
    expect(events.flatMap((event) => judge.schema("StreamEvent", event).map((said) => `${event.event} ${said}`))).toEqual([]);
    expect(judge.schema("StreamEvent", { ...events[0], more: 1 })).not.toEqual([]);
  });
});

describe("ETags", () => {
  it("a response with an ETag returns 304 until its content changes", async () => {
    const { request, clock, collector } = await setUp();
    for (const path of ["/openapi.json", "/api/v1/alerts", "/api/v1/health/history?component=disk"]) {
      const first = await request(path);
      const tag = first.headers.get("etag") ?? "";
      expect(first.headers.get("cache-control")).toBe("private, no-cache");
      const again = await request(path, { headers: { "if-none-match": `"other", ${tag}` } });
      expect([path, again.status, await again.text(), again.headers.get("etag")]).toEqual([path, 304, "", tag]);
      expect(again.headers.get("x-content-type-options")).toBe("nosniff");
      collector.health.register(`disk${path}`, () => ({ status: "critical", reason: "full" }), { interval: "1s" });
      if (path.includes("history")) collector.health.register("disk", () => ({ status: "critical", reason: "full" }), { interval: "1s" });
      await clock.advance(60_000);
      const later = await request(path, { headers: { "if-none-match": tag } });
      expect([path, later.status]).toEqual([path, path === "/openapi.json" ? 304 : 200]);
    }
  });

  it("a response that changes constantly has no ETag and must not be stored", async () => {
    const { request } = await setUp({ metrics: async () => ({ text: "x 1\n", errors: 0 }) });
    for (const operation of OPERATIONS.filter(({ isKept, id, method }) => !isKept && id !== "followEvents" && method === "get")) {
      const { headers } = await request(pathOf(operation));
      expect([operation.id, headers.get("cache-control"), headers.get("etag")]).toEqual([
        operation.id,
        expect.stringMatching(/^(no-cache, )?no-store$/),
        null,
      ]);
    }
  });
});

describe("access", () => {
  it("every operation requires the token and checks the host as it declares", async () => {
    const metrics = async () => ({ text: "x 1\n", errors: 0 });
    const { app } = await setUp({ token: TOKEN, allowedHosts: [], metrics, reload: async () => UNCHANGED });
    for (const operation of OPERATIONS.filter(({ id }) => id !== "followEvents")) {
      const statusOf = async (headers: Record<string, string>) => (await app.request(pathOf(operation), initOf(operation, headers))).status;
      expect([operation.id, (await statusOf({})) === 401]).toEqual([operation.id, operation.access === "token"]);
      expect([operation.id, (await statusOf({ authorization: "Bearer wrong" })) === 401]).toEqual([
        operation.id,
        operation.access === "token",
      ]);
      expect([operation.id, (await statusOf({ ...AUTHORIZED, host: "evil.example" })) === 421]).toEqual([
        operation.id,
        operation.checksHost,
      ]);
      expect([operation.id, (await statusOf(AUTHORIZED)) < 400 || operation.statuses.includes(503)]).toEqual([operation.id, true]);
    }
    for (const path of ["/livez?verbose", "/readyz?verbose", "/health"]) {
      expect(await (await app.request(path)).text()).toMatch(/^(ok\n|\{"status":"fail","vitalsStatus":"critical"\})$/);
    }
    const wrong = await app.request("/api/v1/nope", { headers: { authorization: "Bearer wrong" } });
    expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="otel-vitals", error="invalid_token"']);
    const none = await app.request("/api/v1/stats");
    expect(none.headers.get("www-authenticate")).toBe('Bearer realm="otel-vitals"');
  });
});

it("the OpenAPI document has a pattern for window, which agrees with what the API accepts", async () => {
  const { app, collector } = await setUp({}, 0);
  const { paths } = openApiDocument(collector.collections(), false);
  const parameters = paths["/api/v1/collections/{name}/aggregates"]?.["get"]?.parameters ?? [];
  const pattern = parameters.find(({ name }) => name === "window")?.schema["pattern"];
  expect(pattern).toBeTypeOf("string");
  for (const window of ["5m", "1.5h", "500ms", "1d", "5", "m", "5 m", "1y", "-5m", ""]) {
    const { status } = await app.request(`/api/v1/collections/orders/aggregates?window=${encodeURIComponent(window)}`);
    expect([window, status]).toEqual([window, new RegExp(pattern as string).test(window) ? 200 : 400]);
  }
});

it("samples have a column for each point, also where attribute values contain the separator of column names", async () => {
  const clock = new ManualClock();
  const lanes = defineSampleType("lanes", { sent: counter("lanes.sent", "{car}", { by: [upTo(5, "lane.from"), upTo(5, "lane.to")] }) });
  const kind = defineSource({
    kind: "lanes",
    options: z.strictObject({}),
    open: () => ({}),
    readings: [reading(lanes, () => ({ sent: { "a/b": { c: 1 }, a: { "b/c": 2 } } }))],
  });
  const collector = createCollector(
    { sources: { l: { kind: "lanes" } }, collections: { l: { source: "l", interval: "1s" } } },
    { clock, sourceKinds: [kind] },
  );
  await collector.start();
  await clock.advance(1_000);
  const answer = await (await createApp(collector, { clock }).request("/api/v1/collections/l/samples?last=1")).json();
  await collector.shutdown();
  expect(answer).toMatchObject({
    columns: ["time", "outcome", "durationMs", "errorType", "sent/a~1b/c", "sent/a/b~1c"],
    points: [
      { field: "sent", path: ["a/b", "c"] },
      { field: "sent", path: ["a", "b/c"] },
    ],
    rows: [[expect.any(String), "success", 0, null, 1, 2]],
  });
});

it("windows of a counter have its increase and rate, and no mean or quantiles", async () => {
  const { request } = await setUp();
  const response = await request("/api/v1/collections/orders/aggregates?window=5s");
  const { windows } = (await response.json()) as { windows: readonly { fields: Record<string, unknown> }[] };
  expect(windows[0]?.fields["placed"]).toEqual({
    web: { Bern: { count: 5, min: 12, max: 20, first: 12, last: 20, increase: 8, rate: 2 } },
  });
  expect(windows[0]?.fields["open"]).toMatchObject({ mean: 3, p95: 3 });
});

describe("docs/problems.md", () => {
  it("docs/problems.md explains every problem with its status code, and no other", () => {
    const text = readFileSync(new URL("../../docs/problems.md", import.meta.url), "utf8");
    const rows = [...text.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \| .{20,} \|$/gm)].map(([, kind, status]) => [kind, Number(status)]);
    expect(rows).toEqual(Object.entries(PROBLEMS).map(([kind, { status }]) => [kind, status]));
    expect(text).toContain(PROBLEM_URN);
  });
});

const oddlyNamed = () => ({ ...defineSampleType("length", { depth: gauge("queue.depth", "m") }), name: "länge / m" });
