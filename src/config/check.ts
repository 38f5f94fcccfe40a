import { messageOf } from "../base/errors.ts";
import type { Issue } from "../base/issues.ts";
import { didYouMean, quoted } from "../base/suggest.ts";
import { builtInKinds, loadSourceKind } from "../collector/kinds.ts";
import { resolveOptions, type Plan } from "../collector/resolve.ts";
import type { AnySourceKind } from "../source/source.ts";
import type { ConfigDocument } from "./document.ts";
import type { FileConfig } from "./file-schema.ts";
import type { Accepted } from "./prune.ts";

type Collector = FileConfig["collector"];

/**
 * Resolves the `collector` section into a plan. Notes every problem that the file's schema cannot see: unknown names, options that a source
 * kind refuses, rules without effect, colliding metric names. Opens no source.
 *
 * @param rest where the file is invalid: `options` are then the part of it that is valid
 */
export async function planCollector(document: ConfigDocument, options: Collector, baseDir: string, rest?: Rest): Promise<Plan> {
  const { kinds, errors } = await loadKinds(options, baseDir);
  const path = ["collector"];
  const { plan, problems } = resolveOptions(options, {
    sourceKinds: kinds,
    kindErrors: errors,
    isSecret: (inner) => document.isSecret([...path, ...inner]),
    interpretations: (inner) =>
      document.interpretations([...path, ...inner]).map((each) => ({ ...each, path: each.path.slice(path.length) })),
  });
  const found = problems.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  document.noteIssues(rest ? problemsOfRest(found, options, rest) : found);
  if (Object.keys(options.collections).length === 0 && !document.hasErrors)
    document.note(
      "warning",
      [...path, "collections"],
      'no collections, so nothing is collected; add one, or see the file that "otel-vitals init" writes',
    );
  return plan;
}

type Rest = Pick<Accepted<unknown>, "removed" | "originalPath">;

/** A name that is not known, in a message; that of a component without the kind before it. */
const UNKNOWN_NAME = /(?:^unknown [a-z ]+|has no (?:field|sample type)) "(?:source:|collection:)?([^"]*)"/;

/**
 * The problems of the valid part of a file, at their places in the whole file. Without those that only follow from what was removed: a name
 * that is unknown without it, an entry of a list that lost a setting, a rule of a collection that did.
 */
function problemsOfRest(problems: readonly Issue[], { health: { rules } }: Collector, { removed, originalPath }: Rest): readonly Issue[] {
  const names = new Set(removed.flatMap((path) => path.filter((step) => typeof step === "string").map(String)));
  const items = removed.flatMap((path) => path.flatMap((step, n) => (typeof step === "number" ? [path.slice(0, n + 1)] : [])));
  const collections = new Set(removed.flatMap(([, part, name]) => (part === "collections" ? [name] : [])));
  return problems.flatMap((issue) => {
    const path = originalPath(issue.path);
    const [, section, list, n] = issue.path;
    const rule = section === "health" && list === "rules" ? rules[Number(n)] : undefined;
    const follows =
      names.has(UNKNOWN_NAME.exec(issue.message)?.[1] ?? "") ||
      items.some((item) => item.every((step, at) => path[at] === step)) ||
      (rule !== undefined && collections.has(rule.collection));
    return follows ? [] : [{ ...issue, path }];
  });
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
