import { shownValue } from "../../base/issues.ts";
import { alternatives } from "../../base/suggest.ts";
import { isAdditive, type Field } from "../../sample/field.ts";
import { AXIS_READING_LIMIT, columnName } from "../../sample/sample-type.ts";
import type { FieldMapping } from "./field-mapping.ts";
import { toNumber } from "./number.ts";
import { EACH, entryOf, locate, type Step } from "./path.ts";

/** What was left out of a reading. */
export interface Skips {
  count: number;
  /** Which was the first, and why. */
  first: string | undefined;
}

/** Longest name on an attribute, in characters: a response must not fill the memory of the series. */
const NAME_LENGTH = 256;

/** What a message shows of the names of a value, in characters. */
const SUBJECT_LENGTH = 100;

interface Leaf {
  readonly names: readonly string[];
  value: number;
  /** Number of entries with these names. */
  entries: number;
}

/** Reads one field from one response. */
export class FieldReader {
  readonly skipped: Skips = { count: 0, first: undefined };
  /** Number of values that can be converted and are allowed. */
  taken = 0;
  readonly #key: string;
  readonly #field: Field;
  readonly #mapping: FieldMapping;
  readonly #wallMs: number;
  readonly #leaves = new Map<string, Leaf>();
  /** Whether there was an empty map or list, in which the field has no values. */
  #isEmpty = false;
  #visited = 0;

  constructor(key: string, field: Field, mapping: FieldMapping, wallMs: number) {
    this.#key = key;
    this.#field = field;
    this.#mapping = mapping;
    this.#wallMs = wallMs;
  }

  /** The number, or numbers by the values of the field's attributes; undefined if the response does not contain a valid one. */
  read(document: unknown): unknown {
    this.#walk(document, 0, []);
    if (this.#visited > AXIS_READING_LIMIT) {
      this.#skip([], `expected at most ${AXIS_READING_LIMIT} values, found more`);
      return undefined;
    }
    const leaves = [...this.#leaves.values()].filter((leaf) => this.#isDefinite(leaf));
    if (this.#field.by.length === 0) return leaves[0]?.value;
    return leaves.length > 0 || this.#isEmpty ? nest(leaves) : undefined;
  }

  /** @param at index of the next step of the path */
  #walk(value: unknown, at: number, names: readonly string[]): void {
    const { steps } = this.#mapping;
    let found = value;
    let next = at;
    for (; next < steps.length && steps[next] !== EACH; next += 1) found = entryOf(found, steps[next] as Step);
    if (found === undefined || found === null) return;
    if (next < steps.length) this.#walkEach(found, next + 1, names);
    else if (names.length < this.#field.by.length) this.#walkEach(found, next, names);
    else this.#take(found, names);
  }

  #walkEach(found: unknown, next: number, names: readonly string[]): void {
    const by = this.#mapping.names[names.length];
    if (typeof found !== "object" || found === null) return this.#skip(names, `expected a map, found ${shownValue(found, false)}`);
    if (Array.isArray(found) && by === undefined)
      return this.#skip(names, "expected a map, found a list; use * for its items, and by for the path of their names");
    const entries = Object.entries(found);
    if (entries.length === 0) this.#isEmpty = true;
    for (const [key, entry] of entries) {
      if (entry === null) continue;
      this.#visited += 1;
      if (this.#visited > AXIS_READING_LIMIT) return;
      const name = by === undefined || by === "key" ? key : nameAt(entry, by);
      const problem = this.#problemOf(name, names.length);
      if (problem === undefined) this.#walk(entry, next, [...names, name as string]);
      else this.#skip(names, problem);
    }
  }

  /** Why an entry cannot have this name. */
  #problemOf(name: string | undefined, axis: number): string | undefined {
    if (name === undefined || name === "") return "expected a name for each entry, found none";
    if (name.length > NAME_LENGTH) return `expected names of at most ${NAME_LENGTH} characters, found a longer one`;
    if (name === "__proto__") return `expected another name than ${name}`;
    const allowed = this.#field.by[axis]?.values;
    if (allowed === undefined || allowed.includes(name)) return undefined;
    return `expected ${alternatives(allowed)}, found ${shownValue(name, false)}`;
  }

  #take(raw: unknown, names: readonly string[]): void {
    const number = toNumber(raw, this.#mapping, this.#field, this.#wallMs);
    if ("problem" in number) return this.#skip(names, number.problem);
    this.taken += 1;
    const key = JSON.stringify(names);
    const same = this.#leaves.get(key);
    if (!same) return void this.#leaves.set(key, { names, value: number.value, entries: 1 });
    same.value += number.value;
    same.entries += 1;
  }

  /** Values of entries with the same name add up; where they do not, none of them is that of the name. */
  #isDefinite({ names, entries }: Leaf): boolean {
    if (entries === 1 || isAdditive(this.#field)) return true;
    this.#skip(names, `expected one entry of this name, found ${entries}`, entries);
    return false;
  }

  #skip(names: readonly string[], problem: string, count = 1): void {
    this.skipped.count += count;
    if (this.skipped.first !== undefined) return;
    const subject = columnName({ field: this.#key, path: names });
    this.skipped.first = `${subject.length <= SUBJECT_LENGTH ? subject : `${subject.slice(0, SUBJECT_LENGTH)}…`}: ${problem}`;
  }
}

/** The name of an entry; undefined if it has none. */
function nameAt(entry: unknown, steps: readonly Step[]): string | undefined {
  const name = locate(entry, steps);
  return typeof name === "string" || typeof name === "number" || typeof name === "boolean" ? String(name) : undefined;
}

/** One record for each attribute. Records inherit nothing, because a name can be that of a method. */
function nest(leaves: readonly Leaf[]): unknown {
  const root = Object.create(null) as Record<string, unknown>;
  for (const { names, value } of leaves) {
    let parent = root;
    for (const name of names.slice(0, -1)) parent = (parent[name] ??= Object.create(null)) as Record<string, unknown>;
    parent[names.at(-1) as string] = value;
  }
  return root;
}
