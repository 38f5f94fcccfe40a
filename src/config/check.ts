import { messageOf } from "../base/errors.ts";
import { didYouMean, quoted } from "../base/suggest.ts";
import { builtInKinds, loadSourceKind } from "../collector/kinds.ts";
import { resolveOptions, type Plan } from "../collector/resolve.ts";
import type { IndexedRule } from "../health/rules/validate.ts";
import type { AnySourceKind } from "../source/source.ts";
import type { ConfigDocument } from "./document.ts";
import type { FileConfig } from "./file-schema.ts";

type Collector = FileConfig["collector"];

/**
 * Resolves the `collector` section into a plan. Notes every problem that the file's schema cannot see: unknown names, options that a source
 * kind refuses, rules without effect, colliding metric names. Opens no source.
 *
 * @param rules the rules with their indices in the file, where `options` lacks some of them; default: the rules of `options`
 */
export async function planCollector(
  document: ConfigDocument,
  options: Collector,
  baseDir: string,
  rules?: readonly IndexedRule[],
): Promise<Plan> {
  const { kinds, errors } = await loadKinds(options, baseDir);
  const path = ["collector"];
  const { plan, problems } = resolveOptions(options, {
    sourceKinds: kinds,
    kindErrors: errors,
    rules,
    isSecret: (inner) => document.isSecret([...path, ...inner]),
  });
  document.noteIssues(problems, path);
  if (Object.keys(options.collections).length === 0 && !document.hasErrors)
    document.note(
      "warning",
      [...path, "collections"],
      'no collections, so nothing is collected; add one, or see the file that "otel-vitals init" writes',
    );
  return plan;
}

interface LoadedKinds {
  readonly kinds: readonly AnySourceKind[];
  /** Why a kind could not be loaded, by its name. */
  readonly errors: ReadonlyMap<string, string>;
}

/** Loads the source kinds that the configuration names by path or package. */
async function loadKinds({ sources }: Pick<Collector, "sources">, baseDir: string): Promise<LoadedKinds> {
  const known = new Set(builtInKinds.map(({ kind }) => kind));
  const kinds: AnySourceKind[] = [];
  const errors = new Map<string, string>();
  for (const name of new Set(Object.values(sources).map(({ kind }) => kind))) {
    if (known.has(name)) continue;
    try {
      kinds.push(await loadSourceKind(name, baseDir));
    } catch (error) {
      const meant = didYouMean(name, known);
      errors.set(name, meant === "" ? messageOf(error) : `unknown source kind ${quoted(name)}${meant}`);
    }
  }
  return { kinds, errors };
}
