import type { Attributes } from "@opentelemetry/api";
import { hostname } from "node:os";
import type { LoadedConfig } from "../config/load.ts";
import { collectorOf } from "../collector/create-collector.ts";
import type { Collector, CollectorSettings, PlannedCollector } from "../collector/collector.ts";
import { processResource } from "../telemetry/export/resource.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { PACKAGE_NAME, PACKAGE_VERSION } from "../base/version.ts";
import type { Sample } from "../sample/sample.ts";

/** A collector and its telemetry, as the command runs them. */
export interface Composition {
  readonly collector: PlannedCollector;
  readonly telemetry: Telemetry;
}

/** Creates the collector and the telemetry of a configuration; starts nothing. */
export async function compose(
  config: LoadedConfig,
  settings: Pick<CollectorSettings, "logger" | "mute" | "sinks"> = {},
): Promise<Composition> {
  // Explains an outdated OpenTelemetry API, with which the provider would not even link.
  await import("../telemetry/export/index.ts");
  const { telemetryOf } = await import("../telemetry/export/provider.ts");
  const resource = resourceOf(config);
  const { loggerProvider, schemaUrl } = config;
  const telemetry = telemetryOf(config.meterProvider, { resource, schemaUrl, loggerProvider });
  const identity = { service: String(resource["service.name"]), instance: instanceOf(config) };
  const { plan, baseDir } = config;
  const externalUrl = config.server.external_url ?? "";
  return { telemetry, collector: collectorOf(plan, { ...settings, telemetry, baseDir, identity, externalUrl }) };
}

/** The configured instance id, or host and port: stable across restarts, so that a continuing alert stays the same alert. */
function instanceOf({ resource, server }: LoadedConfig): string {
  const configured = resource["service.instance.id"];
  return typeof configured === "string" ? configured : `${hostname()}:${server.port}`;
}

function resourceOf({ resource }: LoadedConfig): Attributes {
  return { ...processResource(), "service.name": PACKAGE_NAME, "service.version": PACKAGE_VERSION, ...resource };
}

/** Starts a collector and waits for the first sample of each collection; those that made none within `timeoutMs` are absent. */
export async function firstSamples(collector: Collector, timeoutMs: number): Promise<ReadonlyMap<string, Sample>> {
  const samples = new Map<string, Sample>();
  const signal = AbortSignal.timeout(timeoutMs);
  await collector.start();
  // From now on: the journal can hold samples from before a restart, also of collections that are no longer there.
  for await (const event of collector.events({ signal })) {
    if (event.kind !== "sample" || samples.has(event.sample.collection)) continue;
    samples.set(event.sample.collection, event.sample);
    if (samples.size === collector.collections().length) break;
  }
  return samples;
}

/** Whether a collection's first sample is no failure: it succeeded, or its source waits for its first write. */
export const isFine = (sample: Sample | undefined): boolean => sample?.outcome === "success" || sample?.outcome === "waiting";

/** Long enough for the first tick of every collection, including its timeout. */
export function longestWaitMs(collector: Collector): number {
  const FIRST_TICK_MS = 3_000;
  return FIRST_TICK_MS + Math.max(0, ...collector.collections().map((handle) => Math.min(handle.report().timeoutMs, 60_000)));
}
