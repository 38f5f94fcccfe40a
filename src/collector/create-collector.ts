import { diagLogger, safeLogger } from "../base/logger.ts";
import type { AnySourceKind } from "../source/source.ts";
import type { Collector, CollectorSettings, PlannedCollector } from "./collector.ts";
import { LiveCollector } from "./live-collector.ts";
import type { CollectorConfig } from "./options.ts";
import { resolve, type Plan } from "./resolve.ts";
import { checkSettings } from "./settings.ts";

const NO_COLLECTIONS =
  "the configuration has no collections, so the collector collects nothing until one is added; for example " +
  '{ sources: { here: { kind: "host" } }, collections: { machine: { source: "here" } } }';

/**
 * Creates a collector. Nothing runs, no source is opened and no callback is registered until `start`.
 *
 * @param config the `collector` section of a configuration file, without `server`; one without collections collects nothing until a
 *   collection is added, which a warning in its log says
 * @param settings what a file cannot express
 * @throws VitalsError `config_invalid`
 */
export function createCollector<Custom extends AnySourceKind = never>(
  config: CollectorConfig<Custom>,
  settings: CollectorSettings<Custom> = {},
): Collector {
  checkSettings(settings);
  const plan = resolve(config, settings);
  if (plan.collections.size === 0) safeLogger(settings.logger ?? diagLogger).warn(NO_COLLECTIONS);
  return collectorOf(plan, settings);
}

/** Creates a collector from a resolved plan. */
export function collectorOf(plan: Plan, settings: CollectorSettings = {}): PlannedCollector {
  return new LiveCollector(plan, settings);
}
