import { createNoopMeter } from "@opentelemetry/api";
import {
  collectionComponent,
  componentsOf,
  missedTicksOf,
  PROCESS_COMPONENT,
  sourceComponentOf,
  type CollectionActivity,
} from "../collector/components.ts";
import { CollectionRecord, evaluationTimeOf } from "../collector/record.ts";
import type { CollectionPlan, Plan } from "../collector/resolve.ts";
import type { ComponentSpec } from "../health/component.ts";
import { HealthMonitor } from "../health/monitor.ts";
import { OVERALL } from "../health/overall.ts";
import { processRules, sourceRules, type ProcessFacts } from "../health/rules/built-in.ts";
import type { SavedHealth, SavedHistory } from "../health/saved.ts";
import type { HealthLog } from "../health/settings.ts";
import type { SampleRecord } from "../sample/sample.ts";
import type { SteppedClock } from "./plan.ts";
import { SourceRecord } from "./source-record.ts";

export interface SimulatedCollectorSettings {
  readonly clock: SteppedClock;
  readonly log: HealthLog;
  /** Milliseconds of the start-up grace; default: as configured. */
  readonly startupGraceMs?: number;
  /** Whether the missed ticks of all collections are judged as well; default: false. */
  readonly judgesProcess?: boolean;
}

/** The only rule of the process that evaluates samples. */
export const TICKS_MISSED = "VitalsTicksMissed";

/** What a simulated collector remembers over a restart. */
export interface SavedCollector {
  readonly health: SavedHealth;
  readonly history: SavedHistory;
  readonly withoutSuccessMs: ReadonlyMap<string, number>;
  readonly savedMs: number;
}

interface SimulatedCollection {
  readonly record: CollectionRecord;
  readonly source: SourceRecord;
  readonly affected: readonly string[];
}

/** The buffers, rules and alerts of a real collector on a simulated clock, without its sources: samples are passed to it. */
export class SimulatedCollector {
  readonly monitor: HealthMonitor;
  /** Names of the alerts that each component can have. */
  readonly alertsOf: ReadonlyMap<string, readonly string[]>;
  readonly #clock: SteppedClock;
  readonly #collections: ReadonlyMap<string, SimulatedCollection>;

  /** @param activities what each collection does; those of the plan that are missing are left out */
  constructor(plan: Plan, activities: ReadonlyMap<string, CollectionActivity>, settings: SimulatedCollectorSettings) {
    const { health, windows } = plan.options;
    this.#clock = settings.clock;
    this.monitor = makeMonitor(plan, settings);
    const specs = new Map<string, ComponentSpec>();
    const sources = new Map<string, SourceRecord>();
    const collections = new Map<string, SimulatedCollection>();
    for (const [name, activity] of activities) {
      const collection = plan.collections.get(name) as CollectionPlan;
      const { source: sourceName } = collection;
      const record = new CollectionRecord(collection, { clock: this.#clock, windows });
      const source = sources.get(sourceName) ?? new SourceRecord(plan.sources.get(sourceName)?.breaker.failures ?? Infinity);
      sources.set(sourceName, source);
      collections.set(name, { record, source, affected: componentsOf(collection) });
      const readers = [...activities].filter(([each]) => plan.collections.get(each)?.source === sourceName);
      specs.set(sourceComponentOf(sourceName), {
        rules: sourceRules(health, () => source.facts),
        suspended: () => (readers.every(([, { paused }]) => paused() !== undefined) ? "paused" : undefined),
        hasEvidence: (_, before) => before === "healthy" || source.hasEvidence,
      });
      specs.set(...collectionComponent(health, record, activity));
    }
    this.#collections = collections;
    if (settings.judgesProcess === true) specs.set(PROCESS_COMPONENT, this.#process(plan));
    for (const [component, spec] of specs) this.monitor.add(component, spec);
    // The overall status and informational components never alert.
    const alerting = [...specs].map(
      ([name, { rules }]) => [name, health.informational.includes(name) ? [] : rules.map(({ alert }) => alert)] as const,
    );
    this.alertsOf = new Map([...alerting, [OVERALL, []]]);
  }

  start(): void {
    for (const { record } of this.#collections.values()) record.start();
    this.monitor.start();
  }

  /** Takes a sample of a collection, and evaluates the components that it affects. */
  take(name: string, record: SampleRecord): void {
    const collection = this.#of(name);
    collection.source.take(record.sample);
    collection.record.take(record, collection.record.points.resolve(record.sample.values));
    this.monitor.assessTick(collection.affected, evaluationTimeOf(record));
    collection.source.evaluated();
  }

  /** Adds a sample from before the start: it judges nothing. */
  restoreSample(name: string, record: Pick<SampleRecord, "sample" | "atMs">): void {
    this.#of(name).record.restore(record);
  }

  /** A collection was paused. */
  paused(name: string): void {
    this.monitor.assessChange(this.#of(name).affected);
  }

  /** A collection was resumed: what happened before the pause is no longer missing data. */
  resumed(name: string): void {
    this.#of(name).record.start();
  }

  save(): SavedCollector {
    const withoutSuccessMs = new Map([...this.#collections].map(([name, { record }]) => [name, record.withoutSuccessMs]));
    const { memory } = this.monitor;
    return { health: memory.save(), history: memory.saveHistory(), withoutSuccessMs, savedMs: this.#clock.monotonicMs() };
  }

  /** Continues from what another one saved. Call it before the start. */
  restore({ health, history, savedMs, withoutSuccessMs }: SavedCollector): void {
    this.monitor.memory.restore(health, history, savedMs);
    for (const [name, ms] of withoutSuccessMs) this.#of(name).record.continueWithoutSuccess(ms);
  }

  #process({ options }: Plan): ComponentSpec {
    const missedTicks = (): number =>
      missedTicksOf(
        [...this.#collections.values()].map(({ record }) => record),
        this.#clock.monotonicMs(),
      );
    const facts = (): ProcessFacts => ({
      eventLoopDelayP99Ms: undefined,
      heapUsed: 0,
      missedTicks: missedTicks(),
    });
    return { rules: processRules(options.health, facts).filter(({ alert }) => alert === TICKS_MISSED) };
  }

  #of(name: string): SimulatedCollection {
    return this.#collections.get(name) as SimulatedCollection;
  }
}

function makeMonitor(plan: Plan, { clock, log, startupGraceMs }: SimulatedCollectorSettings): HealthMonitor {
  const { history, flapping, informational, interval, startup_grace: startupGrace } = plan.options.health;
  return new HealthMonitor({
    clock,
    meter: createNoopMeter(),
    history,
    flapping,
    informational,
    interval,
    startupGrace: startupGraceMs ?? startupGrace,
    identity: {},
    log,
  });
}
