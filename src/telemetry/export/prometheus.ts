import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { DataPointType, MetricReader, type MetricData, type MetricProducer, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { VitalsError } from "../../base/errors.ts";
import type { Scrape } from "../telemetry.ts";
import { prometheusName, type MetricKind } from "../names.ts";

/** A collect that takes longer returns what it has: a callback that never settles must not block every scrape. */
const COLLECT_TIMEOUT_MS = 5_000;

/** A reader that collects when it is scraped. */
export class PrometheusReader extends MetricReader {
  /** Scope labels would make each line three labels longer; `target_info` carries the resource. */
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  #isClosed = false;

  /** @param producer of this package's own metrics, with cumulative temporality; the SDK collects the program's */
  constructor(producer: MetricProducer) {
    super({ otelComponentType: "prometheus_http_text_metric_exporter", metricProducers: [producer] });
  }

  /** @throws VitalsError `lifecycle` after shutdown */
  async scrape(): Promise<Scrape> {
    if (this.#isClosed) throw new VitalsError("lifecycle", "the meter provider has been shut down; there is nothing to scrape");
    const { resourceMetrics, errors } = await this.collect({ timeoutMillis: COLLECT_TIMEOUT_MS });
    return { text: this.#serializer.serialize(withUnits(resourceMetrics)), errors: errors.length };
  }

  protected override async onShutdown(): Promise<void> {
    this.#isClosed = true;
  }

  protected override async onForceFlush(): Promise<void> {}
}

/** The same metrics under names with their unit, as Prometheus' own OTLP translation names them. */
function withUnits({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource,
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(withUnit) })),
  };
}

function withUnit(metric: MetricData): MetricData {
  const { descriptor } = metric;
  const name = prometheusName(descriptor.name, descriptor.unit, kindOf(metric));
  // The serialiser would write a UNIT line, which Prometheus' text format does not have.
  return { ...metric, descriptor: { ...descriptor, name, unit: "" } };
}

function kindOf(metric: MetricData): MetricKind {
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? "counter" : "up_down_counter";
  return metric.dataPointType === DataPointType.GAUGE ? "gauge" : "histogram";
}
