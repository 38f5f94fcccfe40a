import { RETAIN_LIMITS } from "../collection/options.ts";
import { SourcePolicy } from "../collection/policy.ts";
import { collectorOptions, type CollectorConfig, type CollectorOptions } from "./options.ts";
import { VitalsError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import { declareSampleType } from "../sample/declared.ts";
import { issuesOf, type SampleType } from "../sample/sample-type.ts";
import { Source, type AnySourceKind, type Reading } from "../source/source.ts";
import { BUILT_IN_TYPES } from "./kinds.ts";

/** A configured source with its policy. */
export interface SourceWithBreaker {
  readonly source: Source;
  readonly policy: SourcePolicy;
}

/** A collection's settings with every default filled in. */
export interface CollectionPlan {
  readonly name: string;
  readonly source: string;
  readonly reading: Reading<unknown>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly slowMs: number;
  readonly retain: number;
}

const HOUR_MS = 3_600_000;
const SHORTEST_DEFAULT_TIMEOUT_MS = 1_000;
const SLOW_SHARE = 0.8;

/** @throws VitalsError `config_invalid` naming the first three problems */
export function parseConfig(config: CollectorConfig): CollectorOptions {
  const parsed = collectorOptions.safeParse(config);
  if (!parsed.success) throw new VitalsError("config_invalid", `collector configuration: ${issuesOf(parsed.error)}`);
  return parsed.data;
}

/** Every sample type by name: built in, the program's own, declared in the configuration. */
export function sampleTypes(
  options: Pick<CollectorOptions, "sample_types">,
  own: readonly SampleType[] = [],
): ReadonlyMap<string, SampleType> {
  const types = new Map([...BUILT_IN_TYPES, ...own].map((type) => [type.name, type]));
  for (const [name, declared] of Object.entries(options.sample_types)) types.set(name, declareSampleType(name, declared));
  return types;
}

/** Makes the sources; none is opened yet. @throws VitalsError `config_invalid` for an unknown kind or options that do not fit it */
export function makeSources(
  options: Pick<CollectorOptions, "sources">,
  kinds: ReadonlyMap<string, AnySourceKind>,
  context: { readonly clock: Clock; readonly baseDir: string; readonly types: ReadonlyMap<string, SampleType> },
): ReadonlyMap<string, SourceWithBreaker> {
  return new Map(
    Object.entries(options.sources).map(([name, { kind: kindName, breaker, ...own }]) => {
      const kind = kinds.get(kindName);
      if (!kind)
        throw new VitalsError(
          "config_invalid",
          `source "${name}": no source kind "${kindName}"; there are ${[...kinds.keys()].join(", ")}`,
        );
      const parsed = kind.options.safeParse(own);
      if (!parsed.success) throw new VitalsError("config_invalid", `source "${name}": ${issuesOf(parsed.error)}`);
      return [name, { source: new Source(kind, own, { ...context, name }), policy: new SourcePolicy(name, breaker) }];
    }),
  );
}

/** Fills in a collection's defaults. @throws VitalsError `config_invalid` where it names a source or a type that is not there */
export function planCollections(
  options: Pick<CollectorOptions, "collections">,
  sources: ReadonlyMap<string, SourceWithBreaker>,
): readonly CollectionPlan[] {
  return Object.entries(options.collections).map(([name, collection]) => {
    const { source } = sources.get(collection.source) ?? {};
    if (!source)
      throw new VitalsError("config_invalid", `collection "${name}": no source "${collection.source}"; there are ${list(sources.keys())}`);
    return planOf(name, collection, readingOf(name, source, collection.type));
  });
}

/** A collection's defaults, filled in. */
export function planOf(name: string, collection: CollectorOptions["collections"][string], reading: Reading<unknown>): CollectionPlan {
  const intervalMs = collection.interval ?? reading.intervalMs;
  const timeoutMs = collection.timeout ?? Math.max(intervalMs, SHORTEST_DEFAULT_TIMEOUT_MS);
  const slowMs = collection.slow ?? SLOW_SHARE * timeoutMs;
  const anHour = Math.min(RETAIN_LIMITS.most, Math.max(RETAIN_LIMITS.least, Math.ceil(HOUR_MS / intervalMs)));
  return { name, source: collection.source, reading, intervalMs, timeoutMs, slowMs, retain: collection.retain ?? anHour };
}

function readingOf(collection: string, source: Source, type: string | undefined): Reading<unknown> {
  const [only, ...others] = source.readings.values();
  if (type === undefined && only && others.length === 0) return only;
  const reading = type === undefined ? undefined : source.readings.get(type);
  if (reading) return reading;
  const wanted = type === undefined ? "no type is named" : `it has no reading of type "${type}"`;
  throw new VitalsError(
    "config_invalid",
    `collection "${collection}" of source "${source.name}": ${wanted}; there are ${list(source.readings.keys())}`,
  );
}

const list = (names: Iterable<string>): string => [...names].join(", ") || "none";
