import * as z from "zod";
import { createCollector } from "../../src/collector/create-collector.ts";
import type { Collector, CollectorSettings } from "../../src/collector/collector.ts";
import type { CollectorConfig } from "../../src/collector/options.ts";
import { gauge } from "../../src/sample/field.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import { defineSource, reading } from "../../src/source/source.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

export const queueMetrics = defineSampleType("queue", { depth: gauge("queue.depth", "{job}", { good: "low", max: 1_000_000 }) });
export const workerMetrics = defineSampleType("worker", { busy: gauge("worker.busy", "1", { max: 1 }) });

/** The readings of scripted sources by source name; a test may change it at any time. */
export type Script = Record<string, (signal: AbortSignal) => unknown>;

/** A scripted source kind with two readings that share its connection. */
export function scriptedKind(script: Script, opened: string[] = [], closed: string[] = []) {
  const act = ({ name }: { name: string }, signal: AbortSignal): never => (script[name] ?? (() => ({})))(signal) as never;
  return defineSource({
    kind: "scripted",
    options: z.strictObject({}),
    open: (_, { name }) => {
      opened.push(name);
      return { name, [Symbol.asyncDispose]: async () => void closed.push(name) };
    },
    readings: [reading(queueMetrics, act), reading(workerMetrics, act)],
  });
}

/** A configuration whose sources may be scripted. */
export type ScriptedConfig = CollectorConfig<ReturnType<typeof scriptedKind>>;

/** A collector with scripted sources on a simulated clock. */
export function scriptedCollector(script: Script, config: ScriptedConfig, settings: CollectorSettings = {}) {
  const clock = new ManualClock();
  const opened: string[] = [];
  const closed: string[] = [];
  const collector: Collector = createCollector(config, { clock, sourceKinds: [scriptedKind(script, opened, closed)], ...settings });
  return { clock, collector, opened, closed };
}

/** A source and a collection for each name. */
export function each(names: readonly string[], interval = "1s"): ScriptedConfig {
  return {
    sources: Object.fromEntries(names.map((name) => [name, { kind: "scripted", breaker: { failures: 1_000 } }])),
    collections: Object.fromEntries(names.map((name) => [name, { source: name, type: "queue", interval }])),
  };
}
