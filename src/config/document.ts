import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Tags,
} from "yaml";
import { VitalsError } from "../base/errors.ts";
import { isSecretName, isSecretPath, RESERVED_MESSAGE, RESERVED_NAME, valueAt, type Issue, type Path } from "../base/issues.ts";
import { substitute, type Environment } from "./substitute.ts";

/** Limit on uses of anchors: aliases can make a small document very large. */
const MAX_ALIASES = 100;

/** Hexadecimal numbers are text: nobody writes one for a setting, and the series `0x60` of a rule test is sixty zeros. */
const withoutHex = (tags: Tags): Tags => tags.filter((tag) => typeof tag === "string" || tag.format !== "HEX");

/** A parsed configuration that knows the line and column of every setting. */
export class ConfigDocument {
  readonly file: string;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #problems: Problem[] = [];
  /** Environment variables that a value was made of. */
  #variables: ReadonlyMap<Node, readonly string[]> = new Map();

  /** @throws VitalsError `config_invalid` when the text is empty */
  constructor(text: string, file: string) {
    this.file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: true, prettyErrors: false, customTags: withoutHex });
    for (const { pos, message } of this.#document.errors) this.#note("error", "", `invalid YAML: ${message}`, pos[0]);
    for (const { pos, message } of this.#document.warnings) this.#note("warning", "", `YAML: ${message}`, pos[0]);
    this.#refuseProtoKeys();
    if (this.#document.contents === null && this.#problems.length === 0)
      throw new VitalsError("config_invalid", `${file}: expected a configuration, found an empty file`);
  }

  /** All problems found so far, in the order of their positions. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  }

  get hasErrors(): boolean {
    return this.#problems.some(({ severity }) => severity === "error");
  }

  /** Replaces references to environment variables with their values. */
  substitute(env: Environment): void {
    const { notes, variables } = substitute(this.#document, env);
    this.#variables = variables;
    for (const { node, severity, message } of notes) this.#note(severity, "", message, node.range?.[0]);
  }

  /** Sets a value from the command line at a dotted path. @throws VitalsError `config_invalid` when the path leads through a single value */
  set(path: string, value: unknown): void {
    try {
      this.#document.setIn(path.split("."), this.#document.createNode(value));
    } catch (error) {
      throw new VitalsError(
        "config_invalid",
        `--set ${path.slice(0, 100)}: a setting on this path is a single value and has no settings inside`,
        {
          cause: error,
        },
      );
    }
  }

  /** As plain data; undefined, with a problem noted, when aliases would make it too large. */
  data(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch {
      this.#note("error", "", `expected at most ${MAX_ALIASES} uses of anchors, found more`, 0);
      return undefined;
    }
  }

  /** The value at a path, as plain data; undefined where there is none. */
  dataAt(path: Path): unknown {
    return valueAt(this.data(), path);
  }

  /** Notes a problem with the setting at a path, located there or at the nearest setting around it. */
  note(severity: Problem["severity"], path: Path, message: string): void {
    const { offset, node } = this.#find(path);
    const variables = (node && this.#variables.get(node)) ?? [];
    const origin = variables.length === 0 ? "" : ` (from ${variables.map((name) => `\${${name}}`).join(", ")})`;
    this.#note(severity, path.map(String).join("."), message + origin, offset);
  }

  /** Notes errors, at paths from `base` on. */
  noteIssues(issues: readonly Issue[], base: Path = []): void {
    for (const { path, message } of issues) this.note("error", [...base, ...path], message);
  }

  /** Whether the value at a path must not be shown: the name of the setting, or of a variable it is made of, suggests a secret. */
  isSecret(path: Path): boolean {
    const { node } = this.#find(path);
    return isSecretPath(path) || ((node && this.#variables.get(node)) ?? []).some(isSecretName);
  }

  /** The position of the setting at a path, or of the nearest setting around it. */
  positionOf(path: Path): Position | Record<string, never> {
    const { offset } = this.#find(path);
    return offset === undefined ? {} : this.#positionAt(offset);
  }

  /** The schemas drop a key of this name in silence, because assigning it would change an object's prototype. */
  #refuseProtoKeys(): void {
    visit(this.#document, {
      Pair: (_, { key }) => {
        if (isScalar(key) && key.value === RESERVED_NAME) this.#note("error", "", RESERVED_MESSAGE, key.range?.[0]);
      },
    });
  }

  #note(severity: Problem["severity"], path: string, message: string, offset: number | undefined): void {
    const position = offset === undefined ? {} : this.#positionAt(offset);
    this.#problems.push({ severity, file: this.file, ...position, path, message: message.replaceAll(/\s+/g, " ").slice(0, 400) });
  }

  #positionAt(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  /** The value at a path, and the offset of that value, of its key where the value is not a scalar, or of the last step that exists. */
  #find(path: Path): { readonly node: Node | undefined; readonly offset: number | undefined } {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0];
    for (const step of path) {
      const isItem: boolean = isSeq(node);
      if (isAlias(node)) node = node.resolve(this.#document) ?? null;
      if (!isCollection(node)) return { node: undefined, offset };
      const pair = isMap(node) ? node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === String(step)) : undefined;
      const next: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value;
      if (pair && isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      if (!isNode(next)) return { node: undefined, offset };
      node = next;
      if (isScalar(node) || isItem) offset = node.range?.[0] ?? offset;
    }
    return { node: node ?? undefined, offset };
  }
}

/** From 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One problem of a configuration. */
export interface Problem extends Partial<Position> {
  readonly severity: "error" | "warning";
  /** The file, or the name of the built-in defaults. */
  readonly file: string;
  /** Dotted path of the setting; empty for the whole file. */
  readonly path: string;
  /** What was expected and what was found; never a value that may be a secret. */
  readonly message: string;
}

const MAX_LINE_LENGTH = 500;

/** `file:line:column path: message` in one bounded line. */
export function lineOf({ severity, file, line, column, path, message }: Problem): string {
  const location = line === undefined ? file : `${file}:${line}:${column}`;
  const text = `${location}${path === "" ? ":" : ` ${path}:`} ${severity === "warning" ? "warning: " : ""}${message}`;
  return text.length <= MAX_LINE_LENGTH ? text : `${text.slice(0, MAX_LINE_LENGTH - 1)}…`;
}
