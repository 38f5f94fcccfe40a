import { UNIT_MS } from "../base/quantity.ts";
import type { Range } from "./columns.ts";
import { Series, type Row } from "./series.ts";
import type {
  Aggregate,
  AggregateEvent,
  Alert,
  CollectionReport,
  HealthReport,
  HistoryAnswer,
  HistoryBounds,
  Sample,
  SampleRows,
  Snapshot,
  Stats,
  Transition,
} from "./api.ts";

/** The longest window, with room for the minutes around a linked time at its edge. */
export const KEPT_MS = UNIT_MS.h + 3 * UNIT_MS.m;

const MAX_TRANSITIONS = 500;
const MAX_RESOLVED_ALERTS = 200;

/** One collection: its report, its samples and its windows. */
export interface CollectionModel {
  report: CollectionReport;
  readonly series: Series;
  readonly aggregates: Map<string, Aggregate>;
}

/** A transition with an id that is unique over restarts. */
export interface KnownTransition extends Transition {
  readonly id: string;
}

/** The time on the viewer's own clocks. */
export interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** All that a viewer knows of a collector, from the stream and the API. Renders nothing. */
export class Model {
  readonly collections = new Map<string, CollectionModel>();
  health: HealthReport | undefined;
  stats: Stats | undefined;
  statsBefore: Stats | undefined;
  bootId = "";
  /** Restarts of the collector while it was viewed. */
  restarts = 0;
  #history: HistoryBounds | undefined;
  /** When the newest transition happened that was removed to make room. */
  #removedMs = Number.NEGATIVE_INFINITY;
  transitions: readonly KnownTransition[] = [];
  #alerts = new Map<string, Alert>();
  /** How far the collector's clock is ahead of the viewer's. */
  #aheadMs = 0;

  /** Applies an event of the stream. @returns whether everything that the stream does not carry must be loaded again */
  receive(type: string, data: unknown, now: Now): boolean {
    if (type === "hello") return this.#hello(data as { bootId: string });
    if (type === "snapshot") {
      this.#snapshot(data as Snapshot, now);
      return true;
    }
    if (type === "reset") this.#reset();
    else if (type === "sample") this.#sample(data as Sample, now);
    else if (type === "transition") this.#transition(data as Transition);
    else if (type === "alert") this.#alert(data as Alert);
    else if (type === "aggregate") this.aggregate(data as AggregateEvent);
    else if (type === "heartbeat") this.#setClock((data as { time: string }).time, now);
    return false;
  }

  get alerts(): readonly Alert[] {
    return [...this.#alerts.values()];
  }

  /** The collector's time, estimated from its events. */
  timeMs(now: Now): number {
    return now.wallMs + this.#aheadMs;
  }

  /** When the newest sample of any collection was due; undefined before the first. */
  get lastSampleMs(): number | undefined {
    const times = [...this.collections.values()].flatMap(({ series }) => series.last?.timeMs ?? []);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** The shortest interval of the collections that are not paused. */
  get shortestIntervalMs(): number {
    const running = [...this.collections.values()].filter(({ report }) => report.state !== "paused");
    return Math.min(...running.map(({ report }) => report.intervalMs));
  }

  rows(collection: string, answer: SampleRows): void {
    this.collections.get(collection)?.series.merge(answer);
  }

  aggregate({ collection, ...aggregate }: AggregateEvent): void {
    this.collections.get(collection)?.aggregates.set(aggregate.window, aggregate);
  }

  /** Takes the time of the health for that of the collector: for a viewer that does not follow the stream. */
  setTime(now: Now): void {
    if (this.health) this.#setClock(this.health.time, now);
  }

  setHealth(health: HealthReport): void {
    this.health = health;
  }

  setStats(stats: Stats): void {
    this.statsBefore = this.stats?.bootId === stats.bootId ? this.stats : undefined;
    this.stats = stats;
    const { windows } = stats;
    if (!windows) return;
    // Another configuration may have ended a window.
    for (const { aggregates } of this.collections.values())
      for (const window of aggregates.keys()) if (!windows.includes(window)) aggregates.delete(window);
  }

  setReports(reports: readonly CollectionReport[]): void {
    for (const report of reports) {
      const known = this.collections.get(report.name);
      if (known) known.report = report;
      else this.collections.set(report.name, { report, series: new Series(), aggregates: new Map() });
    }
    for (const name of this.collections.keys()) if (!reports.some((report) => report.name === name)) this.collections.delete(name);
  }

  addHistory({ transitions, ...bounds }: HistoryAnswer): void {
    this.#history = bounds;
    for (const transition of transitions) this.#transition(transition);
  }

  addAlerts(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#alert(alert);
  }

  /** The transitions of some components, oldest first. */
  transitionsOf(components: readonly string[]): readonly KnownTransition[] {
    return this.transitions.filter(({ component }) => components.includes(component));
  }

  /** Since when every transition of a component is in the model. */
  completeSinceMs(component: string): number {
    if (!this.#history) return Number.POSITIVE_INFINITY;
    return Math.max(this.#removedMs + 1, Date.parse(this.#history.forgotten[component] ?? this.#history.since));
  }

  /** Removes samples that no window shows. @param spared a linked range, which stays however old it is */
  trim(nowMs: number, spared?: Range): void {
    const isSpared = ({ timeMs }: Row): boolean => spared !== undefined && timeMs >= spared.fromMs && timeMs < spared.toMs;
    for (const { series } of this.collections.values()) series.trim(nowMs - KEPT_MS, isSpared);
  }

  #hello({ bootId }: { readonly bootId: string }): boolean {
    if (bootId === this.bootId) return false;
    const isRestart = this.bootId !== "";
    if (isRestart) this.restarts += 1;
    this.bootId = bootId;
    return isRestart;
  }

  /** The stream cannot continue, so no event will resolve the alerts of before. A snapshot follows. */
  #reset(): void {
    for (const { series, aggregates } of this.collections.values()) {
      series.beginBoot();
      aggregates.clear();
    }
    this.#alerts.clear();
  }

  #snapshot({ collections, samples, health, alerts }: Snapshot, now: Now): void {
    this.#setClock(health.time, now);
    this.setReports(collections);
    this.health = health;
    for (const [key, { state }] of this.#alerts) if (state === "firing") this.#alerts.delete(key);
    this.addAlerts(alerts);
    for (const sample of samples) this.#sample(sample, now);
  }

  #sample(sample: Sample, now: Now): void {
    const known = this.collections.get(sample.collection);
    known?.series.add(sample, known.report.fields);
    // A sample from the future means that the collector's clock is further ahead than estimated.
    this.#aheadMs = Math.max(this.#aheadMs, Date.parse(sample.time) - now.wallMs);
  }

  #transition(transition: Transition): void {
    const known: KnownTransition = { ...transition, id: `${transition.time} ${transition.component}` };
    if (this.transitions.some(({ id }) => id === known.id)) return;
    const newest = this.transitions.at(-1);
    const all = [...this.transitions, known];
    if (newest && Date.parse(known.time) < Date.parse(newest.time)) all.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
    for (const { time } of all.slice(0, -MAX_TRANSITIONS)) this.#removedMs = Math.max(this.#removedMs, Date.parse(time));
    this.transitions = all.slice(-MAX_TRANSITIONS);
    this.#applyToHealth(transition);
  }

  /** Shows a change at once instead of after the next poll of health. */
  #applyToHealth({ component, to, reason, time }: Transition): void {
    const { health } = this;
    if (!health || time < health.time) return;
    const change = { status: to, reason, since: time, time };
    this.health =
      component === "overall"
        ? { ...health, ...change }
        : { ...health, components: health.components.map((each) => (each.component === component ? { ...each, ...change } : each)) };
  }

  /** Resolved alerts are kept for the list of events; beyond the bound the one that resolved first is removed. */
  #alert(alert: Alert): void {
    this.#alerts.set(`${alert.fingerprint} ${alert.startsAt}`, alert);
    if (alert.endsAt === undefined || this.#alerts.size <= MAX_RESOLVED_ALERTS) return;
    let count = 0;
    let first = { key: "", endMs: Number.POSITIVE_INFINITY };
    for (const [key, { endsAt }] of this.#alerts) {
      if (endsAt === undefined) continue;
      count += 1;
      const endMs = Date.parse(endsAt);
      if (endMs < first.endMs) first = { key, endMs };
    }
    if (count > MAX_RESOLVED_ALERTS) this.#alerts.delete(first.key);
  }

  #setClock(time: string, now: Now): void {
    this.#aheadMs = Date.parse(time) - now.wallMs;
  }
}
