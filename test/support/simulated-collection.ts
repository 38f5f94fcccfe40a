import { createNoopMeter } from "@opentelemetry/api";
import { collectionComponent, componentsOf } from "../../src/collector/components.ts";
import { CollectionRecord, evaluationTimeOf } from "../../src/collector/record.ts";
import { parseDuration } from "../../src/base/quantity.ts";
import { resolve, type CollectionPlan } from "../../src/collector/resolve.ts";
import { sourceRules } from "../../src/health/rules/built-in.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import type { Alert } from "../../src/health/record.ts";
import { SourceRecord } from "../../src/rule-simulation/source-record.ts";
import { seriesKind, SteppedClock } from "../../src/rule-simulation/plan.ts";
import { INSTANT_MS } from "../../src/sample/sample.ts";
import { counter, gauge } from "../../src/sample/field.ts";
import { defineSampleType, type AnyValues } from "../../src/sample/sample-type.ts";
import type { Outcome } from "../../src/sample/outcome.ts";
import type { CollectorConfig } from "../../src/collector/options.ts";

export const machine = defineSampleType("machine", {
  load: gauge("machine.load", "1", { good: "low" }),
  done: counter("machine.done", "{job}"),
});

export type HealthConfig = NonNullable<CollectorConfig["health"]>;

/** What a tick of the simulated collection brings. */
export interface SimulatedSample {
  readonly outcome: Outcome;
  readonly values?: AnyValues;
  readonly durationMs?: number;
}

/**
 * One collection with its source, judged by the real rules on a simulated clock. Full assessments come every 30 s. Readings must end before
 * the next tick is due.
 */
export class SimulatedCollection {
  readonly clock = new SteppedClock();
  readonly plan: CollectionPlan;
  /** Every alert that fired or resolved. */
  readonly changes: Alert[] = [];
  /** Every alert that sinks received, with its time. */
  readonly sent: { readonly atMs: number; readonly alert: Alert }[] = [];
  readonly #monitor: HealthMonitor;
  readonly #record: CollectionRecord;
  readonly #source = new SourceRecord(5);
  readonly #roundMs: number;
  #isPaused = false;
  #nextRoundMs = 0;
  #tick = 0;

  /** @throws VitalsError `config_invalid` when a rule is refused */
  constructor(interval: string, health: HealthConfig) {
    const config: CollectorConfig<typeof seriesKind> = {
      sources: { it: { kind: "series" } },
      collections: {
        it: { source: "it", type: "machine", interval, retain: Math.max(40, Math.ceil(70_000 / (parseDuration(interval) as number))) },
      },
      health,
    };
    const plan = resolve(config, { sourceKinds: [seriesKind], sampleTypes: [machine] });
    this.plan = plan.collections.get("it") as CollectionPlan;
    const { options } = plan;
    this.#roundMs = options.health.interval;
    this.#record = new CollectionRecord(this.plan, { clock: this.clock, windows: options.windows });
    this.#monitor = new HealthMonitor({
      clock: this.clock,
      meter: createNoopMeter(),
      history: 10,
      identity: {},
      flapping: options.health.flapping,
      interval: options.health.interval,
      startupGrace: options.health.startup_grace,
      log: {
        transition: () => {},
        alerts: (alerts) => void this.changes.push(...alerts),
        send: (events) => {
          for (const event of events)
            if (event.kind === "alert" && event.alert.inhibitedBy === undefined)
              this.sent.push({ atMs: this.clock.monotonicMs(), alert: event.alert });
        },
      },
    });
    this.#monitor.add("source:it", { rules: sourceRules(options.health, () => this.#source.facts) });
    this.#monitor.add(
      ...collectionComponent(options.health, this.#record, {
        paused: () => (this.#isPaused ? "paused" : undefined),
        readingSinceMs: () => undefined,
      }),
    );
    this.#monitor.start();
    this.#record.start();
  }

  get nowMs(): number {
    return this.clock.monotonicMs();
  }

  /** Fires and resolves within the start-up grace that were never sent. */
  get suppressedAtStartup(): number {
    return this.#monitor.suppressedAtStartup;
  }

  /** When the next tick is due. */
  get dueMs(): number {
    return this.#tick * this.plan.intervalMs;
  }

  firing(): readonly Alert[] {
    return this.#monitor.alerts("firing");
  }

  /** The next tick; without a sample if `sample` is undefined. */
  tick(sample: SimulatedSample | undefined): void {
    const { dueMs } = this;
    this.advanceTo(dueMs);
    this.#tick += 1;
    if (!sample) return;
    const { outcome, values, durationMs = 1 } = sample;
    this.advanceTo(dueMs + Math.max(INSTANT_MS, durationMs));
    const head = { time: new Date(this.clock.wallMs()).toISOString(), collection: "it", outcome, durationMs };
    const made = values ? { ...head, values } : { ...head, error: { type: outcome, message: `${outcome} on purpose` } };
    this.#source.take(made);
    const record = { sample: made, atMs: dueMs, dueMs, latenessMs: 0 };
    this.#record.take(record, this.#record.points.resolve(values));
    this.#monitor.assessTick(componentsOf(this.plan), evaluationTimeOf(record));
  }

  /** Pauses the collection for some ticks. */
  pause(ticks: number): void {
    this.#isPaused = true;
    this.#monitor.assessChange(componentsOf(this.plan));
    this.#tick += ticks;
    this.advanceTo(this.dueMs);
    this.#isPaused = false;
    this.#record.start();
  }

  /** Full assessments until `ms`. */
  advanceTo(ms: number): void {
    for (; this.#nextRoundMs <= ms; this.#nextRoundMs += this.#roundMs) {
      this.clock.moveTo(this.#nextRoundMs);
      this.#monitor.assess();
    }
    this.clock.moveTo(ms);
  }
}
