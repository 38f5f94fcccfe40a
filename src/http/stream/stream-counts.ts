import type { Counter, Meter } from "@opentelemetry/api";

const OUTCOMES = ["sent", "dropped", "disconnected"] as const;
type Outcome = (typeof OUTCOMES)[number];

/** What became of events for clients. Counting is an addition; the instrument is told of many at once. */
export class StreamCounts {
  readonly #counter: Counter | undefined;
  readonly #counts: Record<Outcome, number> = { sent: 0, dropped: 0, disconnected: 0 };
  readonly #told: Record<Outcome, number> = { sent: 0, dropped: 0, disconnected: 0 };

  constructor(meter: Meter | undefined) {
    this.#counter = meter?.createCounter("vitals.stream.events", {
      unit: "{event}",
      description: "Events for clients of the stream, by what became of them.",
    });
  }

  get totals(): Readonly<Record<Outcome, number>> {
    return this.#counts;
  }

  add(outcome: Outcome, count = 1): void {
    this.#counts[outcome] += count;
  }

  /** Tells the instrument what has been counted since the last time. */
  tell(): void {
    for (const outcome of OUTCOMES) {
      const count = this.#counts[outcome] - this.#told[outcome];
      if (count === 0) continue;
      this.#told[outcome] = this.#counts[outcome];
      this.#counter?.add(count, { "vitals.outcome": outcome });
    }
  }
}
