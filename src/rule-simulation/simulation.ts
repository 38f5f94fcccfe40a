import type { CollectionActivity } from "../collector/components.ts";
import type { Plan } from "../collector/resolve.ts";
import type { Alert, HealthReport } from "../health/record.ts";
import { INSTANT_MS, type SampleRecord } from "../sample/sample.ts";
import { SteppedClock } from "./plan.ts";
import { SimulatedCollector } from "./simulated-collector.ts";
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

/**
 * Runs written ticks through the buffers, rules and alerts of a real collector: the same code evaluates at the same times; only the clock
 * and the sources are simulated. Collections without ticks are left out. Runs once.
 */
export class RuleSimulation {
  readonly #plan: Plan;
  readonly #clock = new SteppedClock();
  readonly #collector: SimulatedCollector;
  readonly #sequences: ReadonlyMap<string, TickSequence>;
  readonly #notifications: Notification[] = [];

  constructor(plan: Plan, sequences: ReadonlyMap<string, TickSequence>) {
    this.#plan = plan;
    this.#sequences = sequences;
    const activities = new Map([...sequences].map(([name, ticks]) => [name, this.#activityOf(ticks)]));
    this.#collector = new SimulatedCollector(plan, activities, {
      clock: this.#clock,
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

  /** Names of the alerts that each component can have. */
  get alertsOf(): ReadonlyMap<string, readonly string[]> {
    return this.#collector.alertsOf;
  }

  /** @param timesMs when to take a snapshot; the run lasts until the last of these and the last tick */
  run(timesMs: readonly number[]): Run {
    const { monitor } = this.#collector;
    const endMs = Math.max(...timesMs, ...[...this.#sequences.values()].map((ticks) => ticks.endMs));
    const snapshots = new Map<number, Snapshot>();
    const snapshotAt = (atMs: number): Step => ({
      // Right after everything else at that time.
      atMs: atMs + INSTANT_MS,
      act: () => void snapshots.set(atMs, { alerts: monitor.alerts("firing"), report: monitor.report() }),
    });
    const steps = [
      ...this.#assessments(endMs),
      ...[...this.#sequences].flatMap(([name, ticks]) => this.#ticksOf(name, ticks)),
      ...timesMs.map(snapshotAt),
    ];
    this.#collector.start();
    for (const { atMs, act } of steps.toSorted((a, b) => a.atMs - b.atMs)) {
      this.#clock.moveTo(atMs);
      act();
    }
    monitor.stop();
    return { notifications: this.#notifications, snapshots, endMs };
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
    return { paused: () => undefined, readingSinceMs };
  }

  #assessments(endMs: number): readonly Step[] {
    const { interval, startup_grace: graceMs } = this.#plan.options.health;
    const act = (): void => this.#collector.monitor.assess();
    const rounds = Array.from({ length: Math.floor(endMs / interval) + 1 }, (_, n) => n * interval);
    const times = graceMs <= endMs && !rounds.includes(graceMs) ? [...rounds, graceMs] : rounds;
    return times.map((atMs) => ({ atMs, act }));
  }

  #ticksOf(name: string, { ticks }: TickSequence): readonly Step[] {
    return ticks.map((tick) => ({
      atMs: tick.dueMs + Math.max(INSTANT_MS, tick.durationMs),
      act: () => this.#collector.take(name, this.#recordOf(name, tick)),
    }));
  }

  #recordOf(name: string, { dueMs, outcome, durationMs, values }: SimulatedTick): SampleRecord {
    const time = new Date(this.#clock.wallMs() - (this.#clock.monotonicMs() - dueMs)).toISOString();
    const head = { time, collection: name, outcome, durationMs };
    const sample = values ? { ...head, values } : { ...head, error: { type: outcome, message: `${outcome} in the series` } };
    return { sample, atMs: dueMs, dueMs, latenessMs: 0 };
  }
}
