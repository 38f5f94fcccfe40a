import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The documents of a YAML file of the repository. @throws for an error, a warning or a duplicate key */
export function yamlFile(path: string): readonly unknown[] {
  const documents = parseAllDocuments(readFileSync(new URL(path, `file://${ROOT}`), "utf8"), {
    merge: true,
    strict: true,
    uniqueKeys: true,
  });
  if (!Array.isArray(documents) || documents.length === 0) throw new Error(`${path}: expected a document, found none`);
  return documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem) throw problem;
    return document.toJS() as unknown;
  });
}
