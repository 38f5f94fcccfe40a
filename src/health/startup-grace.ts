import type { Alert, HealthEvent, Transition } from "./record.ts";

/**
 * Keeps from sinks what happens during the start-up grace, in which a service and its sources may start in any order. At its end they
 * receive what is still wrong. What began and ended within it is sent to nobody, and counted.
 */
export class StartupGrace {
  /** Monotonic time of its end. */
  readonly endsMs: number;
  #isOver: boolean;
  #withheld = 0;
  /** Fingerprints of alerts whose fire was withheld, and which were not resolved. */
  readonly #fired = new Set<string>();
  /** The latest transition of each component. */
  readonly #transitions = new Map<string, Transition>();

  /** @param endsMs monotonic time of its end; one that is not after `nowMs` is over at once */
  constructor(endsMs: number, nowMs: number) {
    this.endsMs = endsMs;
    this.#isOver = endsMs <= nowMs;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Alerts that fired or resolved, and were never sent. */
  get suppressed(): number {
    return this.#isOver ? this.#withheld : 0;
  }

  /** Whether its time has passed, but `end` has not been called. */
  isDue(nowMs: number): boolean {
    return !this.#isOver && nowMs >= this.endsMs;
  }

  /** The events that may be sent now: all of them once it is over, none before. */
  pass(events: readonly HealthEvent[]): readonly HealthEvent[] {
    if (this.#isOver) return events;
    for (const event of events) {
      if (event.kind === "transition") this.#transitions.set(event.transition.component, event.transition);
      else this.#withhold(event.alert);
    }
    return [];
  }

  /**
   * Ends it.
   *
   * @param firing every alert that fired and was not resolved
   * @returns the events to send: transitions to a status that is not healthy, and what fires
   */
  end(firing: readonly Alert[]): readonly HealthEvent[] {
    this.#isOver = true;
    const transitions = [...this.#transitions.values()].filter(({ to }) => to !== "healthy");
    this.#transitions.clear();
    // What fires now is sent, or inhibited by what is sent: neither is suppressed by the grace.
    this.#withheld -= firing.filter(({ fingerprint }) => this.#fired.has(fingerprint)).length;
    this.#fired.clear();
    return [
      ...transitions.map((transition): HealthEvent => ({ kind: "transition", transition })),
      ...firing.map((alert): HealthEvent => ({ kind: "alert", alert })),
    ];
  }

  #withhold({ fingerprint, inhibitedBy, state }: Alert): void {
    if (inhibitedBy === undefined) this.#withheld += 1;
    if (state === "resolved") this.#fired.delete(fingerprint);
    else if (inhibitedBy === undefined) this.#fired.add(fingerprint);
  }
}
