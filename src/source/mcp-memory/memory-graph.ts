import { OTHER } from "../../sample/field.ts";
import { relationBreakdown, type RelationBreakdown } from "../../sample/relations.ts";
import type { GraphInput } from "../../topology/index.ts";
import { countRelations } from "../../topology/relations.ts";
import { NumberList } from "./number-list.ts";
import { Statements, type MemoryType, type RepeatTotals, type StatementTotals } from "./statements.ts";
import { TypeCounts } from "./type-counts.ts";

/** Entity types by the type of memory they hold; plain data, because it is sent to a worker. */
export interface MemoryTypes {
  readonly episodic: readonly string[];
  readonly procedural: readonly string[];
}

/** Totals over a memory file. */
export interface MemoryGraphTotals {
  readonly statements: StatementTotals;
  readonly repeats: RepeatTotals & {
    /** Items that name an entity that an earlier item named. */
    readonly entities: number;
  };
  readonly nodes: Readonly<Record<string, number>>;
  readonly edges: Readonly<Record<string, number>>;
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly relations: RelationBreakdown;
  /** Entities without an observation. */
  readonly undescribedCount: number;
  /** Edges between existing entities, by the entities' numbers. */
  readonly graph: GraphInput;
}

/** In place of an entity's number: a name that no entity has. A file cannot have this many lines. */
const NO_ENTITY = 2 ** 32 - 1;

/** Type of a name that no entity has, where a relation starts or ends. */
const MISSING = "(missing)";
const MISSING_TYPE = 0;

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
  /** By mention, the number of the entity's type after `MISSING_TYPE`. */
  readonly #mentionTypes = new NumberList();
  /** By mention, 1 for an entity with an observation. */
  readonly #described = new NumberList();
  #entityCount = 0;
  #describedCount = 0;
  #repeatedCount = 0;
  readonly #statements = new Statements();
  readonly #nodes = new TypeCounts();
  readonly #edges = new TypeCounts();
  /** By relation, the mentions it connects. */
  readonly #from = new NumberList();
  readonly #to = new NumberList();
  readonly #relationTypes = new NumberList();

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
      this.#mentionTypes.set(mention, this.#nodes.add(type) + 1);
    } else this.#repeatedCount += 1;
    if (observations.length > 0 && this.#described.at(mention) === 0) {
      this.#described.set(mention, 1);
      this.#describedCount += 1;
    }
    const memoryType = this.#memoryTypes.get(type.toLowerCase()) ?? "semantic";
    for (const observation of observations) this.#statements.addObservation(memoryType, mention, observation);
  }

  addRelation(from: string, type: string, to: string): void {
    const [start, end] = [this.#mention(from), this.#mention(to)];
    this.#from.push(start);
    this.#to.push(end);
    this.#relationTypes.push(this.#edges.add(type));
    this.#statements.addRelation(start, type, end, Buffer.byteLength(from) + 1 + Buffer.byteLength(type) + 1 + Buffer.byteLength(to));
  }

  totals(): MemoryGraphTotals {
    return {
      statements: this.#statements.totals(),
      repeats: { ...this.#statements.repeats(), entities: this.#repeatedCount },
      nodes: this.#nodes.largest(),
      edges: this.#edges.largest(),
      nodeCount: this.#entityCount,
      edgeCount: this.#from.length,
      relations: this.#relations(),
      undescribedCount: this.#entityCount - this.#describedCount,
      graph: this.#graph(),
    };
  }

  #mention(name: string): number {
    const known = this.#mentions.get(name);
    if (known !== undefined) return known;
    const mention = this.#mentions.size;
    this.#mentions.set(name, mention);
    this.#entities.push(NO_ENTITY);
    this.#mentionTypes.push(MISSING_TYPE);
    this.#described.push(0);
    return mention;
  }

  #relations(): RelationBreakdown {
    const { relations, rest } = countRelations({
      from: this.#from.values(),
      to: this.#to.values(),
      edgeTypes: this.#relationTypes.values(),
      nodeTypes: this.#mentionTypes.values(),
    });
    const [nodeTypes, edgeTypes] = [[MISSING, ...this.#nodes.names()], this.#edges.names()];
    const named = relations.map(({ from, type, to, count }) => ({
      from: nodeTypes[from] as string,
      type: edgeTypes[type] as string,
      to: nodeTypes[to] as string,
      count,
    }));
    return relationBreakdown([...named, { from: OTHER, type: OTHER, to: OTHER, count: rest }]);
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
