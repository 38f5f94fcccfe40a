import { shownValue } from "../../base/issues.ts";
import { quantity } from "../../base/quantity.ts";
import { MAX_LINE_BYTES, type LineTarget } from "./line-reader.ts";
import { MemoryGraph, type MemoryTypes } from "./memory-graph.ts";

/**
 * Why a line was skipped, or a part of it.
 * - `not_json`: its text is not JSON, such as a line that was cut
 * - `not_a_record`: neither an entity nor a relation, or one without the texts that make it one
 * - `observation`: an entity with observations that are not text; the entity and its other observations were read
 * - `too_long`: more than 1 MiB
 * - `other_type`: of another type; the memory server skips such a line as well, so it is no fault
 */
export const SKIP_REASONS = ["not_json", "not_a_record", "observation", "too_long", "other_type"] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** How much of a memory file was read. The items of a JSON document count as lines. */
export interface LineTotals {
  /** Lines that were read, also those of which an observation was skipped. */
  readonly read: number;
  readonly skipped: Readonly<Record<SkipReason, number>>;
  /** What is wrong with the first line that was skipped for another reason than its type; if there is none, with the first of another type. */
  readonly first?: string;
}

/** A JSON string without escapes, and its content. */
const TEXT = '"([^"\\\\\\p{Cc}]*)"';

/**
 * A relation in the form in which the memory server writes it. Most lines of a large file are such relations, and matching one costs half
 * of parsing it. A relation in another form is parsed as JSON.
 */
const RELATION = new RegExp(`^\\{"type":"relation","from":${TEXT},"to":${TEXT},"relationType":${TEXT}\\}$`, "u");

/** Type of an entity or relation that has none. */
const UNTYPED = "untyped";

type Item = Readonly<Record<string, unknown>>;

/**
 * Reads the lines of a memory file into a graph. What it does not understand it skips and counts. Besides the memory server's own form it
 * understands what other programs write: several objects on one line, lines without a type that have the keys of an entity or a relation,
 * lists of them, documents of `entities` and `relations`, and observations that are objects with a `text` or `content`.
 */
export class MemoryLines implements LineTarget {
  readonly graph: MemoryGraph;
  readonly #skipped: Record<SkipReason, number> = { not_json: 0, not_a_record: 0, observation: 0, too_long: 0, other_type: 0 };
  #read = 0;
  #first: string | undefined;
  #firstOther: string | undefined;
  /** What is being read: a line, or an item of a list in it. */
  #place: readonly [line: number | undefined, list: string, item: number | undefined] = [undefined, "", undefined];

  constructor(types: MemoryTypes) {
    this.graph = new MemoryGraph(types);
  }

  add(line: string, number: number): void {
    const relation = RELATION.exec(line) as readonly [string, string, string, string] | null;
    if (relation) {
      this.#read += 1;
      this.graph.addRelation(relation[1], relation[3], relation[2]);
      return;
    }
    if (line.trim() === "") return;
    const value = parsed(line);
    this.#place = [number, "", undefined];
    if (value !== undefined) return this.#addValue(value, number);
    const { objects, rest } = objectsIn(line);
    for (const object of objects) this.#addItem(object);
    if (rest) this.#skip("not_json", "expected a JSON object, found text that is not JSON");
  }

  addTooLong(number: number): void {
    this.#place = [number, "", undefined];
    this.#skip("too_long", `expected at most ${quantity(MAX_LINE_BYTES, "By")}, found more`);
  }

  /** Adds a whole file that is one JSON document; false, and nothing is added, if its text is not. */
  addDocument(text: string): boolean {
    const value = parsed(text);
    if (value === undefined) return false;
    this.#addValue(value, undefined);
    return true;
  }

  totals(): LineTotals {
    const first = this.#first ?? this.#firstOther;
    return { read: this.#read, skipped: this.#skipped, ...(first === undefined ? {} : { first }) };
  }

  /** One value of JSON: an item, a list of them, or a document of entities and relations. */
  #addValue(value: unknown, line: number | undefined): void {
    if (Array.isArray(value)) return this.#addAll(value, line, "the list");
    const { type, entities, relations } = (value ?? {}) as Item;
    if (type !== undefined || !(Array.isArray(entities) || Array.isArray(relations))) return this.#addItem(value);
    if (Array.isArray(entities)) this.#addAll(entities, line, '"entities"', "entity");
    if (Array.isArray(relations)) this.#addAll(relations, line, '"relations"', "relation");
  }

  #addAll(items: readonly unknown[], line: number | undefined, list: string, type?: string): void {
    for (const [n, item] of items.entries()) {
      this.#place = [line, list, n + 1];
      this.#addItem(item, type);
    }
  }

  #addItem(item: unknown, standardType?: string): void {
    if (typeof item !== "object" || item === null || Array.isArray(item))
      return this.#skip("not_a_record", `expected a JSON object, found ${foundIn(item)}`);
    const fields = item as Item;
    const type = fields["type"] ?? standardType ?? likelyType(fields);
    if (type === "entity") this.#addEntity(fields);
    else if (type === "relation") this.#addRelation(fields);
    else if (typeof type !== "string") this.#skip("not_a_record", `expected "entity" or "relation" as "type", found ${foundIn(type)}`);
    // Such as the marker by which a program recognises its own files.
    else if (!type.startsWith("_")) this.#skip("other_type", `expected an entity or a relation, found another type`);
  }

  #addEntity(item: Item): void {
    const { name, observations } = item;
    if (typeof name !== "string") return this.#skip("not_a_record", `expected text in "name", found ${foundIn(name)}`);
    this.#read += 1;
    const listed: readonly unknown[] = Array.isArray(observations) ? observations : [observations ?? []].flat();
    const texts = listed.map(textOfObservation);
    this.graph.addEntity(
      name,
      typeOf(item["entityType"]),
      texts.filter((text) => text !== undefined),
    );
    const odd = texts.indexOf(undefined);
    if (odd !== -1) this.#skip("observation", `expected text as observation ${odd + 1}, found ${foundIn(listed[odd])}`);
  }

  #addRelation({ from, to, relationType }: Item): void {
    if (typeof from !== "string") return this.#skip("not_a_record", `expected text in "from", found ${foundIn(from)}`);
    if (typeof to !== "string") return this.#skip("not_a_record", `expected text in "to", found ${foundIn(to)}`);
    this.#read += 1;
    this.graph.addRelation(from, typeOf(relationType), to);
  }

  #skip(reason: SkipReason, problem: string): void {
    this.#skipped[reason] += 1;
    if (reason === "other_type") this.#firstOther ??= this.#placed(problem);
    else this.#first ??= this.#placed(problem);
  }

  #placed(problem: string): string {
    const [line, list, item] = this.#place;
    const places = [...(line === undefined ? [] : [`line ${line}`]), ...(item === undefined ? [] : [`item ${item} of ${list}`])];
    return `${places.join(", ") || "the document"}: ${problem}`;
  }
}

/** Lines that were skipped although they are part of the memory: all but those of another type, and those that were read in part. */
export const lost = ({ skipped }: LineTotals): number => skipped.not_json + skipped.not_a_record + skipped.too_long;

/** Share of the lines that were skipped, in part or as a whole; lines of another type are left out. */
export function skippedShare(totals: LineTotals): number {
  const all = totals.read + lost(totals);
  return all === 0 ? 0 : (lost(totals) + totals.skipped.observation) / all;
}

/** `3 of 40 lines skipped; first line 7: expected ...`; undefined if none was, lines of another type aside. */
export function skippedText(totals: LineTotals): string | undefined {
  const skipped = lost(totals) + totals.skipped.observation;
  if (skipped === 0) return undefined;
  return `${skipped} of ${totals.read + lost(totals)} lines of the memory file skipped or read in part; first ${totals.first}`;
}

/** Whether a file with these lines is none: nothing in it was understood, or less than was not. */
export const isForeign = (totals: LineTotals): boolean =>
  lost(totals) > totals.read || (totals.read === 0 && totals.skipped.other_type > 0);

/** Whether a line ends where JSON may end. The memory server ends its last line with no newline, so only this says that it is not cut. */
export const isComplete = (line: string): boolean => line.trim() === "" || parsed(line) !== undefined || !objectsIn(line).rest;

/** What JSON text holds; undefined if it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The objects that follow each other in a text, and whether there is anything else in it. */
function objectsIn(text: string): { readonly objects: readonly unknown[]; readonly rest: boolean } {
  const objects: unknown[] = [];
  for (let at = 0; at < text.length;) {
    if (text.charAt(at).trim() === "") {
      at += 1;
      continue;
    }
    const end = text[at] === "{" ? endOfObject(text, at) : -1;
    const object = end === -1 ? undefined : parsed(text.slice(at, end));
    if (object === undefined) return { objects, rest: true };
    objects.push(object);
    at = end;
  }
  return { objects, rest: false };
}

/** The index after the object that starts at `start`; -1 if it does not end. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isText = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (isText) {
      if (character === "\\") at += 1;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === "{") depth += 1;
    else if (character === "}" && (depth -= 1) === 0) return at + 1;
  }
  return -1;
}

const isText = (value: unknown): value is string => typeof value === "string";

/** What an item without a type is, by its keys; undefined if they do not say so, or say both. */
function likelyType({ name, entityType, from, to, relationType }: Item): string | undefined {
  const isEntity = isText(name) && isText(entityType);
  const isRelation = isText(from) && isText(to) && isText(relationType);
  if (isEntity === isRelation) return undefined;
  return isEntity ? "entity" : "relation";
}

/** An observation is a text; some programs store it with its time, as an object. */
function textOfObservation(observation: unknown): string | undefined {
  if (isText(observation)) return observation;
  const { text, content } = (observation ?? {}) as Item;
  if (isText(text) && content === undefined) return text;
  return isText(content) && text === undefined ? content : undefined;
}

const typeOf = (value: unknown): string => (isText(value) ? value : UNTYPED);

/** Names only the kind of the value found: a memory may be private. */
const foundIn = (value: unknown): string => (value === null ? "null" : shownValue(value, true));
