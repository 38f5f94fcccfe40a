import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
  OTLPMetricExporterBase,
} from "@opentelemetry/exporter-metrics-otlp-http";
import { createOtlpHttpExportDelegate, httpAgentFactoryFromOptions } from "@opentelemetry/otlp-exporter-base/node-http";
import { JsonMetricsSerializer, MetricsExporterMetricsHelper, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import {
  type AggregationTemporality,
  PeriodicExportingMetricReader,
  type InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { decode } from "./environment.ts";
import type { ExporterReport } from "./exporter-report.ts";
import type { Freshness } from "./freshness.ts";
import type { OtlpHttpOptions } from "./provider-options.ts";

type ExportDone = Parameters<PushMetricExporter["export"]>[1];

const TEMPORALITY = {
  cumulative: CumulativeTemporalitySelector,
  delta: DeltaTemporalitySelector,
  low_memory: LowMemoryTemporalitySelector,
};

/** Result code of an export that arrived, in the SDK's numbering. */
const SUCCESS = 0;

/** Sends what is fresh to an OTLP backend, and counts what became of it. */
export class OtlpExporter implements PushMetricExporter {
  readonly name: string;
  readonly #inner: OTLPMetricExporterBase;
  readonly #temporality: OtlpHttpOptions["temporality_preference"];
  readonly #freshness: Freshness;
  readonly #clock: Clock;
  #exports = 0;
  #failures = 0;
  #consecutiveFailures = 0;
  #lastSuccess: string | null = null;
  #lastError: string | null = null;

  constructor(name: string, options: OtlpHttpOptions, freshness: Freshness, clock: Clock) {
    this.name = name;
    this.#inner = exporterOf(options);
    this.#temporality = options.temporality_preference;
    this.#freshness = freshness;
    this.#clock = clock;
  }

  export(metrics: ResourceMetrics, done: ExportDone): void {
    this.#inner.export(this.#freshness.filter(metrics), (result) => {
      if (result.code === SUCCESS) this.#arrived();
      else this.#failed(result.error);
      done(result);
    });
  }

  selectAggregationTemporality(instrument: InstrumentType): AggregationTemporality {
    return TEMPORALITY[this.#temporality](instrument);
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown();
  }

  report(): ExporterReport {
    return {
      name: this.name,
      exports: this.#exports,
      failures: this.#failures,
      consecutiveFailures: this.#consecutiveFailures,
      lastSuccess: this.#lastSuccess,
      lastError: this.#lastError,
    };
  }

  #arrived(): void {
    this.#exports += 1;
    this.#consecutiveFailures = 0;
    this.#lastSuccess = new Date(this.#clock.wallMs()).toISOString();
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    this.#consecutiveFailures += 1;
    this.#lastError = messageOf(error ?? "refused without a reason");
  }
}

/** A reader that exports at a fixed interval. */
export function periodicReader(
  exporter: OtlpExporter,
  options: { readonly interval: number; readonly timeout: number },
): PeriodicExportingMetricReader {
  const { interval, timeout } = options;
  return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: interval, exportTimeoutMillis: Math.min(timeout, interval) });
}

/** Built from its parts, because the ready-made exporters also obey environment variables that the file does not name. */
function exporterOf(options: OtlpHttpOptions): OTLPMetricExporterBase {
  const isJson = options.encoding === "json";
  const configuration = {
    url: options.endpoint,
    headers: async () => ({ ...headersOf(options), "Content-Type": isJson ? "application/json" : "application/x-protobuf" }),
    timeoutMillis: options.timeout,
    concurrencyLimit: 1,
    compression: options.compression ?? ("none" as const),
    agentFactory: httpAgentFactoryFromOptions({ keepAlive: true }),
    userAgent: "otel-vitals",
  };
  const component = isJson ? "otlp_http_json_metric_exporter" : "otlp_http_metric_exporter";
  const delegate = isJson
    ? createOtlpHttpExportDelegate(configuration, JsonMetricsSerializer, component, MetricsExporterMetricsHelper, undefined)
    : createOtlpHttpExportDelegate(configuration, ProtobufMetricsSerializer, component, MetricsExporterMetricsHelper, undefined);
  return new OTLPMetricExporterBase(delegate);
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
