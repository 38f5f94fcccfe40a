import { isScalar, parseDocument, Scalar, visit, type Document } from "yaml";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A place whose text could not be taken as it is. */
export interface SubstitutionNote {
  readonly node: Scalar;
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** `${NAME}`, `${env:NAME}`, `${NAME:-default}`, and `$$` for one dollar sign; anything else in braces is malformed. */
const REFERENCE = /\$\$|\$\{(?:env:)?([a-zA-Z_][a-zA-Z0-9_]*)(?::-([^\n}]*))?\}|\$\{[^}\n]*\}?/g;

/**
 * Puts environment variables where a document names them, as OpenTelemetry's declarative configuration specifies: in values only,
 * never in keys, and once, so that a variable's own text is taken as it is. A value without quotes is read again as YAML reads a
 * scalar, so `port: ${PORT}` is a number. An unset variable is empty.
 */
export function substitute(document: Document, env: Environment): readonly SubstitutionNote[] {
  const notes: SubstitutionNote[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string" || !node.value.includes("$")) return;
      const text = expand(node, env, notes);
      if (text !== node.value) node.value = node.type === Scalar.PLAIN ? scalarOf(text) : text;
    },
  });
  return notes;
}

function expand(node: Scalar, env: Environment, notes: SubstitutionNote[]): string {
  return (node.value as string).replaceAll(REFERENCE, (match: string, name: string | undefined, fallback: string | undefined) => {
    if (match === "$$") return "$";
    if (name === undefined) {
      notes.push({ node, severity: "error", message: "expected ${NAME}, ${env:NAME} or ${NAME:-default}, found another form in braces" });
      return "";
    }
    const value = env[name];
    if (value !== undefined && value !== "") return value;
    if (fallback !== undefined) return fallback;
    notes.push({ node, severity: "warning", message: `the environment variable ${name} is not set; it counts as empty` });
    return "";
  });
}

/** What YAML makes of a plain scalar of this text; text that would be more than a scalar stays text. */
function scalarOf(text: string): unknown {
  const { contents, errors } = parseDocument(text);
  if (contents === null) return null;
  return errors.length === 0 && isScalar(contents) && contents.type === Scalar.PLAIN ? contents.value : text;
}
