import { ValueType } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../../base/version.ts";
import type { CollectedMetric, InstrumentDefinition, MetricStore } from "../metric-store.ts";

/** The instrumentation scope of all that the store holds. */
const SCOPE = { name: PACKAGE_NAME, version: PACKAGE_VERSION, schemaUrl: SCHEMA_URL };

/** Types of instruments that a reader's temporality preference distinguishes: recorded, and observed. */
const TYPES = {
  gauge: [InstrumentType.GAUGE, InstrumentType.OBSERVABLE_GAUGE],
  counter: [InstrumentType.COUNTER, InstrumentType.OBSERVABLE_COUNTER],
  up_down_counter: [InstrumentType.UP_DOWN_COUNTER, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER],
  histogram: [InstrumentType.HISTOGRAM, InstrumentType.HISTOGRAM],
} as const;

/**
 * The metrics of a store as one reader's additional producer, so that the SDK merges nothing of them. Each reader needs its own.
 *
 * @param temporalityOf the reader's choice
 */
export function producerOf(
  store: MetricStore,
  temporalityOf: (type: InstrumentType) => AggregationTemporality,
  resource: Resource,
): MetricProducer {
  const isDelta = ({ kind, isObserved }: Pick<InstrumentDefinition, "kind" | "isObserved">): boolean =>
    kind !== "gauge" && temporalityOf(TYPES[kind][isObserved ? 1 : 0]) === AggregationTemporality.DELTA;
  const collect = store.addReader(isDelta);
  return {
    collect: async () => {
      const { metrics, errors } = collect();
      const scopeMetrics = metrics.length > 0 ? [{ scope: SCOPE, metrics: metrics.map(metricData) }] : [];
      return { resourceMetrics: { resource, scopeMetrics }, errors: [...errors] };
    },
  };
}

function metricData({ definition, isDelta, points }: CollectedMetric): MetricData {
  const { description, kind, name, unit } = definition;
  const descriptor = { name, description, unit, valueType: ValueType.DOUBLE };
  const aggregationTemporality = isDelta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  if (kind === "histogram") {
    const dataPoints = points as DataPoint<Histogram>[];
    return { descriptor, aggregationTemporality, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = points as DataPoint<number>[];
  if (kind === "gauge") return { descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints };
  return { descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, dataPoints, isMonotonic: kind === "counter" };
}
