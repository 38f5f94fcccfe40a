import type { Handle } from "./collection-handle.ts";
import { bufferRules, collectionRules } from "./health/built-in-rules.ts";
import type { ComponentSpec } from "./health/component.ts";
import type { HealthOptions } from "./health/health-options.ts";
import { ownRules } from "./own-rules.ts";

/** What health watches of one collection: the collection by the built-in rules and the configuration's own, and its buffer. */
export function collectionComponents(health: HealthOptions, handle: Handle): readonly (readonly [name: string, spec: ComponentSpec])[] {
  const { collection, slowMs, source } = handle.parts;
  let facts = handle.facts(handle.startedMs);
  const watched: ComponentSpec = {
    rules: [...collectionRules(health, slowMs, () => facts), ...ownRules(health.rules, handle)],
    prepare: (nowMs) => void (facts = handle.facts(nowMs)),
    follows: `source:${source}`,
    expected: () => (collection.state === "paused" ? "paused" : undefined),
  };
  const buffer: ComponentSpec = { rules: bufferRules(health, () => handle.bufferFacts()), counts: false };
  return [
    [`collection:${handle.name}`, watched],
    [`buffer:${handle.name}`, buffer],
  ];
}
