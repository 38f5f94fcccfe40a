import { createNoopMeter } from "@opentelemetry/api";
import { collectionComponents } from "../collector/components.ts";
import { CollectionRecord } from "../collector/record.ts";
import type { CollectionPlan, Plan } from "../collector/resolve.ts";
import { sourceRules, type SourceFacts } from "../health/rules/built-in.ts";
import type { ComponentSpec } from "../health/component.ts";
import { HealthMonitor, OVERALL } from "../health/monitor.ts";
import type { Alert, HealthReport } from "../health/record.ts";
import type { Outcome } from "../sample/outcome.ts";
import { SteppedClock } from "./plan.ts";
import { INSTANT_MS, type Script, type ScriptedTick } from "./script.ts";

/** An alert that fired or resolved, as the sinks would be told. */
export interface Told {
  readonly atMs: number;
  readonly alert: Alert;
}

/** How everything stood at a moment. */
export interface Look {
  readonly alerts: readonly Alert[];
  readonly report: HealthReport;
}

/** What came of a simulated run. */
export interface Run {
  readonly told: readonly Told[];
  /** By the moment they were asked for. */
  readonly looks: ReadonlyMap<number, Look>;
  readonly endMs: number;
}

interface Step {
  readonly atMs: number;
  readonly act: () => void;
}

interface Actor {
  readonly record: CollectionRecord;
  readonly source: SourceRecord;
  readonly script: Script;
}

/**
 * A simulated run of written ticks through the buffers, rules and alerts of a real collector: what is judged is judged by the same code,
 * at the same moments, only the clock and the sources are replaced. Collections without a script are left out. Runs once.
 */
export class RuleSimulation {
  readonly #plan: Plan;
  readonly #clock = new SteppedClock();
  readonly #monitor: HealthMonitor;
  readonly #actors: readonly Actor[];
  readonly #told: Told[] = [];
  /** Alerts that each component may have. */
  readonly alertsOf: ReadonlyMap<string, readonly string[]>;

  constructor(plan: Plan, scripts: ReadonlyMap<string, Script>) {
    this.#plan = plan;
    this.#monitor = this.#makeMonitor();
    const specs = new Map<string, ComponentSpec>();
    const records = new Map<string, SourceRecord>();
    this.#actors = [...scripts].map(([name, script]): Actor => {
      const collection = plan.collections.get(name) as CollectionPlan;
      const record = new CollectionRecord(collection, { clock: this.#clock, windows: plan.options.windows });
      const sourceName = collection.source;
      const source = records.get(sourceName) ?? new SourceRecord(plan.sources.get(sourceName)?.breaker.failures ?? Infinity);
      records.set(sourceName, source);
      specs.set(`source:${sourceName}`, { rules: sourceRules(plan.options.health, () => source.facts) });
      for (const [component, spec] of collectionComponents(plan.options.health, record, () => false)) specs.set(component, spec);
      return { record, source, script };
    });
    for (const [component, spec] of specs) this.#monitor.add(component, spec);
    // The whole, and what only informs, alert nobody.
    const { informational } = plan.options.health;
    const alerting = [...specs].map(([name, { affectsOverall, rules }]) => {
      const onlyInforms = affectsOverall === false || informational.includes(name);
      return [name, onlyInforms ? [] : rules.map(({ alert }) => alert)] as const;
    });
    this.alertsOf = new Map([...alerting, [OVERALL, []]]);
  }

  /** @param moments when to look; the run goes on until the last of them and the last tick */
  run(moments: readonly number[]): Run {
    const endMs = Math.max(...moments, ...this.#actors.map(({ script }) => script.endMs));
    const looks = new Map<number, Look>();
    const look = (atMs: number): Step => ({
      // Right after what the moment brings.
      atMs: atMs + INSTANT_MS,
      act: () => void looks.set(atMs, { alerts: this.#monitor.alerts("firing"), report: this.#monitor.report() }),
    });
    const steps = [...this.#rounds(endMs), ...this.#actors.flatMap((actor) => this.#ticksOf(actor)), ...moments.map(look)];
    this.#monitor.start();
    for (const { atMs, act } of steps.toSorted((a, b) => a.atMs - b.atMs)) {
      this.#clock.moveTo(atMs);
      act();
    }
    this.#monitor.stop();
    return { told: this.#told, looks, endMs };
  }

  #makeMonitor(): HealthMonitor {
    const { history, flapping, informational } = this.#plan.options.health;
    return new HealthMonitor({
      clock: this.#clock,
      meter: createNoopMeter(),
      history,
      flapping,
      informational,
      identity: {},
      log: {
        transition: () => {},
        alerts: (alerts) => {
          const atMs = this.#clock.monotonicMs();
          // What only follows from another alert is told nobody.
          for (const alert of alerts) if (alert.inhibitedBy === undefined) this.#told.push({ atMs, alert });
        },
      },
    });
  }

  #rounds(endMs: number): readonly Step[] {
    const { interval } = this.#plan.options.health;
    const act = (): void => this.#monitor.assess();
    return Array.from({ length: Math.floor(endMs / interval) + 1 }, (_, n) => ({ atMs: n * interval, act }));
  }

  #ticksOf({ record, source, script }: Actor): readonly Step[] {
    const touched = [`source:${record.plan.source}`, `collection:${record.plan.name}`, `buffer:${record.plan.name}`];
    return script.ticks.map((tick) => ({
      atMs: tick.dueMs + Math.max(INSTANT_MS, tick.durationMs),
      act: () => {
        source.take(tick.outcome);
        this.#take(record, tick);
        this.#monitor.assess(touched);
      },
    }));
  }

  #take(record: CollectionRecord, { dueMs, outcome, durationMs, values }: ScriptedTick): void {
    const time = new Date(this.#clock.wallMs() - (this.#clock.monotonicMs() - dueMs)).toISOString();
    const head = { time, collection: record.plan.name, outcome, durationMs };
    const sample = values ? { ...head, values } : { ...head, error: { type: outcome, message: WORDS[outcome] } };
    record.take({ sample, atMs: dueMs, latenessMs: 0 });
  }
}

const WORDS: Readonly<Record<Outcome, string>> = {
  success: "",
  failed: "the series says failed",
  timeout: "the series says timeout",
  invalid: "the series says invalid",
  rejected: "the series says rejected",
  missed: "the series says missed",
};

/**
 * A source as the ticks that are written tell of it: its breaker is open from the failure that reaches its limit, or from a tick that
 * was rejected, until the source has answered. The breaker itself keeps the machine's time and cannot be simulated.
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
    return { breaker: this.#isOpen ? "open" : "closed", consecutiveFailures: this.#failures };
  }

  take(outcome: Outcome): void {
    if (outcome === "missed") return;
    if (outcome === "success" || outcome === "invalid") this.#failures = 0;
    else if (outcome !== "rejected") this.#failures += 1;
    this.#isOpen = outcome === "rejected" || this.#failures >= this.#limit;
  }
}
