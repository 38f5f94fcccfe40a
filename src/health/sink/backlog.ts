import type { HealthEvent } from "../record.ts";

/** What is pending for a sink, in the order to send it; bounded. */
export interface Backlog<T> {
  readonly size: number;
  /** Monotonic time at which the receiver next assumes that something has ended, without a message that says so; undefined if it never does. */
  readonly expiresMs: number | undefined;
  /** @returns how many items were dropped because of the bound */
  add(items: readonly T[]): number;
  /** Adds what is due again, after an evaluation of these components, or of all. */
  resend(components: readonly string[] | undefined): void;
  /** The oldest `limit` items. */
  next(limit: number): readonly T[];
  /** Removes items that `next` gave last, which were delivered or refused, unless they changed meanwhile. */
  remove(items: readonly T[]): void;
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

  /** A receiver of events keeps what it received, so nothing is resent, and nothing expires. */
  resend(): void {}

  get expiresMs(): undefined {
    return undefined;
  }

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
