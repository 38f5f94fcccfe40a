import type { Alert, HealthEvent, Transition } from "./record.ts";
import type { SavedGrace } from "./saved.ts";

/** What sinks received before a restart. It is not withheld from them how it ends. */
export interface SentBefore {
  /** Fingerprints of firing alerts. */
  readonly alerts: Iterable<string>;
  /** Components that are not healthy. */
  readonly components: Iterable<string>;
  /** What was withheld from them, and has not ended. */
  readonly withheld: SavedGrace;
}

const NOTHING: SentBefore = { alerts: [], components: [], withheld: { alerts: [], transitions: [] } };

/**
 * Keeps from sinks what happens during the start-up grace, in which a service and its sources may start in any order. At its end they
 * receive what is still wrong. What began and ended within it is not sent, and is counted.
 */
export class StartupGrace {
  /** Monotonic time of its end. */
  readonly endsMs: number;
  #isOver: boolean;
  #withheld: number;
  /** Fingerprints of alerts whose fire was withheld, and which were not resolved. */
  readonly #fired: Set<string>;
  /** The latest transition of each component. */
  readonly #transitions = new Map<string, Transition>();
  /** What sinks received before a restart, as far as they have not received its end. */
  readonly #sentAlerts: Set<string>;
  readonly #sentComponents: Set<string>;

  /**
   * @param endsMs monotonic time of its end; one that is not after `nowMs` is over at once
   * @param before what sinks received before a restart; default: nothing
   */
  constructor(endsMs: number, nowMs: number, before: SentBefore = NOTHING) {
    this.endsMs = endsMs;
    this.#isOver = endsMs <= nowMs;
    this.#sentAlerts = new Set(before.alerts);
    this.#sentComponents = new Set(before.components);
    // Withheld before the restart, and still: until this grace is over it is withheld again.
    this.#fired = new Set(before.withheld.alerts);
    this.#withheld = this.#fired.size;
    for (const transition of before.withheld.transitions) this.#transitions.set(transition.component, transition);
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

  /** The events that may be sent now: all of them once it is over; before, those that end what sinks received before a restart. */
  pass(events: readonly HealthEvent[]): readonly HealthEvent[] {
    if (this.#isOver) return events;
    return events.filter((event) => {
      if (event.kind === "alert" ? this.#endsSent(event.alert) : this.#continuesSent(event.transition)) return true;
      if (event.kind === "transition") this.#transitions.set(event.transition.component, event.transition);
      else this.#withhold(event.alert);
      return false;
    });
  }

  /** Whether sinks received an alert before a restart, and have not received its end. */
  wasSent({ fingerprint }: Alert): boolean {
    return this.#sentAlerts.has(fingerprint);
  }

  save(): SavedGrace {
    return { alerts: [...this.#fired], transitions: [...this.#transitions.values()] };
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
      ...firing.filter((alert) => !this.wasSent(alert)).map((alert): HealthEvent => ({ kind: "alert", alert })),
    ];
  }

  #endsSent({ fingerprint, state }: Alert): boolean {
    return state === "resolved" && this.#sentAlerts.delete(fingerprint);
  }

  #continuesSent({ component, to }: Transition): boolean {
    if (!this.#sentComponents.has(component)) return false;
    if (to === "healthy") this.#sentComponents.delete(component);
    return true;
  }

  #withhold({ fingerprint, inhibitedBy, state }: Alert): void {
    if (inhibitedBy === undefined) this.#withheld += 1;
    if (state === "resolved") this.#fired.delete(fingerprint);
    else if (inhibitedBy === undefined) this.#fired.add(fingerprint);
  }
}
