import { describe, expect, it } from "vitest";
import { VitalsError } from "../../src/base/errors.ts";
import { createApp, type Reload } from "../../src/http/index.ts";
import { each, scriptedCollector } from "../support/scripted.ts";

const TOKEN = "t0ken";

/** The response of `POST /api/v1/reload`, and the errors that were logged. */
async function responseOf(reload?: Reload, { token = TOKEN, authorization = `Bearer ${TOKEN}` } = {}) {
  const { collector, clock } = scriptedCollector({}, each(["jobs"]));
  const errors: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void errors.push(message) };
  const app = createApp(collector, { clock, token, logger, ...(reload ? { reload } : {}) });
  const response = await app.request("/api/v1/reload", { method: "POST", headers: { authorization } });
  await collector.shutdown();
  return { status: response.status, headers: response.headers, body: (await response.json()) as Readonly<Record<string, unknown>>, errors };
}

const counted = (reload: Reload = async () => ({ collections: [], sources: [], sinks: [], settings: [], restart: [] })) => {
  const calls = { count: 0 };
  const counting: Reload = () => {
    calls.count += 1;
    return reload();
  };
  return { calls, reload: counting };
};

describe("POST /api/v1/reload", () => {
  it("POST /api/v1/reload returns what the reload has changed", async () => {
    const report = {
      collections: [{ name: "jobs", change: "changed", kept: ["412 samples"] }],
      sources: [{ name: "jobs", change: "unchanged" }],
      sinks: [],
      settings: ["collector.health.for"],
      restart: ["collector.server.port"],
      warnings: [{ severity: "warning", file: "otel-config.yaml", line: 3, column: 1, path: "propagator", message: "ignored" }],
    } as const;
    const { status, body, headers } = await responseOf(async () => report);
    expect([status, body, headers.get("cache-control")]).toEqual([200, report, "no-store"]);
  });

  it("POST /api/v1/reload requires the token, and that there is one", async () => {
    const { calls, reload } = counted();
    expect(await responseOf(reload, { authorization: "Bearer wrong" })).toMatchObject({ status: 401 });
    expect(await responseOf(reload, { token: "" })).toMatchObject({
      status: 403,
      body: { type: "urn:otel-vitals:problem:no-token-configured" },
    });
    expect(calls.count).toBe(0);
    expect(await responseOf(reload)).toMatchObject({ status: 200 });
    expect(calls.count).toBe(1);
  });

  it("POST /api/v1/reload returns every problem of a wrong configuration", async () => {
    const problems = [
      { severity: "warning", file: "otel-config.yaml", line: 1, column: 1, path: "propagator", message: "ignored" },
      { severity: "error", file: "otel-config.yaml", line: 3, column: 5, path: "collector.windows", message: "expected a list" },
      { severity: "error", file: "otel-config.yaml", option: "--listen", path: "collector.server.port", message: "expected a port" },
    ] as const;
    const { status, body } = await responseOf(async () => ({ problems }));
    expect(status).toBe(422);
    expect(body).toEqual({
      type: "urn:otel-vitals:problem:invalid-configuration",
      title: "Invalid configuration",
      status: 422,
      detail: "nothing was changed; 2 errors; first: expected a list",
      problems,
    });
  });

  it.each(["config_invalid", "config_unreadable"] as const)(
    "POST /api/v1/reload returns a rejection with %s as a problem",
    async (code) => {
      const { status, body } = await responseOf(() => Promise.reject(new VitalsError(code, "no such file")));
      expect([status, body["problems"]]).toEqual([422, [{ severity: "error", path: "", message: "no such file" }]]);
    },
  );

  it("POST /api/v1/reload returns 501 where there is nothing to reload", async () => {
    const { status, body } = await responseOf();
    expect([status, body["type"]]).toEqual([501, "urn:otel-vitals:problem:no-reload"]);
  });

  it("POST /api/v1/reload returns 503 and when to try again while the collector does not run", async () => {
    const { status, headers } = await responseOf(() => Promise.reject(new VitalsError("lifecycle", "stopping")));
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  });

  it("POST /api/v1/reload logs an unexpected error, which the response does not show", async () => {
    const { status, body, errors } = await responseOf(() => Promise.reject(new Error("hunter2")));
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("hunter2");
    expect(errors).toHaveLength(1);
  });
});

it("GET /openapi.json describes the collections of now", async () => {
  const { collector, clock } = scriptedCollector({}, each(["jobs"]));
  const app = createApp(collector, { clock });
  const names = async (): Promise<unknown> => {
    const document = (await (await app.request("/openapi.json")).json()) as {
      paths: Record<string, { get: { parameters: readonly { schema: { enum: unknown } }[] } }>;
    };
    return document.paths["/api/v1/collections/{name}/samples"]?.get.parameters[0]?.schema.enum;
  };
  expect(await names()).toEqual(["jobs"]);
  collector.addCollection("more", { source: "jobs", type: "queue" });
  expect(await names()).toEqual(["jobs", "more"]);
  await collector.removeCollection("jobs");
  collector.addCollection("other", { source: "jobs", type: "queue" });
  expect(await names()).toEqual(["more", "other"]);
  await collector.shutdown();
});
