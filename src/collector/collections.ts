import type { Clock } from "../base/clock.ts";
import { VitalsError } from "../base/errors.ts";
import { unknownName } from "../base/suggest.ts";
import { thresholdsOf } from "../health/rules/user.ts";
import { collectionComponent, componentOf, sourceComponentOf } from "./components.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Pipeline } from "./pipeline.ts";
import type { CollectionPlan, Plan } from "./resolve.ts";
import { CollectionRuntime } from "./runtime.ts";
import type { SourceWithBreaker } from "./sources.ts";

export interface CollectionsSettings {
  readonly clock: Clock;
  readonly sources: ReadonlyMap<string, SourceWithBreaker>;
  readonly pipeline: Pipeline;
  readonly lifecycle: Lifecycle;
}

/** Maximum wait for the reading in flight of a collection that is removed. */
const REMOVAL_MS = 5_000;

/** The collections of a collector: added and removed at any time, each with its runtime, its components and its loop. */
export class Collections {
  readonly #plan: Plan;
  readonly #settings: CollectionsSettings;
  readonly #runtimes = new Map<string, CollectionRuntime>();
  /** Functions that end the loop of a running collection, by its name. */
  readonly #endings = new Map<string, (deadlineMs: number) => Promise<void>>();

  constructor(plan: Plan, settings: CollectionsSettings) {
    this.#plan = plan;
    this.#settings = settings;
  }

  all(): IteratorObject<CollectionRuntime> {
    return this.#runtimes.values();
  }

  /** Plans of the collections that exist now. */
  plans(): readonly CollectionPlan[] {
    return [...this.#runtimes.values()].map(({ plan }) => plan);
  }

  /** @throws VitalsError `unknown_name` */
  get(name: string): CollectionRuntime {
    const runtime = this.#runtimes.get(name);
    if (!runtime) throw new VitalsError("unknown_name", unknownName("collection", name, this.#runtimes.keys()));
    return runtime;
  }

  /** Adds a collection; it ticks once it is started. @throws VitalsError `config_invalid` */
  add(plan: CollectionPlan): CollectionRuntime {
    const { name, source } = plan;
    if (this.#runtimes.has(name)) throw new VitalsError("config_invalid", `collection "${name}" exists already; choose another name`);
    const { clock, pipeline, sources } = this.#settings;
    const { health, windows } = this.#plan.options;
    const runtime = new CollectionRuntime(plan, {
      ...(sources.get(source) as SourceWithBreaker), // sound: a plan's collections read its sources
      clock,
      windows,
      thresholds: thresholdsOf(plan.rules, name, plan.slowMs),
      pipeline,
    });
    pipeline.instruments.register({
      name,
      type: runtime.type,
      cadence: plan.cadence,
      attributes: this.#plan.sources.get(source)?.attributes ?? {},
    });
    this.#runtimes.set(name, runtime);
    const state = { isPaused: () => runtime.state === "paused", readingSinceMs: () => runtime.readingSinceMs };
    pipeline.monitor.add(...collectionComponent(health, runtime.record, state));
    return runtime;
  }

  start(runtime: CollectionRuntime): void {
    this.#endings.set(
      runtime.name,
      this.#settings.lifecycle.run(`collection "${runtime.name}"`, () => runtime.run()),
    );
  }

  /** Resolves when its loop has ended. @throws VitalsError `unknown_name` */
  async remove(name: string): Promise<void> {
    const runtime = this.get(name);
    const { clock, pipeline } = this.#settings;
    const end = this.#endings.get(name);
    this.#runtimes.delete(name);
    this.#endings.delete(name);
    runtime.stop();
    runtime.abandon();
    pipeline.instruments.unregister(name);
    pipeline.monitor.remove(componentOf(name), "the collection was removed");
    pipeline.monitor.assessChange([sourceComponentOf(runtime.plan.source)]);
    await end?.(clock.monotonicMs() + REMOVAL_MS);
  }
}
