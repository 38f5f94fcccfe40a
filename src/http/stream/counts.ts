import type { Counter, Meter } from "@opentelemetry/api";
import type { HubReport } from "../../answer/stats.ts";
import type { Collector } from "../../collector/collector.ts";
import type { Finding } from "../../health/record.ts";

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

const EVERY_S = 10;

/** Makes the event stream a component of the collector's health, `stream`: it is degraded while it turns clients away. */
export function watchStream(collector: Collector, report: () => HubReport): void {
  let known = report().refused;
  const look = (): Finding => {
    const { clients, refused } = report();
    const turnedAway = refused - known;
    known = refused;
    const shown = { measure: "clients", value: clients, unit: "{client}" };
    if (turnedAway === 0) return { ...shown, status: "healthy", reason: `${clients} clients` };
    return { ...shown, status: "degraded", reason: `turned ${turnedAway} clients away within ${EVERY_S} s; there are ${clients}` };
  };
  collector.health.register(freeName(collector), look, { interval: `${EVERY_S}s` });
}

/** A collector may have several apps, each with a stream of its own. */
function freeName(collector: Collector): string {
  const taken = new Set(collector.health.report().components.map(({ component }) => component));
  let name = "stream";
  for (let n = 2; taken.has(name); n += 1) name = `stream-${n}`;
  return name;
}
