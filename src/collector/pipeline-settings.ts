import type { Meter } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { HealthEvent } from "../health/record.ts";
import type { HealthOptions } from "../health/rules/options.ts";
import { otlpLogSink } from "../health/sink/otlp-logs.ts";
import type { AlertOptions, EventSink } from "../health/sink/sink.ts";
import type { BacklogLog } from "../health/sink/worker.ts";
import type { JournalEngine } from "../journal/engine.ts";
import type { BreakerStates, CollectionState } from "../telemetry/collection-metrics.ts";
import type { StoreMeter } from "../telemetry/store-meter.ts";
import { internalsOf } from "../telemetry/telemetry.ts";
import type { CollectorSettings } from "./collector.ts";
import { emitterOf } from "./emitter.ts";
import type { CollectorOptions } from "./options.ts";

export interface PipelineSettings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly health: HealthOptions;
  readonly alerts: AlertOptions;
  /** Labels that every alert carries. */
  readonly identity: Readonly<Record<string, string>>;
  /** Sinks that receive every transition and alert, besides those of `alerts`. */
  readonly sinks: readonly EventSink[];
  /** URL of the page, for links in alerts; empty if it is not known. */
  readonly externalUrl: string;
  /** Receives each transition and alert, to emit it as a log record. */
  readonly emit: (event: HealthEvent) => void;
  /** Keeps events over restarts. Default: they are numbered in memory. */
  readonly engine?: JournalEngine | undefined;
  /** Where what is pending for sinks is saved. Default: nowhere. */
  readonly log?: BacklogLog | undefined;
  /** If true, nothing is emitted or dispatched to sinks. */
  readonly mute: boolean;
  /** The same meter, if readers of our own export what it records; undefined with a caller's meter provider. */
  readonly storeMeter: StoreMeter | undefined;
  /** Called at each metric collection; must return from memory. */
  readonly collections: () => Iterable<CollectionState>;
  readonly breakers: () => Iterable<BreakerStates>;
}

/** What the settings and the configuration of a collector say about its pipeline, beside its own parts. */
export function pipelineSettingsOf(
  { health, alerts }: Pick<CollectorOptions, "health" | "alerts">,
  settings: CollectorSettings,
  parts: Omit<PipelineSettings, "health" | "alerts" | "identity" | "externalUrl" | "sinks" | "emit" | "mute">,
): PipelineSettings {
  const { externalUrl = "", identity = {}, sinks = [], telemetry, mute = false } = settings;
  const { logExporters = [] } = telemetry ? internalsOf(telemetry) : {};
  return {
    ...parts,
    health,
    alerts,
    identity,
    externalUrl,
    sinks: [...logExporters.map(otlpLogSink), ...sinks],
    emit: emitterOf(settings),
    mute,
  };
}
