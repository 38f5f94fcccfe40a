import type { MeterProvider } from "@opentelemetry/api";
import {
  createOtlpHttpExportDelegate,
  createOtlpHttpExporterMetrics,
  httpAgentFactoryFromOptions,
} from "@opentelemetry/otlp-exporter-base/node-http";
import { JsonMetricsSerializer, MetricsExporterMetricsHelper, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import type { PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { decode } from "./environment.ts";
import type { OtlpHttpOptions } from "./provider-options.ts";

export type ExportDone = Parameters<PushMetricExporter["export"]>[1];
export type ExportResult = Parameters<ExportDone>[0];

/** What sends metrics to one backend. */
export interface OtlpConnection {
  send(metrics: ResourceMetrics, done: ExportDone): void;
  /** Resolves when everything under way has ended. */
  settled(): Promise<void>;
  /**
   * Ends what is under way, however slowly a backend drips its answer, and resolves when it has ended. What is sent afterwards is
   * sent as ever.
   */
  abandon(): Promise<void>;
  /** From now on `otel.sdk.exporter.*` is recorded there. */
  recordOn(meterProvider: MeterProvider): void;
}

/** Built from the SDK's parts, because its ready-made exporters also obey environment variables that the file does not name. */
export function connect(options: OtlpHttpOptions): OtlpConnection {
  const isJson = options.encoding === "json";
  const makeAgent = httpAgentFactoryFromOptions({ keepAlive: true });
  let agent: Awaited<ReturnType<typeof makeAgent>> | undefined;
  let isAbandoned = false;
  const configuration = {
    url: options.endpoint,
    headers: async () => {
      // The SDK takes a connection that we end for one that broke, and would connect again.
      if (isAbandoned) throw new Error("given up");
      return { ...headersOf(options), "Content-Type": isJson ? "application/json" : "application/x-protobuf" };
    },
    timeoutMillis: options.timeout,
    concurrencyLimit: 1,
    compression: options.compression ?? ("none" as const),
    agentFactory: async (protocol: string) => (agent = await makeAgent(protocol)),
    userAgent: "otel-vitals",
  };
  const component = isJson ? "otlp_http_json_metric_exporter" : "otlp_http_metric_exporter";
  const delegate = isJson
    ? createOtlpHttpExportDelegate(configuration, JsonMetricsSerializer, component, MetricsExporterMetricsHelper, undefined)
    : createOtlpHttpExportDelegate(configuration, ProtobufMetricsSerializer, component, MetricsExporterMetricsHelper, undefined);
  return {
    send: (metrics, done) => delegate.export(metrics, done),
    settled: () => delegate.forceFlush(),
    abandon: async () => {
      isAbandoned = true;
      agent?.destroy();
      await delegate.forceFlush();
      isAbandoned = false;
    },
    recordOn: (meterProvider) =>
      delegate.setMetrics(createOtlpHttpExporterMetrics(component, MetricsExporterMetricsHelper, options.endpoint, meterProvider)),
  };
}

/** Headers of the configuration: entries of the list first, so that `headers` may replace them. */
export function headersOf({ headers, headers_list }: Pick<OtlpHttpOptions, "headers" | "headers_list">): Record<string, string> {
  const listed = (headers_list ?? "")
    .split(",")
    .map((pair) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair))
    .flatMap((match) => (match ? [[match[1] as string, decode(match[2] as string)] as const] : []));
  const named = (headers ?? []).flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  return Object.fromEntries([...listed, ...named]);
}
