import type { BatchObservableCallback, BatchObservableResult, Counter, Histogram, Meter, ObservableGauge } from "@opentelemetry/api";
import type { AlertStore } from "./alert.ts";
import type { Component } from "./component.ts";
import type { Transition } from "./record.ts";
import { SEVERITIES, STATUSES, type Status } from "./status.ts";

/** Seconds; an assessment of a thousand rules takes some milliseconds. */
const ROUND_BOUNDARIES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/** The statuses of a removed component are 0 for an hour, longer than any reader waits, and for this many components at most. */
const REMOVED_MS = 3_600_000;
const REMOVED_LIMIT = 1_000;

/** What the observable instruments read. */
export interface Observed {
  readonly components: () => Iterable<Component>;
  /** Monotonic time. */
  readonly nowMs: () => number;
  readonly overall: () => { readonly name: string; readonly status: Status };
  readonly alerts: AlertStore;
  /** Fires and resolves within the start-up grace that were never sent. */
  readonly suppressedAtStartup: () => number;
}

/** Health's own metrics. */
export class HealthInstruments {
  readonly #transitions: Counter;
  readonly #round: Histogram;
  readonly #meter: Meter;
  readonly #observed: Observed;
  #unobserve = (): void => {};
  /** Monotonic time of removal, by name of the component. */
  readonly #removedMs = new Map<string, number>();

  constructor(meter: Meter, observed: Observed) {
    this.#transitions = meter.createCounter("vitals.component.transitions", {
      unit: "{transition}",
      description: "Changes of a component's status.",
    });
    this.#round = meter.createHistogram("vitals.health.round.duration", {
      unit: "s",
      description: "Duration of a full assessment of all components.",
      advice: { explicitBucketBoundaries: ROUND_BOUNDARIES },
    });
    this.#meter = meter;
    this.#observed = observed;
  }

  /** From now on the gauges are observed, until `close`. */
  observe(): void {
    this.#unobserve = this.#addCallback(this.#meter, this.#observed);
  }

  /** Removes the callback. */
  close(): void {
    this.#unobserve();
  }

  /** The series of a component of this name are its own again. */
  componentAdded(name: string): void {
    this.#removedMs.delete(name);
  }

  /** From now on every status of the component is 0: the SDK of a caller repeats the last value of a series that is not observed. */
  componentRemoved(name: string): void {
    this.#removedMs.set(name, this.#observed.nowMs());
    if (this.#removedMs.size <= REMOVED_LIMIT) return;
    for (const oldest of this.#removedMs.keys().take(1)) this.#removedMs.delete(oldest);
  }

  recordTransition({ component, to }: Pick<Transition, "component" | "to">): void {
    this.#transitions.add(1, { "vitals.component.name": component, "vitals.component.status": to });
  }

  recordRound(durationMs: number): void {
    this.#round.record(durationMs / 1_000);
  }

  /** @returns a function that removes the callback */
  #addCallback(meter: Meter, { components, overall, alerts, suppressedAtStartup, nowMs }: Observed): () => void {
    const status = meter.createObservableGauge("vitals.component.status", {
      unit: "{component}",
      description: "1 for the status a component has, 0 for the others; all are 0 for an hour after it was removed.",
    });
    const active = meter.createObservableGauge("vitals.alert.active", { unit: "{alert}", description: "Alerts that are firing." });
    const suppressed = meter.createObservableCounter("vitals.alert.suppressed", {
      unit: "{notification}",
      description: "Fires and resolves that were not sent, by reason.",
    });
    const callback: BatchObservableCallback = (result) => {
      for (const component of components()) {
        observeStatus(result, status, component);
        for (const [alertname, count] of component.suppressed)
          result.observe(suppressed, count, {
            "vitals.component.name": component.name,
            "vitals.alert.name": alertname,
            "vitals.suppression.reason": "hold",
          });
      }
      for (const { component, alertname, count } of alerts.suppressed)
        result.observe(suppressed, count, {
          "vitals.component.name": component,
          "vitals.alert.name": alertname,
          "vitals.suppression.reason": "flapping",
        });
      if (alerts.inhibited > 0) result.observe(suppressed, alerts.inhibited, { "vitals.suppression.reason": "inhibited" });
      if (suppressedAtStartup() > 0) result.observe(suppressed, suppressedAtStartup(), { "vitals.suppression.reason": "startup" });
      observeStatus(result, status, overall());
      for (const [name, atMs] of this.#removedMs) {
        if (nowMs() - atMs > REMOVED_MS) this.#removedMs.delete(name);
        else observeStatus(result, status, { name, status: undefined });
      }
      for (const severity of SEVERITIES) result.observe(active, alerts.count(severity), { "vitals.alert.severity": severity });
    };
    const instruments = [status, active, suppressed];
    meter.addBatchObservableCallback(callback, instruments);
    return () => meter.removeBatchObservableCallback(callback, instruments);
  }
}

function observeStatus(
  result: BatchObservableResult,
  gauge: ObservableGauge,
  { name, status: current }: { readonly name: string; readonly status: Status | undefined },
): void {
  for (const status of STATUSES) {
    result.observe(gauge, current === status ? 1 : 0, { "vitals.component.name": name, "vitals.component.status": status });
  }
}
