/**
 * The internals of the OpenTelemetry SDK that `src/telemetry` relies on and that no specification promises. After an update of the SDK,
 * what changed fails here, by name, before anything else does.
 */
import { ValueType, type Attributes, type HrTime } from "@opentelemetry/api";
import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from "@opentelemetry/exporter-metrics-otlp-http";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import {
  createOtlpHttpExportDelegate,
  createOtlpHttpExporterMetrics,
  httpAgentFactoryFromOptions,
} from "@opentelemetry/otlp-exporter-base/node-http";
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  LogsExporterMetricsHelper,
  MetricsExporterMetricsHelper,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  type ISerializer,
} from "@opentelemetry/otlp-transformer";
import { defaultResource, emptyResource, resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, type ReadableLogRecord } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
  type MetricData,
  type MetricProducer,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { gzipSync } from "node:zlib";
import type { ExportDone } from "../../src/telemetry/export/connection.ts";
import { describe, expect, it, vi } from "vitest";
import { serveHttp } from "../support/http-server.ts";

class Reader extends MetricReader {
  constructor(metricProducers: MetricProducer[] = []) {
    super({ otelComponentType: "contract", metricProducers });
  }
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

function metering() {
  const reader = new Reader();
  const provider = new MeterProvider({ readers: [reader], resource: emptyResource() });
  const collect = async (): Promise<Readonly<Record<string, MetricData>>> => {
    const { resourceMetrics } = await reader.collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return Object.fromEntries(metrics.map((metric) => [metric.descriptor.name, metric]));
  };
  return { reader, provider, meter: provider.getMeter("contract"), collect };
}

const pointsOf = (metric: MetricData | undefined) => (metric?.dataPoints ?? []) as readonly { attributes: Attributes; value: unknown }[];

describe("sdk-metrics", () => {
  it("MetricReader.collect returns resourceMetrics and the errors of callbacks, and takes timeoutMillis", async () => {
    const { reader, meter } = metering();
    meter.createObservableGauge("broken").addCallback(() => {
      throw new Error("no");
    });
    meter.createObservableGauge("hangs").addCallback(() => new Promise<void>(() => {}));
    meter.createCounter("counted").add(1);
    const { resourceMetrics, errors } = await reader.collect({ timeoutMillis: 10 });
    expect(errors).toHaveLength(2);
    expect(resourceMetrics.scopeMetrics[0]).toMatchObject({ scope: { name: "contract" }, metrics: [{ descriptor: { name: "counted" } }] });
  });

  it("MetricData has dataPointType, aggregationTemporality, isMonotonic, a descriptor and data points with attributes", async () => {
    const { meter, collect } = metering();
    meter.createObservableCounter("c", { unit: "s", description: "d" }).addCallback((result) => result.observe(1, { a: "b" }));
    meter.createObservableUpDownCounter("u").addCallback((result) => result.observe(1));
    meter.createObservableGauge("g").addCallback((result) => result.observe(1));
    meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1, 2] } }).record(1.5);
    const { c, u, g, h } = await collect();
    const temporality = { aggregationTemporality: AggregationTemporality.CUMULATIVE };
    expect(c).toMatchObject({
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      ...temporality,
      descriptor: { unit: "s", description: "d" },
    });
    expect(pointsOf(c)).toMatchObject([{ attributes: { a: "b" }, value: 1 }]);
    expect(u).toMatchObject({ dataPointType: DataPointType.SUM, isMonotonic: false, ...temporality });
    expect(g).toMatchObject({ dataPointType: DataPointType.GAUGE });
    expect(h).toMatchObject({ dataPointType: DataPointType.HISTOGRAM, ...temporality });
    expect(pointsOf(h)).toMatchObject([{ value: { count: 1, sum: 1.5, buckets: { boundaries: [1, 2], counts: [0, 1, 0] } } }]);
  });

  it("a series is exported again after its callback was removed (opentelemetry-js 4096), so our own series do not go through it", async () => {
    const { meter, collect } = metering();
    const callback = (result: { observe(value: number): void }): void => result.observe(7);
    const instrument = meter.createObservableCounter("c");
    instrument.addCallback(callback);
    await collect();
    instrument.removeCallback(callback);
    expect(pointsOf((await collect())["c"])).toMatchObject([{ value: 7 }]);
  });

  it("a sum that restarts is wrong in a reader that did not collect it (opentelemetry-js 3664), so our own metrics have a store of their own", async () => {
    const [often, seldom] = [new Reader(), new Reader()];
    let total = 1_000;
    const provider = new MeterProvider({ readers: [often, seldom], resource: emptyResource() });
    provider
      .getMeter("contract")
      .createObservableCounter("c")
      .addCallback((result) => result.observe(total));
    const valueIn = async (reader: Reader): Promise<unknown> => {
      const { resourceMetrics } = await reader.collect();
      return pointsOf(resourceMetrics.scopeMetrics[0]?.metrics[0])[0]?.value;
    };
    await valueIn(often);
    await valueIn(seldom);
    total = 65;
    await valueIn(often);
    total = 165;
    expect([await valueIn(often), await valueIn(seldom)]).toEqual([165, 1_165]);
  });

  it("both kinds of reader take additional producers, append their scopes, and use the SDK's resource", async () => {
    const scope = { name: "ours" };
    const descriptor = { name: "g", description: "", unit: "", valueType: ValueType.DOUBLE };
    const point = { attributes: {}, startTime: [0, 0] as HrTime, endTime: [1, 0] as HrTime, value: 7 };
    const gauge = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE, dataPoints: [point] };
    const metrics: MetricData[] = [{ ...gauge, dataPointType: DataPointType.GAUGE }];
    const collect = vi.fn(async () => ({
      resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope, metrics }] },
      errors: ["no"],
    }));
    const exported: ResourceMetrics[] = [];
    const exporter: PushMetricExporter = {
      export: (each, done: ExportDone) => {
        exported.push(each);
        done({ code: 0 });
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const push = new PeriodicExportingMetricReader({ exporter, metricProducers: [{ collect }] });
    const pull = new Reader([{ collect }]);
    const resource = resourceFromAttributes({ a: "b" });
    const provider = new MeterProvider({ readers: [push, pull], resource });
    provider.getMeter("theirs").createCounter("c").add(1);
    const { resourceMetrics, errors } = await pull.collect();
    await push.forceFlush();
    expect(errors).toEqual(["no"]);
    for (const each of [resourceMetrics, exported[0]]) {
      expect(each?.scopeMetrics.map(({ scope: { name } }) => name)).toEqual(["theirs", "ours"]);
      expect(each?.scopeMetrics[1]?.metrics).toBe(metrics);
      expect(each?.resource).toBe(resource);
    }
    await provider.shutdown();
  });

  it("sdkMetricsEnabled makes the provider report on its readers", async () => {
    const reader = new Reader();
    const provider = new MeterProvider({ readers: [reader], sdkMetricsEnabled: true });
    provider.getMeter("contract").createCounter("c").add(1);
    await reader.collect();
    const { resourceMetrics } = await reader.collect();
    const names = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name));
    expect(names).toContainEqual(expect.stringMatching(/^otel\.sdk\.metric_reader\./));
  });
});

describe("exporter-metrics-otlp-http", () => {
  it.each([
    [InstrumentType.COUNTER, "delta", "delta"],
    [InstrumentType.HISTOGRAM, "delta", "delta"],
    [InstrumentType.OBSERVABLE_COUNTER, "delta", "cumulative"],
    [InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, "cumulative", "cumulative"],
    [InstrumentType.UP_DOWN_COUNTER, "cumulative", "cumulative"],
  ])("the temporality selectors choose for %s %s with delta and %s with low_memory", (instrument, delta, lowMemory) => {
    const names = { [AggregationTemporality.CUMULATIVE]: "cumulative", [AggregationTemporality.DELTA]: "delta" };
    expect(names[CumulativeTemporalitySelector(instrument)]).toBe("cumulative");
    expect(names[DeltaTemporalitySelector(instrument)]).toBe(delta);
    expect(names[LowMemoryTemporalitySelector(instrument)]).toBe(lowMemory);
  });
});

describe("exporter-prometheus", () => {
  it("PrometheusSerializer takes (prefix, timestamps, resource labels, no target_info, no scope labels) and writes descriptor.name as it is", async () => {
    const { reader, meter } = metering();
    meter.createUpDownCounter("depth_bytes", { description: "d" }).add(1, { "queue.name": "a" });
    const { resourceMetrics } = await reader.collect();
    const text = new PrometheusSerializer(undefined, false, undefined, false, true).serialize(resourceMetrics);
    expect(text).toMatch(/^target_info/m);
    expect(text).toContain('# HELP depth_bytes d\n# TYPE depth_bytes gauge\ndepth_bytes{queue_name="a"} 1\n');
  });
});

const NOTHING: ResourceMetrics = { resource: emptyResource(), scopeMetrics: [] };

/** A backend with one answer, and a delegate of the SDK that exports to it. */
async function delegating(status: number, body: string, over: object = {}) {
  const requests: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }[] = [];
  const server = await serveHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({ headers: request.headers, body: Buffer.concat(chunks).toString("latin1") });
      response.writeHead(status, { "retry-after": "3600" }).end(body);
    });
  });
  const deserializeResponse = vi.fn((bytes: Uint8Array) => ({ was: Buffer.from(bytes).toString() }));
  const serialize: ISerializer<ResourceMetrics, unknown> = { serializeRequest: () => Buffer.from("hello"), deserializeResponse };
  const makeAgent = httpAgentFactoryFromOptions({ keepAlive: true });
  const agentFactory = vi.fn(makeAgent);
  const configuration = {
    url: server.url,
    headers: vi.fn(async () => ({ "content-type": "text/plain", "x-team": "graph" })),
    timeoutMillis: 5_000,
    concurrencyLimit: 1,
    compression: "none" as const,
    agentFactory,
    userAgent: "contract",
    ...over,
  };
  const delegate = createOtlpHttpExportDelegate(configuration, serialize, "contract", MetricsExporterMetricsHelper, undefined);
  const send = () => new Promise<{ code: number; error?: Error }>((resolve) => delegate.export(NOTHING, resolve));
  return { send, delegate, deserializeResponse, agentFactory, requests, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe("otlp-exporter-base", () => {
  it("the delegate sends what the serializer made, under our headers, through our agent, and reports success as code 0", async () => {
    await using backend = await delegating(200, "taken");
    expect(await backend.send()).toEqual({ code: 0 });
    expect(backend.requests).toMatchObject([{ body: "hello", headers: { "x-team": "graph", "content-type": "text/plain" } }]);
    expect(backend.requests[0]?.headers["user-agent"]).toContain("contract");
    expect(backend.deserializeResponse).toHaveReturnedWith({ was: "taken" });
    expect(backend.agentFactory).toHaveBeenCalledWith("http:");
    const agent = await (backend.agentFactory.mock.results[0]?.value as ReturnType<typeof backend.agentFactory>);
    await backend.delegate.forceFlush();
    agent.destroy();
  });

  it("compression gzip compresses what the serializer made", async () => {
    await using backend = await delegating(200, "", { compression: "gzip" });
    expect(await backend.send()).toEqual({ code: 0 });
    expect(backend.requests[0]?.headers["content-encoding"]).toBe("gzip");
    expect(backend.requests[0]?.body.slice(0, 2)).toBe(gzipSync("x").toString("latin1").slice(0, 2));
  });

  it("a status that forbids a retry is reported as code 1 with the status as the error's code", async () => {
    await using backend = await delegating(400, "no");
    expect(await backend.send()).toMatchObject({ code: 1, error: { code: 400, message: "Bad Request" } });
  });

  it("a status that asks for a retry after the deadline is reported with the text by which we recognise it", async () => {
    await using backend = await delegating(503, "later");
    expect(await backend.send()).toMatchObject({ code: 1, error: { message: "Export failed with retryable status" } });
  });

  it("headers are requested for every attempt, and their rejection ends the export", async () => {
    const headers = vi.fn(() => Promise.reject(new Error("given up")));
    await using backend = await delegating(200, "", { headers });
    expect(await backend.send()).toMatchObject({ code: 1, error: { message: "given up" } });
    expect(headers).toHaveBeenCalled();
    expect(backend.requests).toEqual([]);
  });

  it("setMetrics makes the delegate record its exports on a meter provider", async () => {
    const { provider, collect } = metering();
    await using backend = await delegating(200, "");
    backend.delegate.setMetrics(createOtlpHttpExporterMetrics("contract", MetricsExporterMetricsHelper, "http://h/", provider));
    await backend.send();
    expect(Object.keys(await collect())).toContainEqual(expect.stringMatching(/^otel\.sdk\.exporter\./));
  });
});

describe("otlp-transformer", () => {
  it("the serializers of metrics and logs turn data into bytes and a response into an object", () => {
    expect(JSON.parse(Buffer.from(JsonMetricsSerializer.serializeRequest(NOTHING) ?? []).toString())).toHaveProperty("resourceMetrics");
    expect(JSON.parse(Buffer.from(JsonLogsSerializer.serializeRequest([]) ?? []).toString())).toHaveProperty("resourceLogs");
    expect(ProtobufMetricsSerializer.serializeRequest(NOTHING)).toBeInstanceOf(Uint8Array);
    expect(ProtobufLogsSerializer.serializeRequest([])).toBeInstanceOf(Uint8Array);
  });

  it.each([
    ["metrics", "rejectedDataPoints", JsonMetricsSerializer, ProtobufMetricsSerializer],
    ["logs", "rejectedLogRecords", JsonLogsSerializer, ProtobufLogsSerializer],
  ])("a partial success of %s is partialSuccess.%s in both encodings", (_, key, json, protobuf) => {
    const text = JSON.stringify({ partialSuccess: { [key]: "7" } });
    expect(json.deserializeResponse(Buffer.from(text))).toEqual({ partialSuccess: { [key]: "7" } });
    // Field 1 of the response is the partial success, whose field 1 is the number.
    const response = protobuf.deserializeResponse(Uint8Array.of(0x0a, 0x02, 0x08, 0x07)) as { partialSuccess: Record<string, unknown> };
    expect(Number(response.partialSuccess[key])).toBe(7);
  });

  it("has the helpers that count what an exporter sent", () => {
    expect([typeof MetricsExporterMetricsHelper, typeof LogsExporterMetricsHelper]).toEqual(["object", "object"]);
  });
});

describe("sdk-logs", () => {
  it("a processor gets each record at once, with resource, scope and limits applied", () => {
    const records: ReadableLogRecord[] = [];
    const processor = {
      onEmit: (record: ReadableLogRecord) => void records.push(record),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": "s" }),
      processors: [processor],
      logRecordLimits: { attributeCountLimit: 1, attributeValueLengthLimit: 2 },
    });
    provider.getLogger("contract", "1").emit({ eventName: "e", body: "b", attributes: { a: "long", b: "dropped" } });
    expect(records).toMatchObject([
      { eventName: "e", body: "b", attributes: { a: "lo" }, instrumentationScope: { name: "contract", version: "1" } },
    ]);
    expect(records[0]?.resource.attributes["service.name"]).toBe("s");
  });
});

describe("resources", () => {
  it("merge prefers the attributes of its argument and keeps those of the SDK", () => {
    const { attributes } = defaultResource().merge(resourceFromAttributes({ "service.name": "s" }));
    expect(attributes).toMatchObject({ "service.name": "s", "telemetry.sdk.language": "nodejs" });
  });
});
