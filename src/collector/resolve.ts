import type * as z from "zod";
import { messageOf, VitalsError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import { RETAIN_LIMITS, type BreakerOptions } from "../collection/options.ts";
import { ruleProblems, type IndexedRule, type RuleSubjects } from "../health/rules/validate.ts";
import { declareSampleType } from "../sample/declared.ts";
import type { Field } from "../sample/field.ts";
import { issuesOf, type SampleType } from "../sample/sample-type.ts";
import { resolveSource, type AnySourceKind, type Reading, type ResolvedSource } from "../source/source.ts";
import { collidingNames, metricKindOf, type NamedInstrument } from "../telemetry/names.ts";
import { BUILT_IN_TYPES, builtInKinds } from "./kinds.ts";
import { collectorOptions, type CollectorConfig, type CollectorOptions } from "./options.ts";

/** A source with its options parsed and its breaker's defaults filled in. */
export interface SourcePlan extends ResolvedSource {
  readonly breaker: BreakerOptions;
}

/** A collection with every default filled in. */
export interface CollectionPlan {
  readonly name: string;
  /** Name of its source. */
  readonly source: string;
  readonly reading: Reading<unknown>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly slowMs: number;
  readonly retain: number;
  /** Milliseconds between two measurements of each field: the interval, or longer where the source measures the field less often. */
  readonly cadence: Cadence;
}

export type Cadence = ReadonlyMap<string, number>;

/** What a configuration comes to, worked out once: creating, validating, testing rules and dashboards all start from it. */
export interface Plan {
  readonly options: CollectorOptions;
  /** Every sample type by name: built in, the program's own, declared in the configuration. */
  readonly types: ReadonlyMap<string, SampleType>;
  readonly sources: ReadonlyMap<string, SourcePlan>;
  readonly collections: ReadonlyMap<string, CollectionPlan>;
}

/** What a configuration may refer to beside what is built in. */
export interface PlanContext {
  readonly sourceKinds?: readonly AnySourceKind[] | undefined;
  readonly sampleTypes?: readonly SampleType[] | undefined;
  /** The rules with their places in the list as written, where `options` lacks some of it. Default: the rules of `options`. */
  readonly rules?: readonly IndexedRule[] | undefined;
  /** Why a source kind could not be loaded, by its name. Default: every kind that is not there is unknown. */
  readonly kindErrors?: ReadonlyMap<string, string> | undefined;
}

/** Something wrong with a configuration, and where: keys from the collector part on. */
export interface PlanProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** Where a source's own schema refused its options: all it found, below `path`. */
  readonly issues?: { readonly error: z.core.$ZodError; readonly schema: z.ZodType };
}

const HOUR_MS = 3_600_000;
const MIN_DEFAULT_TIMEOUT_MS = 1_000;
const SLOW_SHARE = 0.8;
const SHOWN_PROBLEMS = 3;

/** @throws VitalsError `config_invalid` naming the first three problems */
export function resolve(config: CollectorConfig<AnySourceKind>, context: PlanContext = {}): Plan {
  const { plan, problems } = resolveOptions(parseOptions(config), context);
  if (problems.length === 0) return plan;
  const shown = problems.slice(0, SHOWN_PROBLEMS).map(lineOf);
  const more = problems.length - shown.length;
  throw new VitalsError("config_invalid", shown.join("; ") + (more > 0 ? `; and ${more} more` : ""));
}

/** Durations in milliseconds, defaults filled in. @throws VitalsError `config_invalid` naming the first three problems */
export function parseOptions(config: CollectorConfig<AnySourceKind>): CollectorOptions {
  const parsed = collectorOptions.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new VitalsError("config_invalid", `collector configuration: ${issuesOf(parsed.error)}`);
}

function lineOf({ path, message, issues }: PlanProblem): string {
  const [first] = issues?.error.issues ?? [];
  return first ? `${[...path, ...first.path].join(".")}: ${first.message}` : `${path.join(".")}: ${message}`;
}

/** The plan of parsed options, with everything that is wrong; what is wrong is left out of the plan. Opens no source. */
export function resolveOptions(
  options: CollectorOptions,
  context: PlanContext = {},
): { readonly plan: Plan; readonly problems: readonly PlanProblem[] } {
  const problems: PlanProblem[] = [];
  const types = typesOf(options, context.sampleTypes ?? [], problems);
  const sources = sourcesOf(options, context, types, problems);
  const collections = collectionsOf(options, sources, problems);
  problems.push(...instrumentProblems(collections.values()));
  const subjects: RuleSubjects = new Map(Object.keys(options.collections).map((name) => [name, collections.get(name)]));
  for (const { index, path, message } of ruleProblems(context.rules ?? [...options.health.rules.entries()], subjects)) {
    problems.push({ path: ["health", "rules", index, ...path], message });
  }
  problems.push(...informationalProblems(options));
  return { plan: { options, types, sources, collections }, problems };
}

function typesOf({ sample_types }: CollectorOptions, own: readonly SampleType[], problems: PlanProblem[]): ReadonlyMap<string, SampleType> {
  const types = new Map([...BUILT_IN_TYPES, ...own].map((type) => [type.name, type]));
  for (const [name, declared] of Object.entries(sample_types)) {
    try {
      types.set(name, declareSampleType(name, declared));
    } catch (error) {
      problems.push({ path: ["sample_types", name], message: messageOf(error) });
    }
  }
  return types;
}

function sourcesOf(
  options: CollectorOptions,
  { sourceKinds = [], kindErrors }: PlanContext,
  types: ReadonlyMap<string, SampleType>,
  problems: PlanProblem[],
): ReadonlyMap<string, SourcePlan> {
  const kinds = new Map([...builtInKinds, ...sourceKinds].map((kind) => [kind.kind, kind]));
  const sources = new Map<string, SourcePlan>();
  for (const [name, { kind: kindName, breaker, ...own }] of Object.entries(options.sources)) {
    const path = ["sources", name];
    const kind = kinds.get(kindName);
    if (!kind) {
      const message = kindErrors?.get(kindName) ?? `unknown source kind "${kindName}"${meant(kindName, kinds.keys(), "known")}`;
      problems.push({ path: [...path, "kind"], message });
      continue;
    }
    try {
      const resolved = resolveSource(name, kind, own, types);
      if (resolved.ok) sources.set(name, { ...resolved.source, breaker });
      else problems.push({ path, message: "options do not fit the source kind", issues: { error: resolved.error, schema: kind.options } });
    } catch (error) {
      problems.push({ path, message: messageOf(error) });
    }
  }
  return sources;
}

function collectionsOf(
  { collections, sources: configured }: CollectorOptions,
  sources: ReadonlyMap<string, SourcePlan>,
  problems: PlanProblem[],
): ReadonlyMap<string, CollectionPlan> {
  const plans = new Map<string, CollectionPlan>();
  for (const [name, collection] of Object.entries(collections)) {
    const path = ["collections", name];
    if (!Object.hasOwn(configured, collection.source)) {
      const names = Object.keys(configured);
      const message = `unknown source "${collection.source}"${meant(collection.source, names, "configured")}`;
      problems.push({ path: [...path, "source"], message });
      continue;
    }
    const source = sources.get(collection.source);
    if (!source) continue;
    const reading = readingOf(source, collection.type);
    if (typeof reading === "string") problems.push({ path: collection.type === undefined ? path : [...path, "type"], message: reading });
    else plans.set(name, planCollection(name, collection, reading));
  }
  return plans;
}

/** The reading that a collection means, or what is wrong with its choice. */
function readingOf({ name, readings }: SourcePlan, type: string | undefined): Reading<unknown> | string {
  const [only, ...others] = readings.values();
  if (type === undefined) return only && others.length === 0 ? only : `expected a type: source "${name}" reads ${list(readings.keys())}`;
  const reading = readings.get(type);
  return reading ?? `source "${name}" has no type "${type}"${meant(type, readings.keys(), "it reads")}`;
}

/** A collection's defaults, filled in. */
export function planCollection(
  name: string,
  collection: CollectorOptions["collections"][string],
  reading: Reading<unknown>,
): CollectionPlan {
  const intervalMs = collection.interval ?? reading.intervalMs;
  const timeoutMs = collection.timeout ?? Math.max(intervalMs, MIN_DEFAULT_TIMEOUT_MS);
  const slowMs = collection.slow ?? SLOW_SHARE * timeoutMs;
  const anHour = Math.min(RETAIN_LIMITS.most, Math.max(RETAIN_LIMITS.least, Math.ceil(HOUR_MS / intervalMs)));
  const cadence = new Map(
    Object.keys(reading.type.fields).map((field) => [field, Math.max(intervalMs, reading.measuredEveryMs[field] ?? 0)] as const),
  );
  return { name, source: collection.source, reading, intervalMs, timeoutMs, slowMs, retain: collection.retain ?? anHour, cadence };
}

/** Two different instruments of one name lose their data on `/metrics`. */
function instrumentProblems(collections: Iterable<CollectionPlan>): readonly PlanProblem[] {
  const types = [...new Set([...collections].map(({ reading }) => reading.type))];
  const instruments = types.flatMap(({ fields }) => Object.values(fields).flatMap(namedInstrument));
  return collidingNames(instruments).map((group): PlanProblem => {
    const names = group.map(({ name, unit, kind }) => `${name} (${kind} in ${unit})`).join(" and ");
    return { path: ["sample_types"], message: `${names} have the same name on /metrics; rename one of the instruments` };
  });
}

function namedInstrument({ kind, instrument, unit }: Field): readonly NamedInstrument[] {
  if (kind === "total") return [];
  return [{ name: instrument, unit, kind: metricKindOf(kind) }];
}

/** Components of what is configured here must exist; others, such as exporters, are not known yet. */
function informationalProblems({ health, sources, collections }: CollectorOptions): readonly PlanProblem[] {
  const known = [
    ...Object.keys(sources).map((name) => `source:${name}`),
    ...Object.keys(collections).flatMap((name) => [`collection:${name}`, `buffer:${name}`]),
  ];
  return health.informational.flatMap((name, n) => {
    if (known.includes(name) || !/^(source|collection|buffer):/.test(name)) return [];
    const message = `unknown component "${name}"${meant(name, known, "configured")}`;
    return [{ path: ["health", "informational", n], message }];
  });
}

/** The name that was probably meant; where none is near, all there are. */
const meant = (name: string, names: Iterable<string>, label: string): string => {
  const all = [...names];
  return didYouMean(name, all) || `; ${label}: ${list(all)}`;
};

const list = (names: Iterable<string>): string => [...names].join(", ") || "none";
