import type { Counter, Meter } from "@opentelemetry/api";
import type { Finding } from "../../health/record.ts";
import type { Collector } from "../../collector/collector.ts";
import type { StreamReport } from "../../answer/stats.ts";

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

const INTERVAL_S = 10;

/** Makes the event stream a component of the collector's health, `stream`: it is degraded while it refuses clients. */
export function registerStream(collector: Collector, report: () => StreamReport): Disposable {
  let known = report().refused;
  const check = (): Finding => {
    const { clients, refused } = report();
    const newlyRefused = refused - known;
    known = refused;
    const measured = { measure: "clients", value: clients, unit: "{client}" };
    if (newlyRefused === 0) return { ...measured, status: "healthy", reason: `${clients} clients are connected` };
    const reason = `refused ${newlyRefused} clients in the last ${INTERVAL_S} s; ${clients} are connected`;
    return { ...measured, status: "degraded", reason };
  };
  return collector.health.register(freeName(collector), check, { interval: `${INTERVAL_S}s` });
}

/** A collector may have several apps, each with an event stream of its own. */
function freeName(collector: Collector): string {
  const taken = new Set(collector.health.report().components.map(({ component }) => component));
  let name = "stream";
  for (let n = 2; taken.has(name); n += 1) name = `stream-${n}`;
  return name;
}
