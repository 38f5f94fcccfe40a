import { isDeepStrictEqual } from "node:util";
import type { ConfigurationChange } from "../answer/reconfiguration.ts";
import type { SampleType } from "../sample/sample-type.ts";
import type { Reading } from "../source/source.ts";
import type { CollectionPlan, Plan, SourcePlan } from "./resolve.ts";

/** How two plans differ. Names are in the order of the later plan; those that it removes come last. */
export interface PlanChange {
  readonly sources: ReadonlyMap<string, ConfigurationChange>;
  readonly collections: ReadonlyMap<string, ConfigurationChange>;
  /** Paths of other settings that differ and can apply at once. */
  readonly settings: readonly string[];
  /** Paths of settings that differ and apply only after a restart. */
  readonly restart: readonly string[];
}

/** Compares two plans by what their configurations say: functions of the program, such as those of a source kind, count as the same. */
export function planChange(before: Plan, after: Plan): PlanChange {
  const sources = changesOf(before.sources, after.sources, isSameSource);
  const isUnchanged = (a: CollectionPlan, b: CollectionPlan): boolean => sources.get(b.source) === "unchanged" && isSameCollection(a, b);
  return {
    sources,
    collections: changesOf(before.collections, after.collections, isUnchanged),
    settings: settingsPaths(before, after),
    restart: differing("state", before.options.state, after.options.state, ["dir", "sync", "max_size"]),
  };
}

/** Whether two sample types describe the same samples. A configuration that is read again declares its types again. */
export const isSameType = (a: SampleType, b: SampleType): boolean =>
  a === b || (a.name === b.name && isDeepStrictEqual(a.fields, b.fields) && isDeepStrictEqual(namesOf(a.checks), namesOf(b.checks)));

const namesOf = (named: readonly { readonly name: string }[]): readonly string[] => named.map(({ name }) => name);

function changesOf<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  isSame: (a: T, b: T) => boolean,
): ReadonlyMap<string, ConfigurationChange> {
  const changes = new Map<string, ConfigurationChange>();
  for (const [name, next] of after) {
    const previous = before.get(name);
    changes.set(name, previous === undefined ? "added" : isSame(previous, next) ? "unchanged" : "changed");
  }
  for (const name of before.keys()) if (!after.has(name)) changes.set(name, "removed");
  return changes;
}

/** A kind that was loaded again is another object of the same name. */
function isSameSource(a: SourcePlan, b: SourcePlan): boolean {
  const readings = [...a.readings.values()];
  return (
    a.kind.kind === b.kind.kind &&
    isDeepStrictEqual(a.options, b.options) &&
    isDeepStrictEqual(a.breaker, b.breaker) &&
    isDeepStrictEqual(a.attributes, b.attributes) &&
    a.readings.size === b.readings.size &&
    readings.every((reading) => isSameReading(reading, b.readings.get(reading.type.name)))
  );
}

const isSameReading = (a: Reading<unknown>, b: Reading<unknown> | undefined): boolean =>
  b !== undefined &&
  isSameType(a.type, b.type) &&
  a.intervalMs === b.intervalMs &&
  isDeepStrictEqual(a.measuredEveryMs, b.measuredEveryMs) &&
  isDeepStrictEqual(a.rules, b.rules);

/** Whether two plans of a collection on the same source are the same. */
function isSameCollection({ reading: a, ...before }: CollectionPlan, { reading: b, ...after }: CollectionPlan): boolean {
  return isSameReading(a, b) && isDeepStrictEqual(before, after);
}

/** User-defined rules and changes of source rules are part of the collections' plans. */
function settingsPaths({ options: before }: Plan, { options: after }: Plan): readonly string[] {
  const health = (Object.keys(after.health) as (keyof typeof after.health)[]).filter((key) => key !== "rules" && key !== "source_rules");
  return [
    ...(isDeepStrictEqual(before.windows, after.windows) ? [] : ["windows"]),
    ...differing("health", before.health, after.health, health),
  ];
}

/** Paths of the keys that differ; of the section alone where one of them is absent. */
function differing<K extends string>(
  section: string,
  before: Readonly<Record<K, unknown>> | undefined,
  after: Readonly<Record<K, unknown>> | undefined,
  keys: readonly K[],
): readonly string[] {
  if (!before || !after) return before === after ? [] : [section];
  return keys.filter((key) => !isDeepStrictEqual(before[key], after[key])).map((key) => `${section}.${key}`);
}
