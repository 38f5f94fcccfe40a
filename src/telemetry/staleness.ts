import type { Attributes, BatchObservableCallback, BatchObservableResult, Meter, MetricOptions, Observable } from "@opentelemetry/api";
import { AggregationTemporality, DataPointType, type MetricData, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import type { Clock } from "../base/clock.ts";
import { PACKAGE_NAME } from "../base/version.ts";
import { COLLECTION_ATTRIBUTE } from "./names.ts";
import type { FollowedSeries, SeriesFreshness } from "./telemetry.ts";

/**
 * Maximum series of one instrument, over the life of the process, that our readers configure in the SDK. The SDK never removes a series, so
 * on a machine whose network interfaces come and go its default of 2 000 would be reached in days, and newer series would be dropped
 * silently.
 */
export const CARDINALITY_LIMIT = 20_000;

/** How long an observed value is fresh: longer than the metric collection that called the callback, which exports it. */
const OBSERVED_MS = 1_000;

/** The series of one instrument by their attributes. */
type SeriesByKey = Map<string, FollowedSeries>;

/**
 * Tracks until when each series is exported. The SDK repeats the last value of a series for the life of the process, even after its
 * callback was removed (opentelemetry-js issue 4096); our own readers remove stale data points before they serialise.
 */
export class StalenessTracker implements SeriesFreshness {
  readonly #clock: Clock;
  /** Instruments with one series per point of a collection. */
  readonly #followed = new Map<string, SeriesByKey>();
  /** Instruments whose callbacks observe the current state. */
  readonly #observed = new Map<string, SeriesByKey>();
  readonly #keys = new WeakMap<Attributes, string>();
  /** Number of collectors that have a collection, by its name; 0 once it was removed from all. */
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

  /** Removes stale data points, and metrics that are left without any. */
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

  /** A key of attributes, independent of their order; cached by object, because the SDK returns the object that it was given. */
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

/**
 * Whether a metric holds increments since the last collection, which never become stale: each is exported once, and removing it would lose
 * it.
 */
function areIncrements({ aggregationTemporality, dataPointType }: MetricData): boolean {
  return aggregationTemporality === AggregationTemporality.DELTA && dataPointType !== DataPointType.GAUGE;
}

interface Watcher {
  /** An observable instrument was created. */
  readonly declare: (instrument: string) => void;
  /** A callback observed a value of the instrument. */
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
