import { planOf } from "../composition.ts";
import { placedRules, ruleProblems, type RuleSubjects } from "../rule-problems.ts";
import type { Reading } from "../source/source.ts";
import type { ConfigDocument } from "./document.ts";
import type { FileConfig } from "./file-schema.ts";

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
