import type { ConfigurationChange, ReconfigurationReport } from "../answer/reconfiguration.ts";
import { VitalsError } from "../base/errors.ts";
import { planChange } from "./plan-change.ts";
import type { Plan } from "./resolve.ts";

/** Continues with another plan. So far only the same one can be. @throws VitalsError `lifecycle` */
export function reconfigure(before: Plan, after: Plan): ReconfigurationReport {
  const { sources, collections, settings, restart } = planChange(before, after);
  const changes = [...sources.values(), ...collections.values()];
  if (changes.some((change) => change !== "unchanged") || settings.length > 0)
    throw new VitalsError("lifecycle", "the configuration has changed: restart the collector to apply it");
  return { collections: named(collections), sources: named(sources), sinks: [], settings, restart };
}

const named = (changes: ReadonlyMap<string, ConfigurationChange>): { readonly name: string; readonly change: ConfigurationChange }[] =>
  [...changes].map(([name, change]) => ({ name, change }));
