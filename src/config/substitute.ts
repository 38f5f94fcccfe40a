import { isScalar, parseDocument, Scalar, visit, type Document, type Node } from "yaml";
import { quoted } from "../base/suggest.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A problem with a reference in a value. */
export interface SubstitutionNote {
  readonly node: Scalar;
  readonly severity: "error" | "warning";
  readonly message: string;
}

export interface Substitution {
  readonly notes: readonly SubstitutionNote[];
  /** For each value that contains values of environment variables: their names. */
  readonly variables: ReadonlyMap<Node, readonly string[]>;
}

/** `${NAME}`, `${env:NAME}`, `${NAME:-default}`, and `$$` for one dollar sign; anything else in braces is malformed. */
const REFERENCE = /\$\$|\$\{(?:env:)?([a-zA-Z_][a-zA-Z0-9_]*)(?::-([^\n}]*))?\}|\$\{[^}\n]*\}?/g;

/**
 * Replaces references to environment variables, as OpenTelemetry's declarative configuration specifies: in values, never in keys, and
 * once, so that a variable's value is not searched for references. An unquoted value is parsed as a YAML scalar again, so
 * `port: ${PORT}` is a number. An unset variable is empty.
 */
export function substitute(document: Document, env: Environment): Substitution {
  const notes: SubstitutionNote[] = [];
  const variables = new Map<Node, readonly string[]>();
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string" || !node.value.includes("$")) return;
      const { text, used } = expand(node, env, notes);
      if (used.length > 0) variables.set(node, used);
      if (text !== node.value) node.value = node.type === Scalar.PLAIN ? parseScalar(text) : text;
    },
  });
  return { notes, variables };
}

function expand(node: Scalar, env: Environment, notes: SubstitutionNote[]): { readonly text: string; readonly used: readonly string[] } {
  const used: string[] = [];
  const replace = (match: string, name: string | undefined, fallback: string | undefined): string => {
    if (match === "$$") return "$";
    if (name === undefined) {
      const message = `malformed reference ${quoted(match)}; expected \${NAME}, \${env:NAME} or \${NAME:-default}`;
      notes.push({ node, severity: "error", message });
      return "";
    }
    const value = env[name];
    if (value !== undefined && value !== "") {
      used.push(name);
      return value;
    }
    if (fallback !== undefined) return fallback;
    notes.push({ node, severity: "warning", message: `environment variable ${name} is not set; using an empty value` });
    return "";
  };
  return { text: (node.value as string).replaceAll(REFERENCE, replace), used };
}

/** A plain scalar's text as YAML understands it; text that would be more than a scalar stays text. */
function parseScalar(text: string): unknown {
  const { contents, errors } = parseDocument(text);
  if (contents === null) return null;
  return errors.length === 0 && isScalar(contents) && contents.type === Scalar.PLAIN ? contents.value : text;
}
