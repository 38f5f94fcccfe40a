import { OTHER } from "../../sample/field.ts";
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

/** Types of which a measurement has a count of its own, the most frequent ones; the others are added up as `_OTHER`. */
const MAX_TYPES_MEASURED = 1_000;

/** Types that are counted separately while a file is read; one that appears after so many others counts as `_OTHER`. */
const MAX_TYPES_COUNTED = 100_000;

/** Characters of a type; a longer one is cut. */
const MAX_TYPE_LENGTH = 200;

/** In place of an entity's number: a name that no entity has. A file cannot have this many lines. */
const NO_ENTITY = 2 ** 32 - 1;

/**
 * The knowledge graph of a memory file, built item by item. A relation to an entity that does not exist is stored, and so counted, but
 * connects nothing.
 */
export class MemoryGraph {
  readonly #memoryTypes: ReadonlyMap<string, MemoryType>;
  /** Names, numbered as they are first mentioned: by an entity, or by a relation that precedes it or has none. */
  readonly #mentions = new Map<string, number>();
  /** By mention, the number of the entity. */
  readonly #entities = new NumberList();
  #entityCount = 0;
  readonly #statements = new Statements();
  readonly #nodes = new TypeCounts();
  readonly #edges = new TypeCounts();
  /** By relation, the mentions it connects. */
  readonly #from = new NumberList();
  readonly #to = new NumberList();

  constructor(types: MemoryTypes) {
    this.#memoryTypes = new Map([
      ...types.procedural.map((type) => [type.toLowerCase(), "procedural"] as const),
      ...types.episodic.map((type) => [type.toLowerCase(), "episodic"] as const),
    ]);
  }

  /** Adds an entity and its observations; of an entity that is already there, only the observations. */
  addEntity(name: string, type: string, observations: readonly string[]): void {
    const mention = this.#mention(name);
    if (this.#entities.at(mention) === NO_ENTITY) {
      this.#entities.set(mention, this.#entityCount);
      this.#entityCount += 1;
      this.#nodes.add(type);
    }
    const memoryType = this.#memoryTypes.get(type.toLowerCase()) ?? "semantic";
    for (const observation of observations) this.#statements.addObservation(memoryType, mention, observation);
  }

  addRelation(from: string, type: string, to: string): void {
    const [start, end] = [this.#mention(from), this.#mention(to)];
    this.#from.push(start);
    this.#to.push(end);
    this.#edges.add(type);
    this.#statements.addRelation(start, type, end, Buffer.byteLength(from) + 1 + Buffer.byteLength(type) + 1 + Buffer.byteLength(to));
  }

  totals(): MemoryGraphTotals {
    return {
      statements: this.#statements.totals(),
      nodes: this.#nodes.largest(),
      edges: this.#edges.largest(),
      nodeCount: this.#entityCount,
      edgeCount: this.#from.length,
      graph: this.#graph(),
    };
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

/** Counts by type, of a bounded number of types. */
class TypeCounts {
  readonly #counts = new Map<string, number>();

  add(type: string): void {
    const name = nameOf(type);
    const known = this.#counts.get(name);
    if (known === undefined && this.#counts.size >= MAX_TYPES_COUNTED) this.#add(OTHER, 1);
    else this.#counts.set(name, (known ?? 0) + 1);
  }

  /** The counts of the most frequent types, as plain data, with the others in `_OTHER`. */
  largest(): Record<string, number> {
    if (this.#counts.size <= MAX_TYPES_MEASURED) return Object.fromEntries(this.#counts);
    const types = [...this.#counts].filter(([type]) => type !== OTHER).toSorted(([, a], [, b]) => b - a);
    for (const [type, count] of types.slice(MAX_TYPES_MEASURED)) {
      this.#counts.delete(type);
      this.#add(OTHER, count);
    }
    return Object.fromEntries(this.#counts);
  }

  #add(type: string, count: number): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + count);
  }
}

/** A type as the key of a count. One called `__proto__` cannot be a property of a plain object, so it appears in brackets. */
function nameOf(type: string): string {
  if (type === "__proto__") return "(__proto__)";
  return type.length <= MAX_TYPE_LENGTH ? type : `${type.slice(0, MAX_TYPE_LENGTH - 1)}…`;
}
