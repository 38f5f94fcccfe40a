import { getHeapStatistics } from "node:v8";
import { byText, type Pauser } from "../base/pauser.ts";
import type { ComponentSpec } from "../health/component.ts";
import {
  collectionRules,
  deliveryRules,
  droppingRule,
  processRules,
  sourceRules,
  type ProcessFacts,
  type SourceFacts,
} from "../health/rules/built-in.ts";
import { idleWhile } from "../health/rule.ts";
import type { HealthOptions } from "../health/rules/options.ts";
import { stateRules } from "../health/rules/state.ts";
import { userRules } from "../health/rules/user.ts";
import type { SinkReport } from "../health/sink/sink.ts";
import { LIVE_INTERVALS, ticksDue } from "../sample/outcome.ts";
import type { ExporterReport } from "../telemetry/telemetry.ts";
import type { CollectionRecord } from "./record.ts";
import type { CollectionPlan } from "./resolve.ts";
import type { CollectionRuntime } from "./runtime.ts";
import type { SourceWithBreaker } from "./sources.ts";

/** Name of the component that says whether the state can be saved. */
export const STATE_COMPONENT = "state";

export type NamedComponent = readonly [name: string, spec: ComponentSpec];

/** What the components of a collector evaluate, other than its collections. */
export interface Watched {
  readonly sources: () => ReadonlyMap<string, SourceWithBreaker>;
  /** The current collections; they can be added and removed. */
  readonly runtimes: () => Iterable<CollectionRuntime>;
  exporters(): readonly ExporterReport[];
  sinks(): readonly SinkReport[];
  readonly eventLoopDelayP99Ms: () => number | undefined;
  /** Why the state cannot be saved, undefined while it can; absent without a state. */
  readonly stateProblem?: (() => string | undefined) | undefined;
}

/** The components of every collector: its sources, exporters and sinks, and the process. */
export function collectorComponents(health: HealthOptions, watched: Watched): readonly NamedComponent[] {
  return [
    ...[...watched.sources()].map(([name, { policy }]): NamedComponent => {
      const readers = (): readonly CollectionRuntime[] => [...watched.runtimes()].filter(({ plan }) => plan.source === name);
      const intervalMs = (): number => Math.min(...readers().map(({ plan }) => plan.intervalMs));
      const spec: ComponentSpec = {
        rules: sourceRules(health, () => policyFacts(policy)),
        intervalMs,
        suspended: () => unread(readers()),
        // A breaker is closed at first; only a response says that the source answers.
        hasEvidence: (_, before) => before === "healthy" || policy.hasResponded || policy.state !== "closed",
      };
      return [sourceComponentOf(name), spec];
    }),
    ...watched.exporters().map(({ name }): NamedComponent => {
      const report = (): ExporterReport => named(watched.exporters(), name);
      return [
        `exporter:${name}`,
        {
          rules: deliveryRules(health, "VitalsExporterFailing", () => ({ ...report(), dropped: report().failures })),
          hasEvidence: (_, before) => before === "healthy" || hasDelivered(report()),
        },
      ];
    }),
    ...watched.sinks().map(({ name }): NamedComponent => {
      const report = (): SinkReport => named(watched.sinks(), name);
      return [
        sinkComponentOf(name),
        {
          rules: [...deliveryRules(health, "VitalsSinkFailing", report), droppingRule(health, () => report().dropped)],
          hasEvidence: (_, before) => before === "healthy" || report().pending === 0 || hasDelivered(report()),
        },
      ];
    }),
    [PROCESS_COMPONENT, processComponent(health, watched)],
    ...(watched.stateProblem ? [[STATE_COMPONENT, { rules: stateRules(health, watched.stateProblem) }] as const] : []),
  ];
}

/** Whether a delivery has succeeded or failed since the start. */
const hasDelivered = ({ consecutiveFailures, lastSuccess }: Pick<SinkReport, "consecutiveFailures" | "lastSuccess">): boolean =>
  consecutiveFailures > 0 || lastSuccess !== null;

/** Why nothing reads a source, so that nothing can be found out about it; undefined if something does. */
function unread(readers: readonly CollectionRuntime[]): string | undefined {
  if (readers.length === 0) return "no collection reads it";
  return readers.every(({ state }) => state === "paused") ? PAUSED : undefined;
}

const policyFacts = ({ state, consecutiveFailures, lastError }: SourceWithBreaker["policy"]): SourceFacts => ({
  breaker: state,
  consecutiveFailures,
  lastError,
});

/** An exporter or sink has a report for as long as it has a component. */
const named = <T extends { readonly name: string }>(reports: readonly T[], name: string): T =>
  reports.find((each) => each.name === name) as T;

function processComponent(health: HealthOptions, watched: Watched): ComponentSpec {
  let facts: ProcessFacts = { eventLoopDelayP99Ms: undefined, heapUsed: 0, missedTicks: 0 };
  return { rules: processRules(health, () => facts), prepare: (nowMs) => void (facts = processFacts(nowMs, watched)) };
}

function processFacts(nowMs: number, { runtimes, eventLoopDelayP99Ms }: Watched): ProcessFacts {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return {
    eventLoopDelayP99Ms: eventLoopDelayP99Ms(),
    heapUsed: used / limit,
    missedTicks: missedTicksOf(
      [...runtimes()].map(({ record }) => record),
      nowMs,
    ),
  };
}

/** Share of the last minute's ticks of collections that were missed; 0 where none was due. */
export function missedTicksOf(records: readonly Pick<CollectionRecord, "outcomes1m">[], nowMs: number): number {
  const counts = records.map((record) => record.outcomes1m(nowMs));
  const due = counts.reduce((sum, each) => sum + ticksDue(each), 0);
  return due === 0 ? 0 : counts.reduce((sum, { missed }) => sum + missed, 0) / due;
}

const PAUSED = "paused";

/** The reason of a component whose collection is paused; undefined if it is not. */
export const pausedReason = (pause: Pauser | undefined): string | undefined => pause && PAUSED + byText(pause);

/** Whether a reason is that of a pause. */
export const isPausedReason = (reason: string): boolean => reason === PAUSED || reason.startsWith(`${PAUSED} by `);

/** What a collection does now. */
export interface CollectionActivity {
  /** Why its rules are suspended; undefined while it is not paused. */
  readonly paused: () => string | undefined;
  /** Monotonic time at which the reading in flight started; undefined if there is none. */
  readonly readingSinceMs: () => number | undefined;
}

/**
 * The component of a collection, with built-in and user-defined rules.
 *
 * @param paused why the collection is paused: its rules are suspended then
 * @param readingSinceMs when the reading in flight started; undefined if there is none
 */
export function collectionComponent(
  health: HealthOptions,
  record: CollectionRecord,
  { paused, readingSinceMs }: CollectionActivity,
): NamedComponent {
  const { name, source } = record.plan;
  let facts = record.facts(0, undefined);
  const rules = [...collectionRules(health, record.plan, () => facts), ...userRules(record.plan.rules, record.ruleTarget)];
  const spec: ComponentSpec = {
    rules: rules.map((rule) => idleWhile(rule, () => record.waitingReason)),
    prepare: (nowMs) => void (facts = record.facts(nowMs, readingSinceMs())),
    dependsOn: `source:${source}`,
    intervalMs: () => record.plan.intervalMs,
    suspended: paused,
    hasEvidence: ({ nowMs }) =>
      record.hasTicked || record.facts(nowMs, readingSinceMs()).sinceSampleMs > LIVE_INTERVALS * record.plan.intervalMs,
  };
  return [componentOf(name), spec];
}

/** Name of the component that judges the process of the collector. */
export const PROCESS_COMPONENT = "process";

/** Name of the component of a source. */
export const sourceComponentOf = (source: string): string => `source:${source}`;

/** Name of the component of a sink. */
export const sinkComponentOf = (sink: string): string => `sink:${sink}`;

/** Name of the component of a collection. */
export const componentOf = (collection: string): string => `collection:${collection}`;

/** Names of the components whose status a sample of the collection can change. */
export const componentsOf = ({ name, source }: Pick<CollectionPlan, "name" | "source">): readonly string[] => [
  sourceComponentOf(source),
  componentOf(name),
];
