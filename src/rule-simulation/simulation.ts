import { createNoopMeter } from "@opentelemetry/api";
import { collectionComponent, componentsOf, type CollectionActivity } from "../collector/components.ts";
import { CollectionRecord, evaluationTimeOf } from "../collector/record.ts";
import type { CollectionPlan, Plan } from "../collector/resolve.ts";
import { sourceRules, type SourceFacts } from "../health/rules/built-in.ts";
import type { ComponentSpec } from "../health/component.ts";
import type { EvaluationTime } from "../health/rule.ts";
import { HealthMonitor } from "../health/monitor.ts";
import { OVERALL } from "../health/overall.ts";
import type { Alert, HealthReport } from "../health/record.ts";
import type { Outcome } from "../sample/outcome.ts";
import { SteppedClock } from "./plan.ts";
import { INSTANT_MS } from "../sample/sample.ts";
import type { TickSequence, SimulatedTick } from "./ticks.ts";

/** An alert that fired or resolved, as a sink would be notified of it. */
export interface Notification {
  readonly atMs: number;
  readonly alert: Alert;
}

/** All alerts and components at one time of a run. */
export interface Snapshot {
  readonly alerts: readonly Alert[];
  readonly report: HealthReport;
}

/** The result of a simulated run. */
export interface Run {
  readonly notifications: readonly Notification[];
  /** By requested time, in milliseconds since the start of the run. */
  readonly snapshots: ReadonlyMap<number, Snapshot>;
  readonly endMs: number;
}

interface Step {
  readonly atMs: number;
  readonly act: () => void;
}

interface SimulatedCollection {
  readonly record: CollectionRecord;
  readonly source: SourceRecord;
  readonly ticks: TickSequence;
}

/**
 * Runs written ticks through the buffers, rules and alerts of a real collector: the same code evaluates at the same times; only the clock
 * and the sources are simulated. Collections without ticks are left out. Runs once.
 */
export class RuleSimulation {
  readonly #plan: Plan;
  readonly #clock = new SteppedClock();
  readonly #monitor: HealthMonitor;
  readonly #collections: readonly SimulatedCollection[];
  readonly #notifications: Notification[] = [];
  /** Names of the alerts that each component can have. */
  readonly alertsOf: ReadonlyMap<string, readonly string[]>;

  constructor(plan: Plan, sequences: ReadonlyMap<string, TickSequence>) {
    this.#plan = plan;
    this.#monitor = this.#makeMonitor();
    const specs = new Map<string, ComponentSpec>();
    const records = new Map<string, SourceRecord>();
    this.#collections = [...sequences].map(([name, ticks]): SimulatedCollection => {
      const collection = plan.collections.get(name) as CollectionPlan;
      const record = new CollectionRecord(collection, { clock: this.#clock, windows: plan.options.windows });
      const sourceName = collection.source;
      const source = records.get(sourceName) ?? new SourceRecord(plan.sources.get(sourceName)?.breaker.failures ?? Infinity);
      records.set(sourceName, source);
      specs.set(`source:${sourceName}`, { rules: sourceRules(plan.options.health, () => source.facts) });
      specs.set(...collectionComponent(plan.options.health, record, this.#activityOf(ticks)));
      return { record, source, ticks };
    });
    for (const [component, spec] of specs) this.#monitor.add(component, spec);
    // The overall status and informational components never alert.
    const { informational } = plan.options.health;
    const alerting = [...specs].map(
      ([name, { rules }]) => [name, informational.includes(name) ? [] : rules.map(({ alert }) => alert)] as const,
    );
    this.alertsOf = new Map([...alerting, [OVERALL, []]]);
  }

  /** @param timesMs when to take a snapshot; the run lasts until the last of these and the last tick */
  run(timesMs: readonly number[]): Run {
    const endMs = Math.max(...timesMs, ...this.#collections.map(({ ticks }) => ticks.endMs));
    const snapshots = new Map<number, Snapshot>();
    const snapshotAt = (atMs: number): Step => ({
      // Right after everything else at that time.
      atMs: atMs + INSTANT_MS,
      act: () => void snapshots.set(atMs, { alerts: this.#monitor.alerts("firing"), report: this.#monitor.report() }),
    });
    const steps = [
      ...this.#assessments(endMs),
      ...this.#collections.flatMap((collection) => this.#ticksOf(collection)),
      ...timesMs.map(snapshotAt),
    ];
    this.#monitor.start();
    for (const { atMs, act } of steps.toSorted((a, b) => a.atMs - b.atMs)) {
      this.#clock.moveTo(atMs);
      act();
    }
    this.#monitor.stop();
    return { notifications: this.#notifications, snapshots, endMs };
  }

  #makeMonitor(): HealthMonitor {
    const { history, flapping, informational, interval, startup_grace: startupGrace } = this.#plan.options.health;
    return new HealthMonitor({
      clock: this.#clock,
      meter: createNoopMeter(),
      history,
      flapping,
      informational,
      interval,
      startupGrace,
      identity: {},
      log: {
        transition: () => {},
        alerts: () => {},
        send: (events) => {
          const atMs = this.#clock.monotonicMs();
          const alerts = events.flatMap((event) => (event.kind === "alert" ? event.alert : []));
          // Sinks are not notified of inhibited alerts.
          for (const alert of alerts) if (alert.inhibitedBy === undefined) this.#notifications.push({ atMs, alert });
        },
      },
    });
  }

  #activityOf({ ticks }: TickSequence): CollectionActivity {
    // The clock never goes back, and no tick is due before the one before it has ended.
    let current = 0;
    const readingSinceMs = (): number | undefined => {
      const nowMs = this.#clock.monotonicMs();
      const endMs = ({ dueMs, durationMs }: SimulatedTick): number => dueMs + durationMs;
      while (current < ticks.length && endMs(ticks[current] as SimulatedTick) <= nowMs) current += 1;
      const tick = ticks[current];
      return tick && tick.dueMs <= nowMs ? tick.dueMs : undefined;
    };
    return { isPaused: () => false, readingSinceMs };
  }

  #assessments(endMs: number): readonly Step[] {
    const { interval, startup_grace: graceMs } = this.#plan.options.health;
    const act = (): void => this.#monitor.assess();
    const rounds = Array.from({ length: Math.floor(endMs / interval) + 1 }, (_, n) => n * interval);
    const times = graceMs <= endMs && !rounds.includes(graceMs) ? [...rounds, graceMs] : rounds;
    return times.map((atMs) => ({ atMs, act }));
  }

  #ticksOf({ record, source, ticks }: SimulatedCollection): readonly Step[] {
    const affected = componentsOf(record.plan);
    return ticks.ticks.map((tick) => ({
      atMs: tick.dueMs + Math.max(INSTANT_MS, tick.durationMs),
      act: () => {
        source.take(tick.outcome);
        this.#monitor.assessTick(affected, this.#take(record, tick));
      },
    }));
  }

  #take(record: CollectionRecord, { dueMs, outcome, durationMs, values }: SimulatedTick): EvaluationTime {
    const time = new Date(this.#clock.wallMs() - (this.#clock.monotonicMs() - dueMs)).toISOString();
    const head = { time, collection: record.plan.name, outcome, durationMs };
    const sample = values ? { ...head, values } : { ...head, error: { type: outcome, message: `${outcome} in the series` } };
    record.take({ sample, atMs: dueMs, dueMs, latenessMs: 0 }, record.points.resolve(values));
    return evaluationTimeOf({ atMs: dueMs, dueMs });
  }
}

/**
 * The state of a source's breaker as the written ticks imply it: open from the failure that reaches the limit, or from a rejected tick,
 * until the source responds. The real breaker uses the system clock and cannot be simulated.
 */
export class SourceRecord {
  readonly #limit: number;
  #failures = 0;
  #isOpen = false;

  /** @param limit consecutive failures that open the breaker */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get facts(): SourceFacts {
    const lastError = this.#failures > 0 ? "as written in the series" : undefined;
    return { breaker: this.#isOpen ? "open" : "closed", consecutiveFailures: this.#failures, lastError };
  }

  take(outcome: Outcome): void {
    if (outcome === "missed") return;
    if (outcome === "success" || outcome === "invalid" || outcome === "waiting") this.#failures = 0;
    else if (outcome !== "rejected") this.#failures += 1;
    this.#isOpen = outcome === "rejected" || this.#failures >= this.#limit;
  }
}
