import { counted } from "../base/quantity.ts";
import type { ConfigurationChange, ReconfigurationReport } from "../answer/reconfiguration.ts";
import type { HealthMonitor } from "../health/monitor.ts";
import type { Collections } from "./collections.ts";
import { componentOf } from "./components.ts";
import { differencesOf, type PlanChange } from "./plan-change.ts";
import type { Plan } from "./resolve.ts";

/** Where a report finds what a collection has kept. */
export interface KeptParts {
  readonly collections: Collections;
  readonly monitor: Pick<HealthMonitor, "alerts">;
}

type CollectionReport = ReconfigurationReport["collections"][number];

/** What a new plan has changed, once it applies. */
export function reportOf(change: PlanChange, before: Plan, after: Plan, parts: KeptParts): ReconfigurationReport {
  const collections = [...change.collections].map(([name, what]): CollectionReport => {
    if (what !== "changed") return { name, change: what };
    return { name, change: what, ...changeOf(name, change, before, after, parts) };
  });
  const { settings, restart } = change;
  return { collections, sources: listed(change.sources), sinks: listed(change.sinks), settings, restart };
}

const listed = (changes: ReadonlyMap<string, ConfigurationChange>): ReconfigurationReport["sources"] =>
  [...changes].map(([name, change]) => ({ name, change }));

function changeOf(
  name: string,
  { sources }: PlanChange,
  { collections: earlier }: Plan,
  { collections: later }: Plan,
  { collections, monitor }: KeptParts,
): Pick<CollectionReport, "kept" | "reason"> {
  const [before, after] = [earlier.get(name), later.get(name)];
  if (!before || !after) return {};
  const [was, is] = [before.reading.type.name, after.reading.type.name];
  if (was !== is) return { kept: [], reason: `sample type ${is}, was ${was}: it begins anew` };
  const { size } = collections.get(name).record.buffer;
  const alerts = monitor.alerts().filter(({ labels }) => labels.component === componentOf(name)).length;
  const kept = [
    counted(size, "sample"),
    "status",
    ...(alerts > 0 ? [counted(alerts, "open alert")] : []),
    ...(before.intervalMs === after.intervalMs ? ["schedule"] : []),
  ];
  return { kept, reason: differencesOf(before, after, sources.get(after.source) === "unchanged").join("; ") };
}

/** One line for the log. */
export function summaryOf({ collections, sources, sinks, settings, restart }: ReconfigurationReport): string {
  const parts = [
    ...changesIn("collection", collections),
    ...changesIn("source", sources),
    ...changesIn("sink", sinks),
    ...(settings.length > 0 ? [`changed: ${settings.join(", ")}`] : []),
    ...(restart.length > 0 ? [`after a restart: ${restart.join(", ")}`] : []),
  ];
  return `configuration reloaded: ${parts.length > 0 ? parts.join("; ") : "nothing changed"}`;
}

/** Such as `1 collection added, 2 changed`. */
function changesIn(noun: string, parts: readonly { readonly change: ConfigurationChange }[]): readonly string[] {
  const counts = (["added", "changed", "removed"] as const).map(
    (what) => [what, parts.filter(({ change }) => change === what).length] as const,
  );
  const present = counts.filter(([, count]) => count > 0);
  if (present.length === 0) return [];
  return [present.map(([what, count], n) => `${n === 0 ? counted(count, noun) : count} ${what}`).join(", ")];
}
