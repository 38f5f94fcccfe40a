import { SeverityNumber, type LogRecord } from "@opentelemetry/api";
import type { IncomingHttpHeaders } from "node:http";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LoggerProviderConfig } from "../../../src/telemetry/export/options.ts";
import type { OtlpLogExporter } from "../../../src/telemetry/export/logs.ts";
import { createTelemetry } from "../../../src/telemetry/export/provider.ts";
import { internalsOf } from "../../../src/telemetry/telemetry.ts";
import { serveHttp } from "../../support/http-server.ts";
import { ManualClock } from "../../../src/base/manual-clock.ts";

interface Answer {
  readonly status?: number;
  readonly body?: string;
  /** Starts a response and never ends it. */
  readonly hangs?: boolean;
}

interface Got {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A backend with scripted responses that records its requests. */
async function backend(...answers: Answer[]) {
  const got: Got[] = [];
  const waiting: (() => void)[] = [];
  const server = await serveHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { status = 200, body = "{}", hangs = false } = answers[got.length] ?? {};
      got.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(status, { "content-type": "application/json" });
      if (hangs) response.write(" ");
      else response.end(body);
      for (const check of waiting) check();
    });
  });
  const received = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => void (got.length >= count && resolve());
      waiting.push(check);
      check();
    });
  return { url: server.url, got, received, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function exporting(otlp: object, config: Omit<Partial<LoggerProviderConfig>, "processors"> = {}, batch: object = {}) {
  const clock = new ManualClock();
  const processors = [{ batch: { ...batch, exporter: { otlp_http: { encoding: "json" as const, ...otlp } } } }];
  const telemetry = createTelemetry(
    { readers: [{ pull: { exporter: { "prometheus/development": {} } } }] },
    { resource: { "service.name": "watch" }, loggerProvider: { ...config, processors }, clock },
  );
  return { clock, telemetry, exporter: internalsOf(telemetry).logExporters[0] as OtlpLogExporter };
}

const record = (body: string): LogRecord => ({
  eventName: "vitals.alert",
  timestamp: new Date("2026-01-01T00:00:00.250Z"),
  observedTimestamp: new Date("2026-01-01T00:00:00.250Z"),
  severityNumber: SeverityNumber.ERROR,
  severityText: "ERROR",
  body,
  attributes: { "vitals.alert.name": "A", "vitals.alert.value": 0.5 },
});

const live = (): AbortSignal => new AbortController().signal;

afterEach(() => void vi.useRealTimers());

describe("OtlpLogExporter", () => {
  it("OtlpLogExporter sends records in order, with the resource and scope of the metrics", async () => {
    await using there = await backend();
    const { exporter } = exporting({ endpoint: `${there.url}/v1/logs?key=hunter2`, headers: [{ name: "x-tenant", value: "t" }] });
    await exporter.send([record("first"), record("second")], live());
    expect(exporter.target).toBe(`${there.url}/v1/logs`);
    const [{ url, headers, body }] = there.got as [Got];
    expect(url).toBe("/v1/logs?key=hunter2");
    expect(headers).toMatchObject({ "content-type": "application/json", "x-tenant": "t" });
    expect(JSON.parse(body.toString())).toMatchObject({
      resourceLogs: [
        {
          resource: { attributes: expect.arrayContaining([{ key: "service.name", value: { stringValue: "watch" } }]) as unknown },
          scopeLogs: [
            {
              scope: { name: "otel-vitals" },
              logRecords: [
                {
                  timeUnixNano: "1767225600250000000",
                  observedTimeUnixNano: "1767225600250000000",
                  severityNumber: 17,
                  severityText: "ERROR",
                  eventName: "vitals.alert",
                  body: { stringValue: "first" },
                  attributes: [
                    { key: "vitals.alert.name", value: { stringValue: "A" } },
                    { key: "vitals.alert.value", value: { doubleValue: 0.5 } },
                  ],
                },
                { body: { stringValue: "second" } },
              ],
            },
          ],
        },
      ],
    });
  });

  it("OtlpLogExporter compresses if configured, and sends protobuf by default", async () => {
    await using there = await backend();
    const { exporter } = exporting({ endpoint: there.url, compression: "gzip", encoding: null });
    await exporter.send([record("first")], live());
    const [{ headers, body }] = there.got as [Got];
    expect(headers).toMatchObject({ "content-type": "application/x-protobuf", "content-encoding": "gzip" });
    expect(gunzipSync(body).includes("vitals.alert")).toBe(true);
  });

  it("OtlpLogExporter obeys the configured limits of log records", async () => {
    await using there = await backend();
    const limits = { attribute_count_limit: 1, attribute_value_length_limit: 3 };
    const { exporter } = exporting({ endpoint: there.url }, { limits });
    await exporter.send([{ ...record("first"), attributes: { a: "abcdef", b: 1 } }], live());
    expect(JSON.parse((there.got as [Got])[0].body.toString())).toMatchObject({
      resourceLogs: [
        { scopeLogs: [{ logRecords: [{ attributes: [{ key: "a", value: { stringValue: "abc" } }], droppedAttributesCount: 1 }] }] },
      ],
    });
  });

  it.each([
    [{ status: 404 }, false, "the backend returned 404 Not Found"],
    [{ status: 400, body: "hunter2" }, false, "the backend returned 400 Bad Request"],
    [{ status: 500 }, true, "the backend returned 500 Internal Server Error"],
    [{ status: 408 }, true, "the backend returned 408 Request Timeout"],
    [{ body: '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"hunter2"}}' }, false, "the backend rejected 1 of the items sent"],
  ])("OtlpLogExporter reports after the response %j whether a retry makes sense", async (answer: Answer, retryable, message) => {
    await using there = await backend(answer);
    const { exporter } = exporting({ endpoint: there.url });
    const refused = { code: "export_failed", retryable, message };
    await expect(exporter.send([record("first")], live())).rejects.toMatchObject(refused);
    await expect(exporter.send([record("second")], live())).resolves.toBeUndefined();
  });

  it("OtlpLogExporter treats a partial success without rejected records as a success", async () => {
    await using there = await backend({ body: '{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"careful"}}' });
    await expect(exporting({ endpoint: there.url }).exporter.send([record("first")], live())).resolves.toBeUndefined();
  });

  it("OtlpLogExporter abandons a request at the shorter of its timeouts, and sends the next one at once", async () => {
    await using there = await backend({ hangs: true });
    const { clock, exporter } = exporting({ endpoint: there.url, timeout: 5_000 }, {}, { export_timeout: 500 });
    expect(exporter.pace.deadlineMs).toBe(500);
    const sent = exporter.send([record("first")], live());
    await there.received(1);
    const failed = expect(sent).rejects.toMatchObject({ message: "no complete response within 500 ms", retryable: true });
    await clock.advance(500);
    await failed;
    await expect(exporter.send([record("second")], live())).resolves.toBeUndefined();
  });

  it("OtlpLogExporter abandons a request when its signal aborts, even between two attempts, and sends the next one at once", async () => {
    await using there = await backend({ status: 503 });
    const { exporter } = exporting({ endpoint: there.url });
    const giveUp = new AbortController();
    // The SDK's wait between two attempts never ends here.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const sent = exporter.send([record("first")], giveUp.signal);
    await there.received(1);
    giveUp.abort();
    await expect(sent).rejects.toMatchObject({ message: "abandoned", retryable: true });
    await expect(exporter.send([record("second")], live())).resolves.toBeUndefined();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(there.got).toHaveLength(2);
  });

  it("OtlpLogExporter appears in the SDK's own metrics", async () => {
    await using there = await backend();
    const { exporter, telemetry } = exporting({ endpoint: there.url });
    await exporter.send([record("first"), record("second")], live());
    const { text } = (await telemetry.scrape?.()) ?? { text: "" };
    expect(text).toMatch(/^otel_sdk_exporter_log_exported_total\{.*otlp_http_json_log_exporter.*\} 2$/m);
    await telemetry.shutdown(1_000);
  });
});

describe("createTelemetry", () => {
  it("createTelemetry makes one log exporter for each processor, with its queue, batch and deadline", () => {
    const exporter = { otlp_http: { endpoint: "http://h/v1/logs" } };
    const batch = { schedule_delay: 10, export_timeout: 20, max_queue_size: 30, max_export_batch_size: 40, exporter };
    const telemetry = createTelemetry(
      { readers: [] },
      { resource: {}, loggerProvider: { processors: [{ batch }, { simple: { exporter } }, { batch: { exporter } }] } },
    );
    const { logExporters } = internalsOf(telemetry);
    expect(telemetry.logTargets).toEqual(logExporters.map(() => "http://h/v1/logs"));
    expect(logExporters.map(({ name, pace }) => [name, pace])).toEqual([
      ["otlp-logs", { queue: 30, batch: 40, everyMs: 10, deadlineMs: 20 }],
      ["otlp-logs-2", { queue: 2_048, batch: 1, everyMs: 0, deadlineMs: 10_000 }],
      ["otlp-logs-3", { queue: 2_048, batch: 512, everyMs: 1_000, deadlineMs: 10_000 }],
    ]);
  });
});
