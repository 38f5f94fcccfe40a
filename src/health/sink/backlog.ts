import * as z from "zod";
import type { HealthEvent } from "../record.ts";
import { savedAlert, savedTransition } from "../saved.ts";

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
  /** What is pending, and what is known of the receiver, as JSON data. @param nowMs the time that ages are counted from */
  save(nowMs: number): unknown;
  /**
   * Continues from what was saved: it is pending before anything that is added. Data of another form is ignored.
   *
   * @param savedMs the monotonic time at which it was saved
   */
  restore(saved: unknown, savedMs: number): void;
}

const savedEvents = z.array(
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("alert"), alert: savedAlert }),
    z.object({ kind: z.literal("transition"), transition: savedTransition }),
  ]),
);

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

  save(): readonly HealthEvent[] {
    return [...this.#events];
  }

  restore(saved: unknown): void {
    this.add(savedEvents.safeParse(saved).data ?? []);
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
