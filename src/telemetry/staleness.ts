import type { Attributes } from "@opentelemetry/api";
import { AggregationTemporality, DataPointType, type MetricData, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { Clock } from "../base/clock.ts";
import { PACKAGE_NAME } from "../base/version.ts";
import { COLLECTION_ATTRIBUTE } from "./names.ts";
import type { SeriesFreshness } from "./telemetry.ts";

/**
 * Series of one instrument that our readers let the SDK know over the life of the process. It never forgets one, so on a machine whose
 * network interfaces come and go its default of 2 000 would be used up in days, and newer series would be lost without a word.
 */
export const CARDINALITY_LIMIT = 20_000;

/**
 * Knows until when each series of a perishable instrument may be told. The SDK repeats a series' last value for as long as the
 * process lives (opentelemetry-js issue 4096); our own readers leave out what is no longer fresh before they serialise.
 */
export class StalenessTracker implements SeriesFreshness {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, Map<string, number>>();
  readonly #keys = new WeakMap<Attributes, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on a series of this instrument is told only while it is fresh. */
  expire(instrument: string): void {
    if (!this.#untilMs.has(instrument)) this.#untilMs.set(instrument, new Map());
  }

  /** A series has been measured and is fresh until the given monotonic moment. */
  touch(instrument: string, attributes: Attributes, untilMs: number): void {
    this.#untilMs.get(instrument)?.set(this.#keyOf(attributes), untilMs);
  }

  /** A series is over. Nothing else would free its place while nobody collects. */
  forget(instrument: string, attributes: Attributes): void {
    this.#untilMs.get(instrument)?.delete(this.#keyOf(attributes));
  }

  /** What was collected, without the data points that are not fresh and the metrics that are left with none. */
  filter(collected: ResourceMetrics): ResourceMetrics {
    const nowMs = this.#clock.monotonicMs();
    const scopeMetrics = collected.scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics
        .map((metric) => this.#fresh(metric, scope.name === PACKAGE_NAME, nowMs))
        .filter((metric) => metric.dataPoints.length > 0),
    }));
    return { resource: collected.resource, scopeMetrics: scopeMetrics.filter(({ metrics }) => metrics.length > 0) };
  }

  /** @param isOurs whether the metric has our scope; a program may have its own of the same name in another */
  #fresh(metric: MetricData, isOurs: boolean, nowMs: number): MetricData {
    const series = this.#untilMs.get(metric.descriptor.name);
    if (!series || tellsWhatHappened(metric)) return metric;
    const dataPoints = (metric.dataPoints as { readonly attributes: Attributes }[]).filter(
      ({ attributes }) => (!isOurs && !(COLLECTION_ATTRIBUTE in attributes)) || (series.get(this.#keyOf(attributes)) ?? 0) > nowMs,
    );
    return { ...metric, dataPoints } as MetricData;
  }

  /** Equal for equal attributes, whatever their order; made once for each object, which the SDK hands back as it got it. */
  #keyOf(attributes: Attributes): string {
    let key = this.#keys.get(attributes);
    if (key === undefined) {
      const names = Object.keys(attributes).sort();
      key = names.map((name) => `${name}\0${String(attributes[name])}`).join("\0");
      this.#keys.set(attributes, key);
    }
    return key;
  }
}

/** Increments since the last collect stay true however old they are, are told once, and would be lost if they were left out. */
function tellsWhatHappened({ aggregationTemporality, dataPointType }: MetricData): boolean {
  return aggregationTemporality === AggregationTemporality.DELTA && dataPointType !== DataPointType.GAUGE;
}
