import { declareSampleType } from "../sample/declared.ts";
import { messageOf } from "../base/errors.ts";
import { BUILT_IN_TYPES, builtInKinds, loadSourceKind } from "../collector/kinds.ts";
import type { Field } from "../sample/field.ts";
import type { SampleType } from "../sample/sample-type.ts";
import type { AnySourceKind, Reading } from "../source/source.ts";
import { collidingNames, metricKindOf, type NamedInstrument } from "../telemetry/names.ts";
import type { ConfigDocument } from "./document.ts";
import type { FileConfig } from "./file-schema.ts";
import { noteIssues } from "./issues.ts";
import { didYouMean } from "../base/suggest.ts";
import { planOf } from "../collector/resolve.ts";
import { placedRules, ruleProblems, type RuleSubjects } from "../health/rules/validate.ts";

type Collector = FileConfig["collector"];
type Types = ReadonlyMap<string, SampleType>;
type Readings = ReadonlyMap<string, ReadonlyMap<string, Reading<unknown>>>;

/**
 * Looks at what a schema cannot: whether names lead somewhere, whether sources take their options, whether metrics collide. Notes
 * every problem; opens no source.
 *
 * @returns the source kinds that were loaded by path or package name
 */
export async function checkCollector(document: ConfigDocument, collector: Collector, baseDir: string): Promise<readonly AnySourceKind[]> {
  const types = declaredTypes(document, collector);
  const kinds = await loadKinds(document, collector, baseDir);
  const readings = checkSources(document, collector, kinds, types);
  const chosen = checkCollections(document, collector, readings);
  checkNames(document, new Set([...chosen.values()].flatMap((reading) => (reading ? [reading.type] : []))));
  checkCollectorRules(document, collector, chosen);
  checkInformational(document, collector);
  return [...kinds.values()].filter((kind) => !builtInKinds.includes(kind));
}

function declaredTypes(document: ConfigDocument, { sample_types }: Collector): Types {
  const types = new Map(BUILT_IN_TYPES.map((type) => [type.name, type]));
  for (const [name, declared] of Object.entries(sample_types)) {
    try {
      types.set(name, declareSampleType(name, declared));
    } catch (error) {
      document.note("error", ["collector", "sample_types", name], messageOf(error));
    }
  }
  return types;
}

async function loadKinds(document: ConfigDocument, { sources }: Collector, baseDir: string): Promise<ReadonlyMap<string, AnySourceKind>> {
  const kinds = new Map(builtInKinds.map((kind) => [kind.kind, kind]));
  for (const [name, { kind }] of Object.entries(sources)) {
    if (kinds.has(kind)) continue;
    try {
      kinds.set(kind, await loadSourceKind(kind, baseDir));
    } catch (error) {
      document.note("error", ["collector", "sources", name, "kind"], `${messageOf(error)}${didYouMean(kind, kinds.keys())}`);
    }
  }
  return kinds;
}

function checkSources(document: ConfigDocument, { sources }: Collector, kinds: ReadonlyMap<string, AnySourceKind>, types: Types): Readings {
  const readings = new Map<string, ReadonlyMap<string, Reading<unknown>>>();
  for (const [name, { kind: kindName, breaker: _, ...options }] of Object.entries(sources)) {
    const path = ["collector", "sources", name];
    const kind = kinds.get(kindName);
    if (!kind) continue;
    const parsed = kind.options.safeParse(options);
    if (!parsed.success) {
      noteIssues(document, parsed.error, kind.options, path);
      continue;
    }
    try {
      const list = typeof kind.readings === "function" ? kind.readings(parsed.data, types) : kind.readings;
      readings.set(name, new Map(list.map((reading) => [reading.type.name, reading as Reading<unknown>])));
    } catch (error) {
      document.note("error", path, messageOf(error));
    }
  }
  return readings;
}

/** @returns what each collection reads; undefined where that is wrong */
function checkCollections(
  document: ConfigDocument,
  { collections, sources }: Collector,
  readings: Readings,
): ReadonlyMap<string, Reading<unknown> | undefined> {
  const chosen = new Map<string, Reading<unknown> | undefined>();
  for (const [name, { source, type }] of Object.entries(collections)) {
    const path = ["collector", "collections", name];
    const there = readings.get(source);
    if (!Object.hasOwn(sources, source)) {
      document.note(
        "error",
        [...path, "source"],
        `expected the name of a source (${listOf(Object.keys(sources))}), found another${didYouMean(source, Object.keys(sources))}`,
      );
    } else if (there && type === undefined && there.size !== 1) {
      document.note("error", path, `expected a type, because source "${source}" has ${there.size}: ${listOf(there.keys())}`);
    } else if (there && type !== undefined && !there.has(type)) {
      document.note(
        "error",
        [...path, "type"],
        `expected a type that source "${source}" has (${listOf(there.keys())}), found another${didYouMean(type, there.keys())}`,
      );
    }
    chosen.set(name, type === undefined ? there?.values().next().value : there?.get(type));
  }
  return chosen;
}

/** Components of what is configured here have to be there; others, such as exporters, are not known yet. */
function checkInformational(document: ConfigDocument, { health, sources, collections }: Collector): void {
  const [ofSources, ofCollections] = [Object.keys(sources), Object.keys(collections)];
  const known = [
    ...ofSources.map((name) => `source:${name}`),
    ...ofCollections.flatMap((name) => [`collection:${name}`, `buffer:${name}`]),
  ];
  for (const [n, name] of health.informational.entries()) {
    if (known.includes(name) || !/^(source|collection|buffer):/.test(name)) continue;
    const path = ["collector", "health", "informational", n];
    document.note("error", path, `expected the name of a component (${listOf(known)}), found another${didYouMean(name, known)}`);
  }
}

/** Two different instruments of one name lose their data on `/metrics`. */
function checkNames(document: ConfigDocument, types: ReadonlySet<SampleType>): void {
  const instruments = [...types].flatMap((type) => Object.values(type.fields).flatMap((field) => namedOf(field)));
  for (const group of collidingNames(instruments)) {
    const names = group.map(({ name, unit, kind }) => `${name} (${kind} in ${unit})`).join(" and ");
    document.note(
      "error",
      ["collector", "sample_types"],
      `expected instruments with names of their own, found ${names}, which are one on /metrics`,
    );
  }
}

function namedOf({ kind, instrument, unit }: Field): readonly NamedInstrument[] {
  if (kind === "total") return [];
  return [{ name: instrument, unit, kind: metricKindOf(kind) }];
}

const listOf = (names: Iterable<string>): string => [...names].join(", ") || "none";

/**
 * Notes what is wrong with the health rules beyond their form.
 *
 * @param chosen what each collection reads; undefined where that is wrong itself
 */
export function checkCollectorRules(
  document: ConfigDocument,
  { collections }: Pick<FileConfig["collector"], "collections">,
  chosen: ReadonlyMap<string, Reading<unknown> | undefined>,
): void {
  const subjects = new Map(
    [...chosen].map(([name, reading]) => {
      const collection = collections[name];
      return [name, reading && collection && planOf(name, collection, reading)];
    }),
  );
  checkRules(document, ["collector", "health", "rules"], subjects);
}

/** Notes what is wrong with the rules at a path beyond their form. */
export function checkRules(document: ConfigDocument, path: readonly string[], subjects: RuleSubjects): void {
  // As written: where one rule has the wrong form, the others keep their places.
  for (const problem of ruleProblems(placedRules(document.dataAt(path)), subjects)) {
    document.note("error", [...path, problem.place, ...problem.path], problem.message);
  }
}
