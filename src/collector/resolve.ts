import { messageOf, VitalsError } from "../base/errors.ts";
import type { Interpretations } from "../base/interpretation.ts";
import { isSecretPath, parse, reservedNames, summaryOf, type Issue, type Path } from "../base/issues.ts";
import { duration, parseDuration, UNIT_MS } from "../base/quantity.ts";
import { alternatives, didYouMean, quoted, unknownName } from "../base/suggest.ts";
import { RETAIN_LIMITS, type BreakerOptions } from "../collection/options.ts";
import type { HealthOptions, RuleOptions } from "../health/rules/options.ts";
import { mismatches } from "../health/rules/options.ts";
import { sourceRulesOf } from "../health/rules/source.ts";
import { ruleProblems, type IndexedRule, type RuleSubjects } from "../health/rules/validate.ts";
import { declareSampleType } from "../sample/declared.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { resolveSource, type AnySourceKind, type Reading, type ResolvedSource } from "../source/source.ts";
import { instrumentProblems } from "./instrument-problems.ts";
import { BUILT_IN_TYPES, builtInKinds } from "./kinds.ts";
import { collectorOptions, type CollectionConfig, type CollectorConfig, type CollectorOptions } from "./options.ts";

/** A source with its options parsed and its breaker's defaults filled in. */
export interface SourcePlan extends ResolvedSource {
  readonly breaker: BreakerOptions;
  /** URL of its user interface; empty for none. */
  readonly ui: string;
}

/** A collection with every default filled in. */
export interface CollectionPlan {
  readonly name: string;
  /** Name of its source. */
  readonly source: string;
  /** URL of the user interface of its source; empty for none. */
  readonly sourceUi: string;
  readonly reading: Reading<unknown>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly slowMs: number;
  readonly retain: number;
  /** Milliseconds between two measurements of each field: the interval, or longer where the source measures the field less often. */
  readonly cadence: Cadence;
  /** Its health rules beside the built-in ones: those that its source kind brings, then the user-defined ones. */
  readonly rules: readonly RuleOptions[];
}

export type Cadence = ReadonlyMap<string, number>;

/** A configuration, resolved once: `createCollector`, `validate`, rule tests and dashboards all use it. */
export interface Plan {
  readonly options: CollectorOptions;
  /** Every sample type by name: built-in, defined in code, or declared in the configuration. */
  readonly types: ReadonlyMap<string, SampleType>;
  readonly sources: ReadonlyMap<string, SourcePlan>;
  readonly collections: ReadonlyMap<string, CollectionPlan>;
}

/** What a configuration may refer to besides the built-in kinds and types. */
export interface PlanContext {
  readonly sourceKinds?: readonly AnySourceKind[] | undefined;
  readonly sampleTypes?: readonly SampleType[] | undefined;
  /** Why a source kind could not be loaded, by its name. Default: a kind that is missing is reported as unknown. */
  readonly kindErrors?: ReadonlyMap<string, string> | undefined;
  /** Whether the value at a path may be a secret, which messages must not show. Default: decided by the names of the settings. */
  readonly isSecret?: ((path: Path) => boolean) | undefined;
  /** Other readings of values that come from environment variables, by path. Default: every value is read as it is. */
  readonly interpretations?: Interpretations | undefined;
}

const MIN_DEFAULT_TIMEOUT_MS = 1_000;
const SLOW_SHARE = 0.8;

/** The plan of a configuration. Opens no source. @throws VitalsError `config_invalid` naming the first three problems */
export function resolve(config: CollectorConfig<AnySourceKind>, context: PlanContext = {}): Plan {
  const { plan, problems } = resolveOptions(parseOptions(config), context);
  if (problems.length > 0) throw invalid(problems);
  return plan;
}

/**
 * Parses a configuration: durations in milliseconds, defaults filled in.
 *
 * @throws VitalsError `config_invalid` naming the first three problems
 */
export function parseOptions(config: CollectorConfig<AnySourceKind>): CollectorOptions {
  const reserved = reservedNames(config);
  if (reserved.length > 0) throw invalid(reserved);
  const parsed = parse(collectorOptions, config);
  if (parsed.ok) return parsed.data;
  throw invalid(parsed.issues);
}

const invalid = (problems: readonly Issue[]): VitalsError =>
  new VitalsError("config_invalid", `invalid collector configuration: ${summaryOf(problems, "the configuration")}`);

/**
 * The plan of parsed options and all its problems, at paths from the collector section on. Invalid sources and collections are left out of
 * the plan. Opens no source.
 */
export function resolveOptions(
  options: CollectorOptions,
  context: PlanContext = {},
): { readonly plan: Plan; readonly problems: readonly Issue[] } {
  const problems: Issue[] = [];
  const types = typesOf(options, context.sampleTypes ?? [], problems);
  const sources = sourcesOf(options, context, types, problems);
  const collections = collectionsOf(options, sources, problems);
  problems.push(...unknownSourceRules(options.health, sources));
  problems.push(...instrumentProblems(collections.values(), options.sample_types));
  const subjects: RuleSubjects = new Map(Object.keys(options.collections).map((name) => [name, collections.get(name)]));
  problems.push(...ruleIssues([...options.health.rules.entries()], subjects));
  problems.push(...informationalProblems(options));
  return { plan: { options, types, sources, collections }, problems };
}

const ruleIssues = (rules: readonly IndexedRule[], subjects: RuleSubjects): readonly Issue[] =>
  ruleProblems(rules, subjects).map(({ index, path, message }) => ({ path: ["health", "rules", index, ...path], message }));

function typesOf({ sample_types }: CollectorOptions, own: readonly SampleType[], problems: Issue[]): ReadonlyMap<string, SampleType> {
  const types = new Map([...BUILT_IN_TYPES, ...own].map((type) => [type.name, type]));
  for (const [name, declared] of Object.entries(sample_types)) {
    if (types.has(name)) {
      const origin = BUILT_IN_TYPES.some((type) => type.name === name) ? "built in" : "defined in code";
      problems.push({ path: ["sample_types", name], message: `the sample type ${quoted(name)} is ${origin}; choose another name` });
      continue;
    }
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
  { sourceKinds = [], kindErrors, isSecret = isSecretPath, interpretations = () => [] }: PlanContext,
  types: ReadonlyMap<string, SampleType>,
  problems: Issue[],
): ReadonlyMap<string, SourcePlan> {
  const kinds = new Map([...builtInKinds, ...sourceKinds].map((kind) => [kind.kind, kind]));
  const sources = new Map<string, SourcePlan>();
  for (const [name, { kind: kindName, breaker, ui, ...kindOptions }] of Object.entries(options.sources)) {
    const path = ["sources", name];
    const kind = kinds.get(kindName);
    if (!kind) {
      const message = kindErrors?.get(kindName) ?? unknownName("source kind", kindName, kinds.keys());
      problems.push({ path: [...path, "kind"], message });
      continue;
    }
    try {
      const resolved = resolveSource(name, kind, kindOptions, types, {
        isSecret: (inner) => isSecret([...path, ...inner]),
        interpretations: (inner) => interpretations([...path, ...inner]).map((each) => ({ ...each, path: each.path.slice(path.length) })),
      });
      if (resolved.ok) sources.set(name, { ...resolved.data, breaker, ui });
      else problems.push(...resolved.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })));
    } catch (error) {
      problems.push({ path, message: messageOf(error) });
    }
  }
  return sources;
}

function collectionsOf(
  { collections, sources: configured, health }: Pick<CollectorOptions, "collections" | "sources" | "health">,
  sources: ReadonlyMap<string, SourcePlan>,
  problems: Issue[],
): ReadonlyMap<string, CollectionPlan> {
  const plans = new Map<string, CollectionPlan>();
  for (const [name, collection] of Object.entries(collections)) {
    const path = ["collections", name];
    if (!Object.hasOwn(configured, collection.source)) {
      const names = Object.keys(configured);
      problems.push({ path: [...path, "source"], message: unknownName("source", collection.source, names) });
      continue;
    }
    const source = sources.get(collection.source);
    if (!source) continue;
    const reading = readingOf(source, collection.type);
    if (typeof reading === "string") problems.push({ path: collection.type === undefined ? path : [...path, "type"], message: reading });
    else {
      const plan = planCollection(name, collection, { reading, ui: source.ui }, health);
      const mismatch = retainMismatch(plan);
      if (mismatch === undefined) plans.set(name, plan);
      else problems.push({ path: [...path, "retain"], message: mismatch });
      problems.push(...sourceRuleProblems(plan, health));
    }
  }
  return plans;
}

/** Parses and plans an additional collection on a plan's sources, beside its collections. @throws VitalsError `config_invalid` */
export function resolveCollection(name: string, config: CollectionConfig, { collections, sources, options }: Plan): CollectionPlan {
  const added = { collections: { [name]: config } };
  const reserved = reservedNames(added);
  if (reserved.length > 0) throw invalid(reserved);
  const parsed = parse(collectorOptions.pick({ collections: true }), added);
  if (!parsed.ok) throw invalid(parsed.issues);
  const problems: Issue[] = [];
  const plan = collectionsOf({ ...parsed.data, sources: options.sources, health: options.health }, sources, problems).get(name);
  if (plan) {
    problems.push(...instrumentProblems([...collections.values(), plan], options.sample_types));
    const rules = [...options.health.rules.entries()].filter(([, { collection }]) => collection === name);
    problems.push(...ruleIssues(rules, new Map([[name, plan]])));
  }
  if (!plan || problems.length > 0) throw invalid(problems);
  return plan;
}

/** The reading that a collection selects, or the problem with its selection. */
function readingOf({ name, readings }: SourcePlan, type: string | undefined): Reading<unknown> | string {
  const [only, ...others] = readings.values();
  if (type === undefined)
    return only && others.length === 0
      ? only
      : `type is required, because source ${quoted(name)} has several; expected ${alternatives(readings.keys())}`;
  const hint = (): string => didYouMean(type, readings.keys()) || `; expected ${alternatives(readings.keys())}`;
  return readings.get(type) ?? `source ${quoted(name)} has no sample type ${quoted(type)}${hint()}`;
}

/** A number of samples, or those of a length of time; the schema has checked its form. */
const samplesIn = (retain: number | string, intervalMs: number): number =>
  typeof retain === "number" ? retain : Math.max(RETAIN_LIMITS.min, Math.ceil((parseDuration(retain) as number) / intervalMs));

/** A length of time can be more samples than a collection may retain. */
function retainMismatch({ retain, intervalMs }: CollectionPlan): string | undefined {
  if (retain <= RETAIN_LIMITS.max) return undefined;
  const longest = duration(RETAIN_LIMITS.max * intervalMs);
  return `expected at most ${RETAIN_LIMITS.max} samples, which are ${longest} at an interval of ${duration(intervalMs)}; found ${retain}`;
}

/** A collection's defaults, filled in. */
export function planCollection(
  name: string,
  collection: CollectorOptions["collections"][string],
  { reading, ui }: { readonly reading: Reading<unknown>; readonly ui: string },
  health: Pick<HealthOptions, "rules" | "source_rules">,
): CollectionPlan {
  const intervalMs = collection.interval ?? reading.intervalMs;
  const timeoutMs = collection.timeout ?? Math.max(intervalMs, MIN_DEFAULT_TIMEOUT_MS);
  const slowMs = collection.slow ?? SLOW_SHARE * timeoutMs;
  const anHour = Math.min(RETAIN_LIMITS.max, Math.max(RETAIN_LIMITS.min, Math.ceil(UNIT_MS.h / intervalMs)));
  const { retain = anHour } = collection;
  const cadence = new Map(
    Object.keys(reading.type.fields).map((field) => [field, Math.max(intervalMs, reading.measuredEveryMs[field] ?? 0)] as const),
  );
  return {
    name,
    source: collection.source,
    sourceUi: ui,
    reading,
    intervalMs,
    timeoutMs,
    slowMs,
    retain: samplesIn(retain, intervalMs),
    cadence,
    rules: [
      ...sourceRulesOf({ name, intervalMs, cadence, sourceRules: reading.rules }, health),
      ...health.rules.filter((rule) => rule.collection === name),
    ],
  };
}

/** What keeps rules of a source kind from having an effect: what the configuration changes of them, or how it collects. */
function sourceRuleProblems(plan: CollectionPlan, { source_rules: changes }: Pick<HealthOptions, "source_rules">): readonly Issue[] {
  const { name: collection, reading } = plan;
  const rules = plan.rules.filter(({ name }) => reading.rules.some((rule) => rule.name === name));
  const subjects: RuleSubjects = new Map([[collection, plan]]);
  const contradictions = rules.flatMap((rule, index) => [...mismatches(rule)].map(([key, message]) => ({ index, path: [key], message })));
  const problems = contradictions.length > 0 ? contradictions : ruleProblems([...rules.entries()], subjects);
  return problems.map(({ index, path, message }) => {
    const { name = "" } = rules[index] ?? {};
    const isChanged = Object.hasOwn(changes, name) && Object.hasOwn(Object(changes[name]), path[0] ?? "");
    if (isChanged) return { path: ["health", "source_rules", name, ...path], message };
    const off = `turn the rule off with health.source_rules.${name}: false, if it is not needed`;
    return { path: ["collections", collection], message: `rule ${name}: ${message}; ${off}` };
  });
}

/** A change of a rule that no source has. */
function unknownSourceRules({ source_rules: changes }: HealthOptions, sources: ReadonlyMap<string, SourcePlan>): readonly Issue[] {
  const known = [...sources.values()].flatMap(({ readings }) =>
    [...readings.values()].flatMap(({ rules }) => rules.map(({ name }) => name)),
  );
  return Object.keys(changes).flatMap((name) =>
    known.includes(name) ? [] : [{ path: ["health", "source_rules", name], message: unknownName("rule of a source", name, known) }],
  );
}

/** Components of sources and collections must exist; others, such as exporters, are not known yet. */
function informationalProblems({ health, sources, collections }: CollectorOptions): readonly Issue[] {
  const known = [...Object.keys(sources).map((name) => `source:${name}`), ...Object.keys(collections).map((name) => `collection:${name}`)];
  return health.informational.flatMap((name, n) => {
    if (known.includes(name) || !/^(source|collection):/.test(name)) return [];
    return [{ path: ["health", "informational", n], message: unknownName("component", name, known) }];
  });
}
