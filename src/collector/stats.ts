import type { CollectorStats } from "../answer/stats.ts";
import { PACKAGE_VERSION } from "../base/version.ts";
import { labelsOf } from "../health/problem.ts";
import type { Collector, CollectorSettings } from "./collector.ts";
import type { Pipeline } from "./pipeline.ts";
import { processReport } from "./process-report.ts";
import type { CollectionRuntime } from "./runtime.ts";

/** What the statistics of a collector are about. */
export interface StatsParts {
  readonly collector: Pick<Collector, "bootId" | "lifecycle" | "journal" | "windows">;
  readonly settings: Pick<CollectorSettings, "identity" | "telemetry">;
  readonly runtimes: readonly CollectionRuntime[];
  readonly pipeline: Pick<Pipeline, "dispatcher">;
  readonly uptimeMs: number;
  readonly eventLoopDelayP99Ms: number | undefined;
}

/** Statistics of a collector and its process. */
export function statsOf({ collector, settings, runtimes, pipeline, uptimeMs, eventLoopDelayP99Ms }: StatsParts): CollectorStats {
  const { bootId, lifecycle, journal, windows } = collector;
  const { oldest, head, bytes } = journal;
  return {
    version: PACKAGE_VERSION,
    identity: labelsOf(settings.identity ?? {}),
    bootId,
    lifecycle,
    uptimeSeconds: uptimeMs / 1_000,
    windows,
    ticks: Object.fromEntries(runtimes.map(({ name, record }) => [name, { ...record.outcomes }])),
    journal: { oldest, head, bytes },
    bufferBytes: runtimes.reduce((sum, { record }) => sum + record.buffer.bytes, 0),
    process: processReport(eventLoopDelayP99Ms),
    exporters: settings.telemetry?.exporters() ?? [],
    sinks: pipeline.dispatcher.report(),
  };
}
