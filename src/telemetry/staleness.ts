import type { Attributes, BatchObservableCallback, BatchObservableResult, Meter, MetricOptions, Observable } from "@opentelemetry/api";
import { AggregationTemporality, DataPointType, type MetricData, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { Clock } from "../base/clock.ts";
import { PACKAGE_NAME } from "../base/version.ts";
import { COLLECTION_ATTRIBUTE } from "./names.ts";
import type { FollowedSeries, SeriesFreshness } from "./telemetry.ts";

/**
 * Series of one instrument that our readers let the SDK know over the life of the process. It never forgets one, so on a machine whose
 * network interfaces come and go its default of 2 000 would be used up in days, and newer series would be dropped silently.
 */
export const CARDINALITY_LIMIT = 20_000;

/** A value that a callback observed is exported by the collect that called it, which takes much less time than this. */
const OBSERVED_MS = 1_000;

/** Series of one instrument by their attributes. */
type SeriesByKey = Map<string, FollowedSeries>;

/**
 * Knows until when each series is exported. The SDK repeats a series' last value for as long as the process lives, also after its
 * callback was removed (opentelemetry-js issue 4096); our own readers leave out what is stale before they serialise.
 */
export class StalenessTracker implements SeriesFreshness {
  readonly #clock: Clock;
  /** Of instruments with a series for each point of a collection. */
  readonly #followed = new Map<string, SeriesByKey>();
  /** Of instruments whose callbacks observe the current state. */
  readonly #observed = new Map<string, SeriesByKey>();
  readonly #keys = new WeakMap<Attributes, string>();
  /** Collections by how many collectors have them, and those that no collector has any more. */
  readonly #collections = new Map<string, number>();
  #collectors = 0;
  #hadCollector = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  expire(instrument: string): void {
    if (!this.#followed.has(instrument)) this.#followed.set(instrument, new Map());
  }

  follow(instrument: string, series: FollowedSeries): void {
    this.#followed.get(instrument)?.set(this.#keyOf(series.attributes), series);
  }

  forget(instrument: string, series: FollowedSeries): void {
    const all = this.#followed.get(instrument);
    const key = this.#keyOf(series.attributes);
    if (all?.get(key) === series) all.delete(key);
  }

  addCollection(name: string): void {
    this.#collections.set(name, (this.#collections.get(name) ?? 0) + 1);
  }

  removeCollection(name: string): void {
    this.#collections.set(name, Math.max(0, (this.#collections.get(name) ?? 0) - 1));
  }

  addCollector(): void {
    this.#collectors += 1;
    this.#hadCollector = true;
  }

  removeCollector(): void {
    this.#collectors -= 1;
  }

  watch(meter: Meter): Meter {
    return watchedMeter(meter, {
      declare: (instrument) => {
        if (!this.#observed.has(instrument)) this.#observed.set(instrument, new Map());
      },
      observe: (instrument, attributes) => this.#observe(instrument, attributes),
    });
  }

  /** What was collected, without the data points that are stale and the metrics that are left with none. */
  filter(collected: ResourceMetrics): ResourceMetrics {
    const nowMs = this.#clock.monotonicMs();
    const hasEnded = this.#hadCollector && this.#collectors === 0;
    const scopeMetrics = collected.scopeMetrics
      .filter(({ scope }) => !(hasEnded && scope.name === PACKAGE_NAME))
      .map(({ scope, metrics }) => ({
        scope,
        metrics: metrics.map((metric) => this.#fresh(metric, nowMs)).filter((metric) => metric.dataPoints.length > 0),
      }));
    return { resource: collected.resource, scopeMetrics: scopeMetrics.filter(({ metrics }) => metrics.length > 0) };
  }

  #observe(instrument: string, attributes: Attributes): void {
    const untilMs = this.#clock.monotonicMs() + OBSERVED_MS;
    const all = this.#observed.get(instrument);
    const key = this.#keyOf(attributes);
    const known = all?.get(key);
    if (known) known.untilMs = untilMs;
    else all?.set(key, { attributes, untilMs });
  }

  #fresh(metric: MetricData, nowMs: number): MetricData {
    if (areIncrements(metric)) return metric;
    const { name } = metric.descriptor;
    const followed = this.#followed.get(name);
    const observed = this.#observed.get(name);
    const isFresh = ({ attributes }: { readonly attributes: Attributes }): boolean => {
      if (observed) return (observed.get(this.#keyOf(attributes))?.untilMs ?? 0) > nowMs;
      const collection = attributes[COLLECTION_ATTRIBUTE];
      if (typeof collection !== "string") return true;
      if (this.#collections.get(collection) === 0) return false;
      return !followed || (followed.get(this.#keyOf(attributes))?.untilMs ?? 0) > nowMs;
    };
    const dataPoints = (metric.dataPoints as { readonly attributes: Attributes }[]).filter(isFresh);
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

/** Increments since the last collect stay true however old they are, are exported once, and would be lost if they were left out. */
function areIncrements({ aggregationTemporality, dataPointType }: MetricData): boolean {
  return aggregationTemporality === AggregationTemporality.DELTA && dataPointType !== DataPointType.GAUGE;
}

interface Watcher {
  /** An observable instrument was created. */
  readonly declare: (instrument: string) => void;
  /** A callback observed a value of it. */
  readonly observe: (instrument: string, attributes: Attributes) => void;
}

const CREATORS: ReadonlySet<PropertyKey> = new Set(["createObservableGauge", "createObservableCounter", "createObservableUpDownCounter"]);

/** The same meter; notifies the watcher of each observable that is created and of each value that a batch callback observes. */
function watchedMeter(meter: Meter, { declare, observe }: Watcher): Meter {
  const names = new WeakMap<Observable, string>();
  const wrapped = new WeakMap<BatchObservableCallback, BatchObservableCallback>();
  const create = (make: (name: string, options?: MetricOptions) => Observable) => (name: string, options?: MetricOptions) => {
    const observable = make.call(meter, name, options);
    names.set(observable, name);
    declare(name);
    return observable;
  };
  const wrap = (callback: BatchObservableCallback): BatchObservableCallback => {
    const known = wrapped.get(callback);
    if (known) return known;
    const watched: BatchObservableCallback = (result) => {
      const watchedResult: BatchObservableResult = {
        observe: (observable, value, attributes = {}) => {
          observe(names.get(observable) ?? "", attributes);
          result.observe(observable, value, attributes);
        },
      };
      return callback(watchedResult);
    };
    wrapped.set(callback, watched);
    return watched;
  };
  return new Proxy(meter, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      if (CREATORS.has(key)) return create(member as (name: string, options?: MetricOptions) => Observable);
      if (key === "addBatchObservableCallback" || key === "removeBatchObservableCallback")
        return (callback: BatchObservableCallback, observables: Observable[]) =>
          (member as Meter["addBatchObservableCallback"]).call(target, wrap(callback), observables);
      return member.bind(target) as unknown;
    },
  });
}
