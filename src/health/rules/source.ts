import type { SourceRule } from "../../sample/source-rule.ts";
import { UNIT_MS } from "../../base/quantity.ts";
import { asWritten, ruleOptions, type HealthOptions, type RuleOptions } from "./options.ts";

/** A collection, as far as the rules of its source kind depend on it. */
export interface RuledCollection {
  readonly name: string;
  readonly intervalMs: number;
  /** Milliseconds between two measurements of each field. */
  readonly cadence: ReadonlyMap<string, number>;
  /** The rules of its reading. */
  readonly sourceRules: readonly SourceRule[];
}

/**
 * The rules of a collection that its source kind brings, as the configuration changes them: without those that it turns off, and without
 * those that a user-defined rule of the same name replaces.
 */
export function sourceRulesOf(
  { name: collection, intervalMs, cadence, sourceRules }: RuledCollection,
  { rules, source_rules: changes }: Pick<HealthOptions, "rules" | "source_rules">,
): readonly RuleOptions[] {
  const replaced = new Set(rules.filter((rule) => rule.collection === collection).map(({ name }) => name));
  return sourceRules.flatMap((rule): readonly RuleOptions[] => {
    const change = Object.hasOwn(changes, rule.name) ? changes[rule.name] : {};
    if (change === false || replaced.has(rule.name)) return [];
    // Long enough for a measurement of a field that is measured less often than its collection ticks.
    const window = asWritten(Math.max(UNIT_MS.m, cadence.get(rule.field) ?? intervalMs));
    const given = Object.fromEntries(Object.entries(change ?? {}).filter(([, value]) => value !== undefined));
    // A threshold that is changed leaves the one that clears behind.
    const base = given["above"] === undefined && given["below"] === undefined ? rule : withoutThresholds(rule);
    return [{ ...ruleOptions.parse({ ...base, collection, stat: "last", window }), ...given }];
  });
}

function withoutThresholds({ clear: _clear, ...rule }: SourceRule): SourceRule {
  return rule;
}
