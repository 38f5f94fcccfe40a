import type { Counter, Meter } from "@opentelemetry/api";

const OUTCOMES = ["sent", "dropped", "disconnected"] as const;
type Outcome = (typeof OUTCOMES)[number];

/** Events for clients, by outcome. `add` is cheap; `flush` records the sum of many on the instrument. */
export class StreamCounts {
  readonly #counter: Counter | undefined;
  readonly #totals: Record<Outcome, number> = { sent: 0, dropped: 0, disconnected: 0 };
  readonly #recorded: Record<Outcome, number> = { sent: 0, dropped: 0, disconnected: 0 };

  constructor(meter: Meter | undefined) {
    this.#counter = meter?.createCounter("vitals.stream.events", {
      unit: "{event}",
      description: "Events for event stream clients, by outcome.",
    });
  }

  get totals(): Readonly<Record<Outcome, number>> {
    return this.#totals;
  }

  add(outcome: Outcome, count = 1): void {
    this.#totals[outcome] += count;
  }

  /** Records on the instrument what was counted since the last flush. */
  flush(): void {
    for (const outcome of OUTCOMES) {
      const count = this.#totals[outcome] - this.#recorded[outcome];
      if (count === 0) continue;
      this.#recorded[outcome] = this.#totals[outcome];
      this.#counter?.add(count, { "vitals.outcome": outcome });
    }
  }
}
