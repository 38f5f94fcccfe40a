import { VitalsError } from "../../base/errors.ts";
import { shownValue } from "../../base/issues.ts";
import type { GraphInput } from "../../topology/index.ts";
import { Statements, type MemoryType, type StatementTotals } from "./statements.ts";

/** Entity types by the type of memory they hold; plain data, because it is sent to a worker. */
export interface MemoryTypes {
  readonly episodic: readonly string[];
  readonly procedural: readonly string[];
}

/** Totals over a memory file. */
export interface MemoryGraphTotals {
  readonly statements: StatementTotals;
  readonly nodes: Readonly<Record<string, number>>;
  readonly edges: Readonly<Record<string, number>>;
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Edges between existing entities, by the entities' numbers. */
  readonly graph: GraphInput;
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

/** In place of an entity's number: a name that no entity has. A file cannot have this many lines. */
const NO_ENTITY = 2 ** 32 - 1;

/**
 * The knowledge graph of a memory file, built line by line. Like the memory server, it reads lines of the types `entity` and `relation`
 * and skips others. A relation to an entity that does not exist is stored, and so counted, but connects nothing.
 */
export class MemoryGraph {
  readonly #memoryTypes: ReadonlyMap<string, MemoryType>;
  /** Names, numbered as they are first mentioned: by an entity, or by a relation that precedes it or has none. */
  readonly #mentions = new Map<string, number>();
  /** By mention, the number of the entity. */
  readonly #entities = new NumberList();
  #entityCount = 0;
  readonly #statements = new Statements();
  readonly #nodes = new Map<string, number>();
  readonly #edges = new Map<string, number>();
  /** By relation, the mentions it connects. */
  readonly #from = new NumberList();
  readonly #to = new NumberList();

  constructor(types: MemoryTypes) {
    this.#memoryTypes = new Map([
      ...types.procedural.map((type) => [type.toLowerCase(), "procedural"] as const),
      ...types.episodic.map((type) => [type.toLowerCase(), "episodic"] as const),
    ]);
  }

  /** Adds one line, empty or not. @throws VitalsError `reading_invalid` when it is not a line of a memory file */
  add(line: string, number: number): void {
    const relation = RELATION.exec(line) as readonly [string, string, string, string] | null;
    if (relation) return this.#relate(relation[1], relation[3], relation[2]);
    if (line.trim() === "") return;
    const item = objectOf(line, number);
    if (item["type"] === "entity") this.#addEntity(item, number);
    else if (item["type"] === "relation")
      this.#relate(textOf(item, "from", number), typeOf(item, "relationType"), textOf(item, "to", number));
  }

  totals(): MemoryGraphTotals {
    return {
      statements: this.#statements.totals(),
      nodes: plain(this.#nodes),
      edges: plain(this.#edges),
      nodeCount: this.#entityCount,
      edgeCount: this.#from.length,
      graph: this.#graph(),
    };
  }

  #addEntity(item: Record<string, unknown>, number: number): void {
    const name = textOf(item, "name", number);
    const type = typeOf(item, "entityType");
    const mention = this.#mention(name);
    if (this.#entities.at(mention) === NO_ENTITY) {
      this.#entities.set(mention, this.#entityCount);
      this.#entityCount += 1;
      increment(this.#nodes, type);
    }
    const memoryType = this.#memoryTypes.get(type.toLowerCase()) ?? "semantic";
    const observations: unknown = item["observations"] ?? [];
    if (!Array.isArray(observations)) throw invalid(number, "a list of observations", observations);
    for (const observation of observations as readonly unknown[]) {
      if (typeof observation !== "string") throw invalid(number, "text in every observation", observation);
      this.#statements.addObservation(memoryType, mention, observation);
    }
  }

  #relate(from: string, type: string, to: string): void {
    const [start, end] = [this.#mention(from), this.#mention(to)];
    this.#from.push(start);
    this.#to.push(end);
    increment(this.#edges, type);
    this.#statements.addRelation(start, type, end, Buffer.byteLength(from) + 1 + Buffer.byteLength(type) + 1 + Buffer.byteLength(to));
  }

  #mention(name: string): number {
    const known = this.#mentions.get(name);
    if (known !== undefined) return known;
    const mention = this.#mentions.size;
    this.#mentions.set(name, mention);
    this.#entities.push(NO_ENTITY);
    return mention;
  }

  #graph(): GraphInput {
    const from = new Uint32Array(this.#from.length);
    const to = new Uint32Array(this.#from.length);
    let count = 0;
    for (let n = 0; n < this.#from.length; n += 1) {
      const start = this.#entities.at(this.#from.at(n));
      const end = this.#entities.at(this.#to.at(n));
      if (start === NO_ENTITY || end === NO_ENTITY) continue;
      from[count] = start;
      to[count] = end;
      count += 1;
    }
    return { nodeCount: this.#entityCount, from: from.subarray(0, count), to: to.subarray(0, count) };
  }
}

/**
 * A growing list of whole numbers from 0 to below 2^32. An ordinary array takes eight bytes for each and is copied by the garbage
 * collector: 100 MB more for a million entities with four relations each.
 */
export class NumberList {
  #numbers = new Uint32Array(1_024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length] = number;
    this.#length += 1;
  }

  at(index: number): number {
    return this.#numbers[index] as number;
  }

  set(index: number, number: number): void {
    this.#numbers[index] = number;
  }
}

const increment = (counts: Map<string, number>, type: string): void => void counts.set(type, (counts.get(type) ?? 0) + 1);

/** As plain data. A type called `__proto__` cannot be a property of a plain object, so it appears in brackets. */
const plain = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries(Array.from(counts, ([type, count]) => [type === "__proto__" ? "(__proto__)" : type, count]));

const typeOf = (item: Record<string, unknown>, key: string): string => (typeof item[key] === "string" ? item[key] : UNTYPED);

function objectOf(line: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new VitalsError("reading_invalid", `line ${number} of the memory file: expected a JSON object, found text that is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(number, "a JSON object", value);
  return value as Record<string, unknown>;
}

function textOf(item: Record<string, unknown>, key: string, number: number): string {
  const value = item[key];
  if (typeof value !== "string") throw invalid(number, `text in "${key}"`, value);
  return value;
}

/** Names only the kind of the value found: a memory may be private. */
const invalid = (number: number, expected: string, found: unknown): VitalsError =>
  new VitalsError("reading_invalid", `line ${number} of the memory file: expected ${expected}, found ${shownValue(found, true)}`);
