import type { Clock } from "../../base/clock.ts";
import type { Alert, HealthEvent } from "../record.ts";

/** What a sink has yet to be told, in the order to tell it; bounded. */
export interface Backlog<T> {
  readonly size: number;
  /** @returns how many had to go, because more wait than it holds */
  add(items: readonly T[]): number;
  /** Those that wait longest. */
  next(most: number): readonly T[];
  /** They have arrived, or never will. */
  settle(items: readonly T[]): void;
  /** Puts what a sink is told again among what waits. */
  repeat(): void;
}

/** Alerts that wait at most. */
const MOST_ALERTS = 10_000;

/** A resolved alert is told again for as long, since the receiver may have missed it. */
const RESOLVED_AGAIN_MS = 300_000;

/** Alerts as they stand: of each only the newest state waits, and beyond the limit the oldest goes. */
export class AlertBacklog implements Backlog<Alert> {
  readonly #clock: Clock;
  readonly #isRepeated: boolean;
  readonly #firing: () => readonly Alert[];
  /** By fingerprint, what has not arrived yet. */
  readonly #pending = new Map<string, Alert>();
  /** By fingerprint, what was resolved lately and is told again. */
  readonly #resolved = new Map<string, { readonly alert: Alert; readonly atMs: number }>();

  /** @param firing what fires and may be told, as it is now: for a sink that is told again */
  constructor(clock: Clock, isRepeated: boolean, firing: () => readonly Alert[]) {
    this.#clock = clock;
    this.#isRepeated = isRepeated;
    this.#firing = firing;
  }

  get size(): number {
    return this.#pending.size;
  }

  add(alerts: readonly Alert[]): number {
    for (const alert of alerts) {
      this.#pending.delete(alert.fingerprint);
      this.#pending.set(alert.fingerprint, alert);
      if (alert.state === "resolved" && this.#isRepeated) this.#resolved.set(alert.fingerprint, { alert, atMs: this.#clock.monotonicMs() });
    }
    dropOldest(this.#resolved, MOST_ALERTS);
    return dropOldest(this.#pending, MOST_ALERTS);
  }

  next(most: number): readonly Alert[] {
    return [...this.#pending.values().take(most)];
  }

  /** What has changed since it was sent still waits. */
  settle(alerts: readonly Alert[]): void {
    for (const alert of alerts) if (this.#pending.get(alert.fingerprint) === alert) this.#pending.delete(alert.fingerprint);
  }

  repeat(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [fingerprint, { alert, atMs }] of this.#resolved) {
      if (nowMs - atMs > RESOLVED_AGAIN_MS) this.#resolved.delete(fingerprint);
      else this.#pending.set(fingerprint, alert);
    }
    for (const alert of this.#firing()) this.#pending.set(alert.fingerprint, alert);
  }
}

/**
 * Everything that happened, in its order. Beyond the limit the oldest that no longer holds goes, because something newer is known of
 * the same component or alert; only where all of it holds, the oldest.
 */
export class EventBacklog implements Backlog<HealthEvent> {
  readonly #most: number;
  readonly #events = new Set<HealthEvent>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#events.size;
  }

  add(events: readonly HealthEvent[]): number {
    for (const event of events) this.#events.add(event);
    const tooMany = Math.max(0, this.#events.size - this.#most);
    for (let n = 0; n < tooMany; n += 1) this.#events.delete(this.#leastMissed());
    return tooMany;
  }

  next(most: number): readonly HealthEvent[] {
    return [...this.#events.values().take(most)];
  }

  settle(events: readonly HealthEvent[]): void {
    for (const event of events) this.#events.delete(event);
  }

  /** Whoever takes events remembers them. */
  repeat(): void {}

  #leastMissed(): HealthEvent {
    const events = [...this.#events];
    const later = new Set<string>();
    let least = events[0] as HealthEvent;
    for (const event of events.toReversed()) {
      const subject = subjectOf(event);
      if (later.has(subject)) least = event;
      later.add(subject);
    }
    return least;
  }
}

function subjectOf(event: HealthEvent): string {
  return event.kind === "alert" ? `alert\0${event.alert.fingerprint}` : `component\0${event.transition.component}`;
}

/** @returns how many had to go */
function dropOldest(waiting: Map<string, unknown>, most: number): number {
  const tooMany = Math.max(0, waiting.size - most);
  for (const key of waiting.keys().take(tooMany)) waiting.delete(key);
  return tooMany;
}
