import type { Attributes } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { DataPointType, MetricReader, type MetricData, type MetricProducer, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { VitalsError } from "../../base/errors.ts";
import type { Scrape } from "../telemetry.ts";
import { labelsOf, prometheusName, type MetricKind } from "../names.ts";

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
    return { text: this.#serializer.serialize(translated(resourceMetrics)), errors: errors.length };
  }

  protected override async onShutdown(): Promise<void> {
    this.#isClosed = true;
  }

  protected override async onForceFlush(): Promise<void> {}
}

/** The same metrics under names with their unit and with labels for attributes, as Prometheus' own OTLP translation names them. */
function translated({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  return {
    resource: resourceFromAttributes(labelsOf(resource.attributes)),
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(translatedMetric) })),
  };
}

function translatedMetric(metric: MetricData): MetricData {
  const { descriptor, dataPoints } = metric;
  const name = prometheusName(descriptor.name, descriptor.unit, kindOf(metric));
  // The serialiser would write a UNIT line, which Prometheus' text format does not have.
  const renamed = { ...metric, descriptor: { ...descriptor, name, unit: "" } };
  const labels = metric.dataPointType === DataPointType.HISTOGRAM ? bucketLabels : seriesLabels;
  if (dataPoints.every(({ attributes }) => labels(attributes) === attributes)) return renamed;
  return { ...renamed, dataPoints: dataPoints.map((point) => ({ ...point, attributes: labels(point.attributes) })) } as MetricData; // sound: only attributes differ
}

/**
 * Labels of a series, or its attributes where the serialiser makes the same of them. Each attributes object is translated once, because it stays the
 * same from one scrape to the next, and a scrape may contain ten thousand.
 *
 * @param taken a label that the serialiser adds
 */
function translation(taken?: string): (attributes: Attributes) => Attributes {
  const known = new WeakMap<Attributes, Attributes>();
  return (attributes) => {
    let labels = known.get(attributes);
    if (!labels) {
      labels = labelsOf(attributes, taken);
      const names = Object.keys(attributes);
      if (Object.keys(labels).length === names.length && !names.some((name) => /^\d/.test(name))) labels = attributes;
      known.set(attributes, labels);
    }
    return labels;
  };
}

const seriesLabels = translation();
const bucketLabels = translation("le");

function kindOf(metric: MetricData): MetricKind {
  if (metric.dataPointType === DataPointType.SUM) return metric.isMonotonic ? "counter" : "up_down_counter";
  return metric.dataPointType === DataPointType.GAUGE ? "gauge" : "histogram";
}
