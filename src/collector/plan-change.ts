import { isDeepStrictEqual } from "node:util";
import type { ConfigurationChange } from "../answer/reconfiguration.ts";
import { duration } from "../base/quantity.ts";
import { quoted } from "../base/suggest.ts";
import type { SampleType } from "../sample/sample-type.ts";
import type { Reading } from "../source/source.ts";
import type { CollectionPlan, Plan, SourcePlan } from "./resolve.ts";

/** How two plans differ. Names are in the order of the later plan; those that it removes come last. */
export interface PlanChange {
  readonly sources: ReadonlyMap<string, ConfigurationChange>;
  readonly collections: ReadonlyMap<string, ConfigurationChange>;
  readonly sinks: ReadonlyMap<string, ConfigurationChange>;
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
    sinks: changesOf(sinksOf(before), sinksOf(after), isDeepStrictEqual),
    settings: settingsPaths(before, after),
    restart: [
      ...differing("health", before.options.health, after.options.health, ["startup_grace"]),
      ...differing("state", before.options.state, after.options.state, ["dir", "sync", "max_size"]),
    ],
  };
}

/**
 * The later plan, with what did not change as the earlier one has it: the same objects, so that what refers to them goes on. What applies
 * only after a restart stays as it is.
 */
export function rebased(before: Plan, after: Plan, { sources, collections }: PlanChange): Plan {
  const typeOf = (type: SampleType, known: SampleType | undefined): SampleType => (known && isSameType(known, type) ? known : type);
  // The address of a user interface is no reason to open a source again.
  const sourceOf = (name: string, plan: SourcePlan): SourcePlan => {
    const previous = before.sources.get(name);
    if (!previous || sources.get(name) !== "unchanged") return plan;
    return previous.ui === plan.ui ? previous : { ...previous, ui: plan.ui };
  };
  const collectionOf = (name: string, plan: CollectionPlan): CollectionPlan => {
    const previous = before.collections.get(name);
    if (previous && collections.get(name) === "unchanged") return previous;
    const type = typeOf(plan.reading.type, previous?.reading.type ?? before.types.get(plan.reading.type.name));
    return { ...plan, reading: { ...plan.reading, type } };
  };
  return {
    options: { ...after.options, state: before.options.state },
    types: mapped(after.types, (name, type) => typeOf(type, before.types.get(name))),
    sources: mapped(after.sources, sourceOf),
    collections: mapped(after.collections, collectionOf),
  };
}

const mapped = <T>(entries: ReadonlyMap<string, T>, change: (name: string, value: T) => T): ReadonlyMap<string, T> =>
  new Map([...entries].map(([name, value]) => [name, change(name, value)]));

/** What differs between two plans of a collection, in words. @param isSameSource whether its source stays as it is */
export function differencesOf(before: CollectionPlan, after: CollectionPlan, isSameSource: boolean): readonly string[] {
  const differs = (key: keyof CollectionPlan): boolean => !isDeepStrictEqual(before[key], after[key]);
  const times = (["intervalMs", "timeoutMs", "slowMs"] as const).filter(differs);
  return [
    ...times.map((key) => `${key.slice(0, -2)} ${duration(after[key])}, was ${duration(before[key])}`),
    ...(differs("retain") ? [`retains ${after.retain} samples, was ${before.retain}`] : []),
    ...(before.source === after.source ? [] : [`source ${quoted(after.source)}, was ${quoted(before.source)}`]),
    ...(before.source === after.source && !isSameSource ? [`source ${quoted(after.source)} changed`] : []),
    ...(isSameType(before.reading.type, after.reading.type) ? [] : ["fields of its sample type"]),
    ...(differs("sourceUi") ? ["user interface of its source"] : []),
    ...(differs("rules") ? ["rules"] : []),
  ];
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

/** The sinks of a configuration by name. */
function sinksOf({ options: { alerts } }: Plan): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(alerts).filter(([, { url }]) => url !== ""));
}

/** User-defined rules and changes of source rules are part of the collections' plans. */
function settingsPaths({ options: before }: Plan, { options: after }: Plan): readonly string[] {
  const elsewhere = new Set<string>(["rules", "source_rules", "startup_grace"]);
  const health = (Object.keys(after.health) as (keyof typeof after.health)[]).filter((key) => !elsewhere.has(key));
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
