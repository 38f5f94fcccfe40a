import { messageOf } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import { builtInKinds, loadSourceKind } from "../collector/kinds.ts";
import { resolveOptions, type Plan, type PlanProblem } from "../collector/resolve.ts";
import { indexedRules } from "../health/rules/validate.ts";
import type { AnySourceKind } from "../source/source.ts";
import type { ConfigDocument } from "./document.ts";
import type { FileConfig } from "./file-schema.ts";
import { noteIssues } from "./issues.ts";

type Collector = FileConfig["collector"];

/**
 * Resolves the collector part into a plan and notes every problem that its schema cannot see: names that lead nowhere, options that a
 * source refuses, rules that cannot work, metrics that collide. Opens no source.
 */
export async function planCollector(document: ConfigDocument, options: Collector, baseDir: string): Promise<Plan> {
  const { kinds, errors } = await loadKinds(options, baseDir);
  const path = ["collector"];
  // As written: where one rule has the wrong form, the others keep their places.
  const rules = indexedRules(document.dataAt([...path, "health", "rules"]));
  const { plan, problems } = resolveOptions(options, { sourceKinds: kinds, kindErrors: errors, rules });
  notePlanProblems(document, problems, path);
  return plan;
}

/** Notes what is wrong with a plan, each problem at its place below `at`. */
export function notePlanProblems(document: ConfigDocument, problems: readonly PlanProblem[], at: readonly PropertyKey[] = []): void {
  for (const { path, message, issues } of problems) {
    if (issues) noteIssues(document, issues.error, issues.schema, [...at, ...path]);
    else document.note("error", [...at, ...path], message);
  }
}

interface LoadedKinds {
  readonly kinds: readonly AnySourceKind[];
  /** Why a kind could not be loaded, by its name. */
  readonly errors: ReadonlyMap<string, string>;
}

/** The source kinds that the configuration names by path or package. */
async function loadKinds({ sources }: Pick<Collector, "sources">, baseDir: string): Promise<LoadedKinds> {
  const known = new Set(builtInKinds.map(({ kind }) => kind));
  const kinds: AnySourceKind[] = [];
  const errors = new Map<string, string>();
  for (const name of new Set(Object.values(sources).map(({ kind }) => kind))) {
    if (known.has(name)) continue;
    try {
      kinds.push(await loadSourceKind(name, baseDir));
    } catch (error) {
      errors.set(name, `${messageOf(error)}${didYouMean(name, known)}`);
    }
  }
  return { kinds, errors };
}
