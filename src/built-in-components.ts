import { getHeapStatistics } from "node:v8";
import { collectionComponents } from "./collection-components.ts";
import type { Handle } from "./collection-handle.ts";
import type { GuardedSource } from "./composition.ts";
import type { EventLoop } from "./event-loop.ts";
import { deliveryRules, droppingRule, processRules, sourceRules, type ProcessFacts } from "./health/built-in-rules.ts";
import type { ComponentSpec } from "./health/component.ts";
import type { HealthOptions } from "./health/health-options.ts";
import type { SinkReport } from "./health/sink/sink.ts";
import { ticksDue } from "./sample/outcome.ts";
import type { ExporterReport } from "./telemetry/exporter-report.ts";

type NamedComponent = readonly [name: string, spec: ComponentSpec];

/** What a collector is made of, as far as health watches it. */
export interface Watched {
  readonly sources: ReadonlyMap<string, GuardedSource>;
  readonly handles: readonly Handle[];
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

function processFacts(nowMs: number, handles: readonly Handle[], eventLoop: EventLoop): ProcessFacts {
  const counts = handles.map((handle) => handle.outcomes1m(nowMs));
  const due = counts.reduce((sum, each) => sum + ticksDue(each), 0);
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return {
    eventLoopDelayP99Ms: eventLoop.delayP99Ms,
    heapUsed: used / limit,
    missedTicks: due === 0 ? null : counts.reduce((sum, { missed }) => sum + missed, 0) / due,
  };
}
