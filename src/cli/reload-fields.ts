import type { ConfigurationChange, ReconfigurationReport } from "../answer/reconfiguration.ts";
import type { LogFields } from "../base/logger.ts";

/** Longest list in a log line; a file can have a thousand collections. */
const MAX_NAMES = 50;

/** What a reload has changed and kept, as fields of a log line; empty if it has changed nothing. */
export function reloadFields({ collections, sources, sinks, settings }: ReconfigurationReport): LogFields {
  const parts = Object.entries({ collection: collections, source: sources, sink: sinks }).flatMap(([kind, each]) =>
    each.map(({ name, change }) => ({ name: `${kind}:${name}`, change })),
  );
  const changed = (change: ConfigurationChange): readonly string[] => parts.flatMap((part) => (part.change === change ? [part.name] : []));
  const kept = collections.flatMap(({ name, kept: what = [], reason }) => {
    const found = [what.join(" and "), reason ?? ""].filter((text) => text !== "").join("; ");
    return found === "" ? [] : [`collection:${name}: ${found}`];
  });
  const lists = { added: changed("added"), changed: changed("changed"), removed: changed("removed"), settings };
  if (Object.values(lists).every((list) => list.length === 0)) return {};
  return Object.fromEntries(
    Object.entries({ ...lists, unchanged: changed("unchanged"), kept }).flatMap(([key, list]) =>
      list.length === 0 ? [] : [[key, listed(list)]],
    ),
  );
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return more > 0 ? `${names.slice(0, MAX_NAMES).join(", ")} and ${more} more` : names.join(", ");
}
