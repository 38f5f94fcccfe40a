import { isAlias, isCollection, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node } from "yaml";
import { VitalsError } from "../base/errors.ts";
import { substitute, type Environment } from "./substitute.ts";

/** Aliases may make a document this many times as large as it is written, and no more. */
const MOST_ALIASES = 100;

/** A parsed configuration that knows where everything stands. */
export class ConfigDocument {
  readonly file: string;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #problems: Problem[] = [];

  /** @throws VitalsError `config_invalid` when the text is empty */
  constructor(text: string, file: string) {
    this.file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: true, prettyErrors: false });
    for (const { pos, message } of this.#document.errors) this.#note("error", "", message, pos[0]);
    for (const { pos, message } of this.#document.warnings) this.#note("warning", "", message, pos[0]);
    this.#refuseProtoKeys();
    if (this.#document.contents === null && this.#problems.length === 0)
      throw new VitalsError("config_invalid", `${file}: expected a configuration, found an empty file`);
  }

  /** What was found wrong so far. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  get hasErrors(): boolean {
    return this.#problems.some(({ severity }) => severity === "error");
  }

  /** Puts environment variables in. */
  substitute(env: Environment): void {
    for (const { node, severity, message } of substitute(this.#document, env)) this.#note(severity, "", message, node.range?.[0]);
  }

  /** Puts a value given on the command line at a dotted path. @throws VitalsError `config_invalid` when the path leads through something that has no parts */
  set(path: string, value: unknown): void {
    try {
      this.#document.setIn(path.split("."), this.#document.createNode(value));
    } catch (error) {
      throw new VitalsError("config_invalid", `--set ${path.slice(0, 100)}: there is a single value on the way to it`, { cause: error });
    }
  }

  /** As plain data; undefined, with a problem noted, when aliases would make it too large. */
  data(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MOST_ALIASES });
    } catch {
      this.#note("error", "", `expected at most ${MOST_ALIASES} uses of anchors, found more`, 0);
      return undefined;
    }
  }

  /** What stands at a path, as plain data; undefined where nothing does. */
  dataAt(path: readonly PropertyKey[]): unknown {
    return path.reduce<unknown>(
      (at, step) => (typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined),
      this.data(),
    );
  }

  /** Notes a problem with the setting at a path, at the nearest place that is there. */
  note(severity: Problem["severity"], path: readonly PropertyKey[], message: string): void {
    this.#note(severity, path.map(String).join("."), message, this.#offsetOf(path));
  }

  /** Where the setting at a path stands, or the nearest place that is there. */
  placeOf(path: readonly PropertyKey[]): { readonly line?: number; readonly column?: number } {
    const offset = this.#offsetOf(path);
    return offset === undefined ? {} : this.#placeOf(offset);
  }

  /** The schemas drop a key of this name in silence, because assigning it would change an object's prototype. */
  #refuseProtoKeys(): void {
    visit(this.#document, {
      Pair: (_, { key }) => {
        if (isScalar(key) && key.value === "__proto__")
          this.#note("error", "", 'the name "__proto__" is reserved; choose another', key.range?.[0]);
      },
    });
  }

  #note(severity: Problem["severity"], path: string, message: string, offset: number | undefined): void {
    const place = offset === undefined ? {} : this.#placeOf(offset);
    this.#problems.push({ severity, file: this.file, ...place, path, message: message.replaceAll(/\s+/g, " ").slice(0, 400) });
  }

  #placeOf(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  /** Where the value at a path stands, or its key where it has no value of its own, or the last step that is there. */
  #offsetOf(path: readonly PropertyKey[]): number | undefined {
    let node: Node | null = this.#document.contents;
    let offset = node?.range?.[0];
    for (const step of path) {
      const isItem: boolean = isSeq(node);
      if (isAlias(node)) node = node.resolve(this.#document) ?? null;
      if (!isCollection(node)) break;
      const pair = isMap(node) ? node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === String(step)) : undefined;
      const next: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value;
      if (pair && isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      if (!isNode(next)) break;
      node = next;
      if (isScalar(node) || isItem) offset = node.range?.[0] ?? offset;
    }
    return offset;
  }
}

/** One thing that is wrong with a configuration, or worth knowing. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** The file, `--set`, or the name of the built-in defaults. */
  readonly file: string;
  /** From 1; absent where the problem is with the file as a whole. */
  readonly line?: number;
  readonly column?: number;
  /** Dotted path of the setting; empty for the whole file. */
  readonly path: string;
  /** What was expected and what was found. Never a value: it could be a secret. */
  readonly message: string;
}

const LONGEST = 500;

/** `file:line:column path: message` in one bounded line. */
export function lineOf({ severity, file, line, column, path, message }: Problem): string {
  const where = line === undefined ? file : `${file}:${line}:${column}`;
  const what = `${path === "" ? "" : ` ${path}:`} ${severity === "warning" ? "warning: " : ""}${message}`;
  const text = `${where}${where.endsWith(":") || path !== "" ? "" : ":"}${what}`;
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
