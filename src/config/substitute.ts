import { isPair, isScalar, Scalar, visit, type Document, type Node } from "yaml";
import { quoted } from "../base/suggest.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A problem with a reference in a value. */
export interface SubstitutionNote {
  readonly node: Scalar;
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** What is known of a value that was made of variables. */
export interface Substituted {
  /** Names of the variables. */
  readonly variables: readonly string[];
  /** What the value is where its first reading does not fit: text for a number, or a number for text in quotes. */
  readonly other?: { readonly value: unknown };
}

export interface Substitution {
  readonly notes: readonly SubstitutionNote[];
  readonly values: ReadonlyMap<Node, Substituted>;
}

/** `${NAME}`, `${env:NAME}`, `${NAME:-default}`, and `$$` for one dollar sign; anything else in braces is malformed. */
const REFERENCE = /\$\$|\$\{(?:env:)?([a-zA-Z_][a-zA-Z0-9_]*)(?::-([^\n}]*))?\}|\$\{[^}\n]*\}?/g;

/** A setting of this name must not become empty because a variable is not set: that would turn authentication off. */
const TOKEN = "token";

/**
 * Replaces references to environment variables, as OpenTelemetry's declarative configuration specifies: in values, never in keys, and
 * once, so that a variable's value is not searched for references.
 *
 * The result is one scalar, whatever the variable holds: nothing of it is taken for a comment, an anchor, a tag or a list. Without quotes,
 * a text that is a number or a boolean as a whole is one, and text where the setting wants text; in quotes it is the other way round.
 * An unset variable is empty.
 *
 * @param isIgnored whether a section of the file, by its name, has no effect, so that its variables may be missing
 */
export function substitute(document: Document, env: Environment, isIgnored: (section: string) => boolean = () => false): Substitution {
  const notes: SubstitutionNote[] = [];
  const values = new Map<Node, Substituted>();
  visit(document, {
    Scalar(key, node, path) {
      if (key === "key" || typeof node.value !== "string" || !node.value.includes("$")) return;
      const { text, variables, missing, malformed } = expand(node.value, env);
      const section = nameOf(path[2]);
      if (section === undefined || !isIgnored(section)) {
        const isToken = nameOf(path.at(-1)) === TOKEN && text === "";
        notes.push(...malformed.map((reference) => malformedNote(node, reference)));
        notes.push(...missing.map((name) => missingNote(node, name, isToken)));
      }
      const [value, other] = readingsOf(document, node, text);
      if (variables.length > 0) values.set(node, { variables, ...(other ? { other } : {}) });
      node.value = value;
    },
  });
  return { notes, values };
}

const nameOf = (node: unknown): string | undefined => (isPair(node) && isScalar(node.key) ? String(node.key.value) : undefined);

const malformedNote = (node: Scalar, reference: string): SubstitutionNote => ({
  node,
  severity: "error",
  message: `malformed reference ${quoted(reference)}; expected \${NAME}, \${env:NAME} or \${NAME:-default}`,
});

function missingNote(node: Scalar, name: string, isToken: boolean): SubstitutionNote {
  if (!isToken) return { node, severity: "warning", message: `environment variable ${name} is not set; using an empty value` };
  const message = `environment variable ${name} is not set, so the token would be empty; set it, or write \${${name}:-} for no token`;
  return { node, severity: "error", message };
}

interface Expanded {
  readonly text: string;
  /** Variables that are part of the text. */
  readonly variables: readonly string[];
  /** Variables that are empty and have no default. */
  readonly missing: readonly string[];
  readonly malformed: readonly string[];
}

function expand(text: string, env: Environment): Expanded {
  const variables: string[] = [];
  const missing: string[] = [];
  const malformed: string[] = [];
  const replace = (match: string, name: string | undefined, fallback: string | undefined): string => {
    if (match === "$$") return "$";
    if (name === undefined) {
      malformed.push(match);
      return "";
    }
    const value = env[name];
    if (value !== undefined && value !== "") {
      variables.push(name);
      return value;
    }
    if (fallback === undefined) missing.push(name);
    return fallback ?? "";
  };
  return { text: text.replaceAll(REFERENCE, replace), variables, missing, malformed };
}

type Readings = readonly [value: unknown, other?: { readonly value: unknown } | undefined];

/** How a text can be read: first as YAML would read it there, then the other way, if there is one. */
function readingsOf(document: Document, { type }: Scalar, text: string): Readings {
  const isPlain = type === Scalar.PLAIN;
  if (text === "") return [isPlain ? null : ""];
  const typed = typedOf(document, text);
  if (typed === text) return [text];
  // `null` and `~` in a variable are text first: a token must not vanish.
  return isPlain && typed !== null ? [typed, { value: text }] : [text, { value: typed }];
}

/** A whole text as a plain scalar of the document's schema: a number, a boolean or null; the text itself if it is none of them. */
function typedOf({ schema: { tags } }: Document, text: string): unknown {
  for (const tag of tags) {
    if (tag.collection !== undefined || tag.default !== true || !tag.test?.test(text)) continue;
    const value: unknown = tag.resolve(text, () => {}, {});
    return isScalar(value) ? value.value : value;
  }
  return text;
}
