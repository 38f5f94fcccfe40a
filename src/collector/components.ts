import { getHeapStatistics } from "node:v8";
import type { CollectionRuntime } from "./runtime.ts";
import type { SourceWithBreaker } from "./resolve.ts";
import type { EventLoop } from "../base/event-loop.ts";
import {
  deliveryRules,
  droppingRule,
  processRules,
  sourceRules,
  type ProcessFacts,
  bufferRules,
  collectionRules,
} from "../health/rules/built-in.ts";
import type { ComponentSpec } from "../health/component.ts";
import type { HealthOptions } from "../health/rules/options.ts";
import type { SinkReport } from "../health/sink/sink.ts";
import { ticksDue } from "../sample/outcome.ts";
import type { ExporterReport } from "../telemetry/export/sender.ts";
import { userRules } from "../health/rules/user.ts";

type NamedComponent = readonly [name: string, spec: ComponentSpec];

/** What a collector is made of, as far as health watches it. */
export interface Watched {
  readonly sources: ReadonlyMap<string, SourceWithBreaker>;
  readonly handles: readonly CollectionRuntime[];
  exporters(): readonly ExporterReport[];
  sinks(): readonly SinkReport[];
  readonly eventLoop: EventLoop;
}

/** The components that every collector has: its sources, collections, buffers, exporters and sinks, and the process. */
export function builtInComponents(health: HealthOptions, watched: Watched): readonly NamedComponent[] {
  return [
    ...[...watched.sources].map(([name, { policy }]): NamedComponent => {
      const facts = () => ({ breaker: policy.state, consecutiveFailures: policy.consecutiveFailures });
      return [`source:${name}`, { rules: sourceRules(health, facts) }];
    }),
    ...watched.handles.flatMap((handle) => collectionComponents(health, handle)),
    ...watched.exporters().map(({ name }): NamedComponent => {
      const report = (): ExporterReport => named(watched.exporters(), name);
      return [
        `exporter:${name}`,
        { rules: deliveryRules(health, "VitalsExporterFailing", () => ({ ...report(), dropped: report().failures })) },
      ];
    }),
    ...watched.sinks().map(({ name }): NamedComponent => {
      const report = (): SinkReport => named(watched.sinks(), name);
      return [
        `sink:${name}`,
        { rules: [...deliveryRules(health, "VitalsSinkFailing", report), droppingRule(health, () => report().dropped)] },
      ];
    }),
    ["process", processComponent(health, watched)],
  ];
}

/** One that was there at the start is there for good. */
const named = <T extends { readonly name: string }>(reports: readonly T[], name: string): T =>
  reports.find((each) => each.name === name) as T;

function processComponent(health: HealthOptions, { handles, eventLoop }: Watched): ComponentSpec {
  let facts: ProcessFacts = { eventLoopDelayP99Ms: 0, heapUsed: 0, missedTicks: null };
  return { rules: processRules(health, () => facts), prepare: (nowMs) => void (facts = processFacts(nowMs, handles, eventLoop)) };
}

function processFacts(nowMs: number, handles: readonly CollectionRuntime[], eventLoop: EventLoop): ProcessFacts {
  const counts = handles.map((handle) => handle.outcomes1m(nowMs));
  const due = counts.reduce((sum, each) => sum + ticksDue(each), 0);
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return {
    eventLoopDelayP99Ms: eventLoop.delayP99Ms,
    heapUsed: used / limit,
    missedTicks: due === 0 ? null : counts.reduce((sum, { missed }) => sum + missed, 0) / due,
  };
}

/** What health watches of one collection: the collection by the built-in rules and the configuration's own, and its buffer. */
export function collectionComponents(
  health: HealthOptions,
  handle: CollectionRuntime,
): readonly (readonly [name: string, spec: ComponentSpec])[] {
  const { collection, slowMs, source } = handle.parts;
  let facts = handle.facts(handle.startedMs);
  const watched: ComponentSpec = {
    rules: [...collectionRules(health, slowMs, () => facts), ...userRules(health.rules, handle.ruleTarget)],
    prepare: (nowMs) => void (facts = handle.facts(nowMs)),
    dependsOn: `source:${source}`,
    suspended: () => (collection.state === "paused" ? "paused" : undefined),
  };
  const buffer: ComponentSpec = { rules: bufferRules(health, () => handle.bufferFacts()), affectsOverall: false };
  return [
    [`collection:${handle.name}`, watched],
    [`buffer:${handle.name}`, buffer],
  ];
}
