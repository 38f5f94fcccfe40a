import { isDeepStrictEqual } from "node:util";
import type { ReconfigurationReport } from "../answer/reconfiguration.ts";
import { VitalsError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { quoted } from "../base/suggest.ts";
import type { ReadingInFlight } from "../collection/collection.ts";
import { SINK_ATTRIBUTE, SOURCE_ATTRIBUTE } from "../telemetry/names.ts";
import type { Collections } from "./collections.ts";
import { collectorComponents, componentOf, sinkComponentOf, sourceComponentOf, type Watched } from "./components.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Pipeline } from "./pipeline.ts";
import { planChange, rebased, type PlanChange } from "./plan-change.ts";
import { reportOf, summaryOf } from "./reconfiguration-report.ts";
import type { CollectionPlan, Plan } from "./resolve.ts";
import type { Rounds } from "./rounds.ts";
import type { CollectorState } from "./state.ts";
import type { Sources } from "./sources.ts";

/** The parts of a collector that a configuration affects. */
export interface ConfiguredParts {
  readonly collections: Collections;
  readonly sources: Sources;
  readonly pipeline: Pipeline;
  readonly rounds: Rounds;
  readonly lifecycle: Lifecycle;
  /** Undefined if nothing of the collector survives it. */
  readonly state: CollectorState | undefined;
  readonly watched: Watched;
  readonly logger: Logger;
}

/**
 * Continues a running collector with another plan, within one turn of the event loop. Readers of the journal see it as a whole.
 *
 * @throws VitalsError `lifecycle` unless the collector is running; `config_invalid` if a component of the program has the name of a new one. Then
 *   nothing has changed
 */
export function reconfigure(parts: ConfiguredParts, next: Plan): ReconfigurationReport {
  const { collections, lifecycle, logger, pipeline, state } = parts;
  if (lifecycle.state !== "running")
    throw new VitalsError("lifecycle", `a collector that is ${lifecycle.state} cannot take another configuration`);
  const before = collections.plan;
  const change = planChange(before, next);
  const plan = rebased(before, next, change);
  refuseTakenNames(change, pipeline);
  pipeline.atomically(() => new Reconfiguration(parts, before, plan, change).apply());
  state?.configured(plan.collections.values());
  const report = reportOf(change, before, plan, { collections, monitor: pipeline.monitor });
  // The command logs more of it itself.
  logger.debug(summaryOf(report));
  return report;
}

/** A program can have registered a component under any name. */
function refuseTakenNames(change: PlanChange, { monitor }: Pipeline): void {
  for (const { names, componentOf: nameOf } of componentNames(change)) {
    for (const name of names("added")) {
      const component = nameOf(name);
      if (monitor.has(component))
        throw new VitalsError("config_invalid", `a component named ${quoted(component)} exists already; choose another name`);
    }
  }
}

const named = (changes: PlanChange["sources"], ...wanted: readonly string[]): readonly string[] =>
  [...changes].filter(([, change]) => wanted.includes(change)).map(([name]) => name);

const componentNames = ({ collections, sinks, sources }: PlanChange) =>
  [
    { names: (...wanted: readonly string[]) => named(sources, ...wanted), componentOf: sourceComponentOf },
    { names: (...wanted: readonly string[]) => named(collections, ...wanted), componentOf },
    { names: (...wanted: readonly string[]) => named(sinks, ...wanted), componentOf: sinkComponentOf },
  ] as const;

/** One change of plans. The order matters: what refers to something ends before it does. */
class Reconfiguration {
  readonly #parts: ConfiguredParts;
  readonly #before: Plan;
  readonly #plan: Plan;
  readonly #change: PlanChange;
  /** Whether what applies to all components changed. */
  readonly #isHealthChanged: boolean;

  constructor(parts: ConfiguredParts, before: Plan, plan: Plan, change: PlanChange) {
    this.#parts = parts;
    this.#before = before;
    this.#plan = plan;
    this.#change = change;
    this.#isHealthChanged = change.settings.some((path) => path.startsWith("health."));
  }

  apply(): void {
    const { collections, pipeline, rounds } = this.#parts;
    const { sinks } = this.#change;
    const used = this.#readingsBySource();
    const replaced = this.#replaced();
    for (const name of named(this.#change.collections, "removed")) void collections.detach(name, "the collection was removed");
    for (const { name } of replaced) void collections.detach(name, "the collection reads another sample type");
    for (const name of named(sinks, "removed")) pipeline.monitor.remove(sinkComponentOf(name), "the sink was removed");
    this.#logDropped(pipeline.configure(this.#plan.options));
    rounds.change(this.#plan.options.health.interval);
    this.#changeSources(used);
    collections.follow(this.#plan);
    this.#changeCollections(replaced);
    this.#changeComponents();
    this.#removeSources(used);
    for (const name of named(sinks, "removed")) pipeline.instruments.endSeries(SINK_ATTRIBUTE, name);
    pipeline.monitor.configured();
  }

  /** Readings in flight by the source that they use. */
  #readingsBySource(): ReadonlyMap<string, readonly ReadingInFlight[]> {
    const used = Map.groupBy(this.#parts.collections.all(), ({ plan }) => plan.source);
    return new Map(
      [...used].map(([source, runtimes]) => [source, runtimes.map(({ inFlight }) => inFlight).filter((each) => each !== undefined)]),
    );
  }

  /** Plans of collections of which nothing stays: they read another sample type. */
  #replaced(): readonly CollectionPlan[] {
    return this.#plans("changed").filter(
      ({ name, reading }) => this.#before.collections.get(name)?.reading.type.name !== reading.type.name,
    );
  }

  /** Plans of the collections with such a change. */
  #plans(...wanted: readonly string[]): readonly CollectionPlan[] {
    return [...this.#plan.collections.values()].filter(({ name }) => wanted.includes(this.#change.collections.get(name) ?? ""));
  }

  #changeSources(used: ReadonlyMap<string, readonly ReadingInFlight[]>): void {
    const { sources } = this.#parts;
    for (const source of this.#plan.sources.values()) {
      const change = this.#change.sources.get(source.name);
      if (change === "added") sources.add(source, this.#plan);
      if (change === "changed") sources.replace(source, this.#plan, used.get(source.name) ?? []);
    }
  }

  #changeCollections(replaced: readonly CollectionPlan[]): void {
    const { collections } = this.#parts;
    const areWindowsChanged = !isDeepStrictEqual(this.#before.options.windows, this.#plan.options.windows);
    const changed = areWindowsChanged ? this.#plans("changed", "unchanged") : this.#plans("changed");
    collections.change(changed.filter((plan) => !replaced.includes(plan)));
    for (const plan of [...replaced, ...this.#plans("added")]) collections.start(collections.add(plan));
  }

  #changeComponents(): void {
    const { collections, pipeline, watched } = this.#parts;
    const { monitor } = pipeline;
    const { windows } = this.#plan.options;
    const areRecordsChanged = !isDeepStrictEqual(this.#before.options.windows, windows);
    for (const runtime of collections.all()) {
      const isChanged = this.#change.collections.get(runtime.name) === "changed";
      if (isChanged || areRecordsChanged || this.#isHealthChanged) monitor.change(...collections.component(runtime, this.#plan.options));
    }
    const changedSources = new Set(named(this.#change.sources, "changed").map(sourceComponentOf));
    for (const [name, spec] of collectorComponents(this.#plan.options.health, watched)) {
      if (!monitor.has(name)) monitor.add(name, spec);
      // Its breaker is closed at first; that the earlier source failed stands until this one has responded.
      else if (changedSources.has(name)) monitor.change(name, spec, true);
      else if (this.#isHealthChanged) monitor.change(name, spec);
    }
  }

  #removeSources(used: ReadonlyMap<string, readonly ReadingInFlight[]>): void {
    const { pipeline, sources } = this.#parts;
    for (const name of named(this.#change.sources, "removed")) {
      void sources.remove(name, used.get(name) ?? [], () => pipeline.instruments.endSeries(SOURCE_ATTRIBUTE, name));
      pipeline.monitor.remove(sourceComponentOf(name), "the source was removed");
    }
  }

  #logDropped(dropped: ReadonlyMap<string, number>): void {
    for (const [name, count] of dropped)
      if (count > 0)
        this.#parts.logger.warn(
          `the sink ${quoted(name)} was removed; ${count === 1 ? "1 pending alert is" : `${count} pending alerts are`} dropped`,
        );
  }
}
