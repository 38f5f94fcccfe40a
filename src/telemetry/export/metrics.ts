import type { MeterProvider } from "@opentelemetry/api";
import {
  CumulativeTemporalitySelector,
  DeltaTemporalitySelector,
  LowMemoryTemporalitySelector,
} from "@opentelemetry/exporter-metrics-otlp-http";
import { JsonMetricsSerializer, MetricsExporterMetricsHelper, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import {
  type AggregationTemporality,
  PeriodicExportingMetricReader,
  type InstrumentType,
  type MetricProducer,
  type PushMetricExporter,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { Clock } from "../../base/clock.ts";
import type { ExporterReport } from "../telemetry.ts";
import { OtlpSender } from "./sender.ts";
import type { ExportDone, OtlpSignal } from "./connection.ts";
import type { OtlpMetricOptions } from "./options.ts";

const TEMPORALITY = {
  cumulative: CumulativeTemporalitySelector,
  delta: DeltaTemporalitySelector,
  low_memory: LowMemoryTemporalitySelector,
};

const METRICS: OtlpSignal<ResourceMetrics> = {
  json: JsonMetricsSerializer,
  protobuf: ProtobufMetricsSerializer,
  component: { json: "otlp_http_json_metric_exporter", protobuf: "otlp_http_metric_exporter" },
  metrics: MetricsExporterMetricsHelper,
};

/** Sends metrics to an OTLP backend. */
export class OtlpExporter implements PushMetricExporter {
  readonly #sender: OtlpSender<ResourceMetrics>;
  readonly #temporality: OtlpMetricOptions["temporality_preference"];

  constructor(name: string, options: OtlpMetricOptions, clock: Clock) {
    this.#sender = new OtlpSender(name, options, METRICS, clock);
    this.#temporality = options.temporality_preference;
  }

  export(metrics: ResourceMetrics, done: ExportDone): void {
    this.#sender.send(metrics, done);
  }

  selectAggregationTemporality(instrument: InstrumentType): AggregationTemporality {
    return TEMPORALITY[this.#temporality](instrument);
  }

  /** Records the SDK's own metrics about this exporter on a meter provider. */
  recordOn(meterProvider: MeterProvider): void {
    this.#sender.recordOn(meterProvider);
  }

  forceFlush(): Promise<void> {
    return this.#sender.settled();
  }

  async shutdown(): Promise<void> {
    await this.#sender.settled();
    this.#sender.abandon();
  }

  /** Abandons the current export, so that nothing keeps the process alive. */
  abandon(): void {
    this.#sender.abandon();
  }

  report(): ExporterReport {
    return this.#sender.report();
  }
}

/** A reader that exports at a fixed interval: the metrics of the store, and those that the SDK collects of the program. */
export function periodicReader(
  exporter: OtlpExporter,
  producer: MetricProducer,
  options: { readonly interval: number; readonly timeout: number },
): PeriodicExportingMetricReader {
  const { interval, timeout } = options;
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(timeout, interval),
    metricProducers: [producer],
  });
}
