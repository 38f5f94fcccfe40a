import type { Clock } from "../base/clock.ts";
import { VitalsError } from "../base/errors.ts";
import { unknownName } from "../base/suggest.ts";
import { thresholdsOf } from "../health/rules/user.ts";
import type { InstrumentedCollection } from "../telemetry/instruments.ts";
import { collectionComponent, componentOf, pausedReason, sourceComponentOf, type NamedComponent } from "./components.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { CollectorOptions } from "./options.ts";
import type { Pipeline } from "./pipeline.ts";
import type { CollectionPlan, Plan } from "./resolve.ts";
import { CollectionRuntime, type RuntimeSettings } from "./runtime.ts";
import type { Sources, SourceWithBreaker } from "./sources.ts";

export interface CollectionsSettings {
  readonly clock: Clock;
  readonly sources: Sources;
  readonly pipeline: Pipeline;
  readonly lifecycle: Lifecycle;
}

/** Maximum wait for the reading in flight of a collection that is removed. */
const REMOVAL_MS = 5_000;

/** The collections of a collector: added, changed and removed at any time, each with its runtime, its components and its loop. */
export class Collections {
  #plan: Plan;
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

  /** The plan, with the collections that exist now. */
  get plan(): Plan {
    return { ...this.#plan, collections: new Map(this.#runtimes.entries().map(([name, { plan }]) => [name, plan])) };
  }

  /** @throws VitalsError `unknown_name` */
  get(name: string): CollectionRuntime {
    const runtime = this.#runtimes.get(name);
    if (!runtime) throw new VitalsError("unknown_name", unknownName("collection", name, this.#runtimes.keys()));
    return runtime;
  }

  /** Adds a collection; it ticks once it is started. @throws VitalsError `config_invalid` */
  add(plan: CollectionPlan): CollectionRuntime {
    const { name } = plan;
    if (this.#runtimes.has(name)) throw new VitalsError("config_invalid", `collection "${name}" exists already; choose another name`);
    const { pipeline } = this.#settings;
    const runtime = new CollectionRuntime(plan, this.#runtimeSettings(plan));
    // A collection of this name that was removed has left samples in the journal.
    if (this.#settings.lifecycle.state === "running") runtime.record.begunAfter = pipeline.journal.head;
    pipeline.instruments.register(this.#instrumented(runtime));
    this.#runtimes.set(name, runtime);
    pipeline.monitor.add(...this.component(runtime, this.#plan.options));
    return runtime;
  }

  start(runtime: CollectionRuntime): void {
    this.#endings.set(
      runtime.name,
      this.#settings.lifecycle.run(`collection "${runtime.name}"`, () => runtime.run()),
    );
  }

  /** The plan of which collections are added and changed from now on. Its sources must be there. */
  follow(plan: Plan): void {
    this.#plan = plan;
  }

  /** Continues collections by other plans of their sample types. Their components follow from `component`. */
  change(plans: readonly CollectionPlan[]): void {
    const { pipeline } = this.#settings;
    const runtimes = plans.map((plan) => {
      const runtime = this.get(plan.name);
      runtime.change(plan, this.#runtimeSettings(plan));
      if (runtime.record.hasMisfits) runtime.record.begunAfter = pipeline.journal.head;
      return runtime;
    });
    pipeline.instruments.change(runtimes.map((runtime) => this.#instrumented(runtime)));
  }

  /** The component of a collection. */
  component(runtime: CollectionRuntime, { health }: Pick<CollectorOptions, "health">): NamedComponent {
    const state = { paused: () => pausedReason(runtime.paused), readingSinceMs: () => runtime.readingSinceMs };
    return collectionComponent(health, runtime.record, state);
  }

  /** Resolves when its loop has ended. @throws VitalsError `unknown_name` */
  async remove(name: string): Promise<void> {
    const { source } = this.get(name).plan;
    const ended = this.detach(name, "the collection was removed");
    this.#settings.pipeline.monitor.assessChange([sourceComponentOf(source)]);
    await ended;
  }

  /**
   * Removes a collection without a new assessment of its source.
   *
   * @param reason why its alerts are resolved
   * @returns resolves when its loop has ended
   * @throws VitalsError `unknown_name`
   */
  async detach(name: string, reason: string): Promise<void> {
    const runtime = this.get(name);
    const { clock, pipeline } = this.#settings;
    const end = this.#endings.get(name);
    this.#runtimes.delete(name);
    this.#endings.delete(name);
    runtime.stop();
    runtime.abandon();
    pipeline.instruments.unregister(name);
    pipeline.monitor.remove(componentOf(name), reason);
    await end?.(clock.monotonicMs() + REMOVAL_MS);
  }

  #runtimeSettings({ name, rules, slowMs, source }: CollectionPlan): RuntimeSettings {
    const { clock, pipeline, sources } = this.#settings;
    return {
      ...(sources.get(source) as SourceWithBreaker), // sound: a plan's collections read its sources
      clock,
      windows: this.#plan.options.windows,
      thresholds: thresholdsOf(rules, name, slowMs),
      pipeline,
    };
  }

  #instrumented({ name, plan, type }: CollectionRuntime): InstrumentedCollection {
    return { name, type, cadence: plan.cadence, attributes: this.#plan.sources.get(plan.source)?.attributes ?? {} };
  }
}
