import { untilAborted } from "../../base/deadline.ts";
import type { Alert, HealthEvent, Transition } from "../record.ts";
import type { EventSink } from "./sink.ts";

interface Waiter {
  readonly matches: (event: HealthEvent) => boolean;
  readonly resolve: (event: HealthEvent) => void;
}

/** A sink for tests: records every transition and alert that a collector sends, in order. Pass it in `CollectorSettings.sinks`. */
export class RecordingSink implements EventSink {
  /** As the collector's statistics show it. */
  readonly name: string;
  /** Always `memory`. */
  readonly target = "memory";
  readonly #events: HealthEvent[] = [];
  readonly #waiters = new Set<Waiter>();

  /** @param name as the collector's statistics show it; default `recording` */
  constructor(name = "recording") {
    this.name = name;
  }

  /** Everything that was sent, oldest first. */
  get events(): readonly HealthEvent[] {
    return this.#events;
  }

  /** The transitions that were sent, oldest first. */
  get transitions(): readonly Transition[] {
    return this.#events.flatMap((event) => (event.kind === "transition" ? [event.transition] : []));
  }

  /** The alerts that were sent, oldest first: each once when it fires and once when it is resolved. */
  get alerts(): readonly Alert[] {
    return this.#events.flatMap((event) => (event.kind === "alert" ? [event.alert] : []));
  }

  /**
   * The first event that matches, recorded already or still to come.
   *
   * @param matches decides about each event
   * @param signal ends the wait: it then rejects with the signal's reason
   */
  async until(matches: (event: HealthEvent) => boolean, signal?: AbortSignal): Promise<HealthEvent> {
    const recorded = this.#events.find(matches);
    if (recorded) return recorded;
    const { promise, resolve } = Promise.withResolvers<HealthEvent>();
    const waiter: Waiter = { matches, resolve };
    this.#waiters.add(waiter);
    try {
      return await (signal ? untilAborted(promise, signal) : promise);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  /** Records `events`. Called by the collector; never rejects. */
  async send(events: readonly HealthEvent[]): Promise<void> {
    for (const event of events) {
      this.#events.push(event);
      for (const waiter of this.#waiters) if (waiter.matches(event)) waiter.resolve(event);
    }
  }
}
