import type { Clock } from "../../base/clock.ts";
import type { Alert, HealthEvent } from "../record.ts";

/** What is pending for a sink, in the order to send it; bounded. */
export interface Backlog<T> {
  readonly size: number;
  /** @returns how many items were dropped because of the bound */
  add(items: readonly T[]): number;
  /** The oldest `limit` items. */
  next(limit: number): readonly T[];
  /** Removes items that were delivered or refused. */
  remove(items: readonly T[]): void;
  /** Adds what the sink is to be sent again. */
  addResends(): void;
}

/** Pending alerts at most. */
const ALERT_LIMIT = 10_000;

/** A resolved alert is resent for this long, because the receiver may have missed it. */
const RESEND_RESOLVED_MS = 300_000;

/** The newest state of each alert. Beyond the limit the oldest is dropped. */
export class AlertBacklog implements Backlog<Alert> {
  readonly #clock: Clock;
  readonly #isResent: boolean;
  readonly #firing: () => readonly Alert[];
  /** By fingerprint, alerts that are not delivered yet. */
  readonly #pending = new Map<string, Alert>();
  /** By fingerprint, alerts resolved recently that are still resent. */
  readonly #resolved = new Map<string, { readonly alert: Alert; readonly atMs: number }>();

  /** @param firing current alerts that fire and are not inhibited, for a sink that is resent what holds */
  constructor(clock: Clock, isResent: boolean, firing: () => readonly Alert[]) {
    this.#clock = clock;
    this.#isResent = isResent;
    this.#firing = firing;
  }

  get size(): number {
    return this.#pending.size;
  }

  add(alerts: readonly Alert[]): number {
    for (const alert of alerts) {
      this.#pending.delete(alert.fingerprint);
      this.#pending.set(alert.fingerprint, alert);
      if (alert.state === "resolved" && this.#isResent) this.#resolved.set(alert.fingerprint, { alert, atMs: this.#clock.monotonicMs() });
    }
    dropOldest(this.#resolved, ALERT_LIMIT);
    return dropOldest(this.#pending, ALERT_LIMIT);
  }

  next(limit: number): readonly Alert[] {
    return [...this.#pending.values().take(limit)];
  }

  /** An alert that changed while it was sent stays pending. */
  remove(alerts: readonly Alert[]): void {
    for (const alert of alerts) if (this.#pending.get(alert.fingerprint) === alert) this.#pending.delete(alert.fingerprint);
  }

  addResends(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [fingerprint, { alert, atMs }] of this.#resolved) {
      if (nowMs - atMs > RESEND_RESOLVED_MS) this.#resolved.delete(fingerprint);
      else this.#pending.set(fingerprint, alert);
    }
    for (const alert of this.#firing()) this.#pending.set(alert.fingerprint, alert);
  }
}

/**
 * Every event, in order. Beyond the limit the oldest event that a newer one of the same component or alert supersedes is dropped; the
 * oldest of all where none is superseded.
 */
export class EventBacklog implements Backlog<HealthEvent> {
  readonly #limit: number;
  readonly #events = new Set<HealthEvent>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#events.size;
  }

  add(events: readonly HealthEvent[]): number {
    for (const event of events) this.#events.add(event);
    const excess = Math.max(0, this.#events.size - this.#limit);
    for (let n = 0; n < excess; n += 1) this.#events.delete(this.#oldestSuperseded());
    return excess;
  }

  next(limit: number): readonly HealthEvent[] {
    return [...this.#events.values().take(limit)];
  }

  remove(events: readonly HealthEvent[]): void {
    for (const event of events) this.#events.delete(event);
  }

  /** A receiver of events keeps what it received, so nothing is resent. */
  addResends(): void {}

  #oldestSuperseded(): HealthEvent {
    const events = [...this.#events];
    const newer = new Set<string>();
    let oldest = events[0] as HealthEvent;
    for (const event of events.toReversed()) {
      const subject = subjectOf(event);
      if (newer.has(subject)) oldest = event;
      newer.add(subject);
    }
    return oldest;
  }
}

function subjectOf(event: HealthEvent): string {
  return event.kind === "alert" ? `alert\0${event.alert.fingerprint}` : `component\0${event.transition.component}`;
}

/** @returns how many entries were dropped */
function dropOldest(entries: Map<string, unknown>, limit: number): number {
  const excess = Math.max(0, entries.size - limit);
  for (const key of entries.keys().take(excess)) entries.delete(key);
  return excess;
}
