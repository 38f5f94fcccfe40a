import { isMap, isScalar, visit, type Document, type LineCounter, type Node } from "yaml";
import { VitalsError } from "../base/errors.ts";
import type { Interpretation } from "../base/interpretation.ts";
import {
  isSecretName,
  isSecretPath,
  RESERVED_MESSAGE,
  RESERVED_NAME,
  reservedNames,
  valueAt,
  type Issue,
  type Path,
} from "../base/issues.ts";
import { quoted } from "../base/suggest.ts";
import { find, isMerge, mergedMaps, scalars } from "./lookup.ts";
import { substitute, type Environment, type Substituted } from "./substitute.ts";
import { parseText } from "./yaml.ts";

/** Limit on uses of anchors: aliases can make a small document very large. */
const MAX_ALIASES = 100;

/** A parsed configuration that knows the line and column of every setting. */
export class ConfigDocument {
  readonly file: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #problems: Problem[] = [];
  /** Values that are made of environment variables. */
  #substituted: ReadonlyMap<Node, Substituted> = new Map();
  /** By dotted path, the option of the command line that set a value. */
  readonly #options = new Map<string, string>();
  /** Their other readings, by path; found when they are needed. */
  #interpretations: readonly Interpretation[] | undefined;

  /** @throws VitalsError `config_invalid` when the text is empty */
  constructor(text: string, file: string) {
    this.file = file;
    const { document, lines, problems } = parseText(text);
    this.#document = document;
    this.#lines = lines;
    for (const { severity, message, offset } of problems) this.#note(severity, "", message, offset);
    if (!this.hasErrors) this.#checkStructure();
    if (document.contents === null && problems.length === 0)
      throw new VitalsError("config_invalid", `${file}: expected a configuration, found an empty file`);
  }

  /** All problems found so far, in the order of their positions. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  }

  get hasErrors(): boolean {
    return this.#problems.some(({ severity }) => severity === "error");
  }

  /**
   * Replaces references to environment variables with their values.
   *
   * @param isIgnored whether a section, by its name, has no effect, so that its variables may be missing
   */
  substitute(env: Environment, isIgnored?: (section: string) => boolean): void {
    if (this.hasErrors) return;
    const { notes, values } = substitute(this.#document, env, isIgnored);
    this.#substituted = values;
    for (const { node, severity, message } of notes) this.#note(severity, "", message, node.range?.[0]);
  }

  /**
   * Sets a value from the command line at a dotted path.
   *
   * @param option the one that the value comes from; problems with the value are reported there
   * @throws VitalsError `config_invalid` when the path leads through a single value, or a name in it is reserved
   */
  set(path: string, value: unknown, option = "--set"): void {
    const steps = path.split(".");
    const refuse = (reason: string, cause?: unknown): VitalsError =>
      new VitalsError("config_invalid", `${option} ${path.slice(0, 100)}: ${reason}`, { cause });
    if (steps.includes(RESERVED_NAME) || reservedNames(value).length > 0) throw refuse(RESERVED_MESSAGE);
    try {
      this.#document.setIn(steps, this.#document.createNode(value));
      this.#options.set(path, option);
    } catch (error) {
      throw refuse("a setting on this path is a single value or an alias and has no settings inside that could be set", error);
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
    const option = this.#optionOf(path);
    const { offset, node } = find(this.#document, path);
    const variables = this.#variablesOf(node);
    const origin = variables.length === 0 ? "" : ` (from ${variables.map((name) => `\${${name}}`).join(", ")})`;
    this.#note(severity, path.map(String).join("."), message + origin, offset, option);
  }

  /** Notes errors, at paths from `base` on. */
  noteIssues(issues: readonly Issue[], base: Path = []): void {
    for (const { path, message } of issues) this.note("error", [...base, ...path], message);
  }

  /** Whether the value at a path must not be shown: the name of the setting, or of a variable it is made of, suggests a secret. */
  isSecret(path: Path): boolean {
    return isSecretPath(path) || this.#variablesOf(find(this.#document, path).node).some(isSecretName);
  }

  /** Names of the variables that the value at a path is made of. */
  variablesAt(path: Path): readonly string[] {
    return this.#variablesOf(find(this.#document, path).node);
  }

  /** The other readings of values made of variables, at a path or below it. Only for data that was returned. */
  interpretations(path: Path): readonly Interpretation[] {
    if (this.#substituted.size === 0) return [];
    this.#interpretations ??= [...scalars(this.#document)].flatMap(([place, node]) => {
      const { other } = this.#substituted.get(node) ?? {};
      return other ? [{ path: place, value: other.value }] : [];
    });
    return this.#interpretations.filter(({ path: place }) => path.every((step, n) => String(step) === String(place[n])));
  }

  /** The position of the setting at a path, or of the nearest setting around it. */
  positionOf(path: Path): Position | Record<string, never> {
    const { offset } = find(this.#document, path);
    return offset === undefined ? {} : this.#positionAt(offset);
  }

  #variablesOf(node: Node | undefined): readonly string[] {
    return (node && this.#substituted.get(node)?.variables) ?? [];
  }

  /**
   * Refuses what would be lost or never end: keys that the schemas drop in silence, because assigning them would change an object's prototype;
   * merge keys without a map; aliases of a map or a list around them.
   */
  #checkStructure(): void {
    visit(this.#document, {
      Pair: (_, pair) => {
        const { key } = pair;
        if (isScalar(key) && key.value === RESERVED_NAME) this.#note("error", "", RESERVED_MESSAGE, key.range?.[0]);
        if (isScalar(key) && isMerge(pair) && mergedMaps(this.#document, pair).some((each) => !isMap(each)))
          this.#note("error", "", "expected a map, an alias of one, or a list of them, as the value of the merge key <<", key.range?.[0]);
      },
      Alias: (_, alias, path) => {
        const target = alias.resolve(this.#document);
        if (!target)
          this.#note("error", "", `expected the name of an anchor that is set above, found ${quoted(alias.source)}`, alias.range?.[0]);
        else if (path.some((each) => each === target))
          this.#note(
            "error",
            "",
            "expected an alias of a value elsewhere, found one of a map or list that it is part of",
            alias.range?.[0],
          );
      },
    });
  }

  /** The option that set the value at a path, or one around it. */
  #optionOf(path: Path): string | undefined {
    if (this.#options.size === 0) return undefined;
    return path.map((_, n) => this.#options.get(path.slice(0, n + 1).join("."))).findLast((option) => option !== undefined);
  }

  #note(severity: Problem["severity"], path: string, message: string, offset: number | undefined, option?: string): void {
    const position = option !== undefined ? { option } : offset === undefined ? {} : this.#positionAt(offset);
    this.#problems.push({ severity, file: this.file, ...position, path, message: message.replaceAll(/\s+/g, " ").slice(0, 400) });
  }

  #positionAt(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
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
  /** The option of the command line that set the value, such as `--listen`; the problem then has no position in the file. */
  readonly option?: string;
  /** Dotted path of the setting; empty for the whole file. */
  readonly path: string;
  /** What was expected and what was found; never a value that may be a secret. */
  readonly message: string;
}

const MAX_LINE_LENGTH = 500;

/** `file:line:column path: message`, or `--option path: message`, in one bounded line. */
export function lineOf({ severity, file, option, line, column, path, message }: Problem): string {
  const location = option ?? (line === undefined ? file : `${file}:${line}:${column}`);
  const text = `${location}${path === "" ? ":" : ` ${path}:`} ${severity === "warning" ? "warning: " : ""}${message}`;
  return text.length <= MAX_LINE_LENGTH ? text : `${text.slice(0, MAX_LINE_LENGTH - 1)}…`;
}
