import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Names that a declaration file exports, each with the file that declares it. */
function exportsOf(entry: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, names = "", from = ""] of readFileSync(entry, "utf8").matchAll(/^export (?:type )?\{([^}]*)\} from "(\.[^"]+)"/gm)) {
    for (const name of listed(names)) found.set(name.replace(/ as .*/, ""), declarationFile(entry, from));
  }
  return found;
}

const declarationFile = (from: string, to: string): string => join(dirname(from), to).replace(/\.[jt]s$/, ".d.ts");

/** Names between the braces of an import or export. */
const listed = (names: string): readonly string[] =>
  names
    .split(",")
    .map((name) => name.trim().replace(/^type /, ""))
    .filter((name) => name !== "");

/** The declaration of a name, without comments and literals. */
function declarationOf(text: string, name: string): string {
  const plain = text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/"[^"\n]*"/g, '""');
  const start = plain.search(new RegExp(`^export (?:declare )?(?:abstract )?(?:const|function|class|interface|type) ${name}\\b`, "m"));
  if (start < 0) throw new Error(`no declaration of ${name}`);
  const rest = plain.slice(start + 1);
  const end = rest.search(/^(?:export|declare|interface|type|import) /m);
  return end < 0 ? rest : rest.slice(0, end);
}

/** Types of this package that public declarations mention and that no entry point exports: a program could hold them but not name them. */
export function unnamedTypes(entries: readonly string[]): readonly string[] {
  const declared = entries.flatMap((entry) => [...exportsOf(entry)]);
  const named = new Set(declared.map(([name]) => name));
  return declared.flatMap(([name, file]) => {
    const text = readFileSync(file, "utf8");
    const imported = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from "\./gm)].flatMap(([, names = ""]) => listed(names));
    // Of the same file, exported or not.
    const own = [...text.matchAll(/^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class) (\w+)/gm)].map(([, each = ""]) => each);
    const used = new Set(declarationOf(text, name).match(/\b[A-Z]\w+/g));
    return [...imported, ...own].filter((each) => used.has(each) && !named.has(each)).map((each) => `${each}, in ${name}`);
  });
}
