import { VitalsError } from "../../base/errors.ts";
import type { GraphInput } from "../../topology/index.ts";
import { NameTable, type Span, NumberList, TypeCounts } from "./name-table.ts";
import { relationIn, type Relation } from "./relation-line.ts";
import { Statements, type MemoryType, type StatementTotals } from "./statements.ts";

/** Which entity types hold which memories; a plain object, because it travels to a worker. */
export interface MemoryTypes {
  readonly episodic: readonly string[];
  readonly procedural: readonly string[];
}

/** What a whole memory file says. */
export interface MemoryGraphTotals {
  readonly statements: StatementTotals;
  readonly nodes: Readonly<Record<string, number>>;
  readonly edges: Readonly<Record<string, number>>;
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** Edges between known entities, by the entities' numbers. */
  readonly graph: GraphInput;
}

/** Type of an entity or relation that names none. */
const UNTYPED = "untyped";

/** Stands for no entity: there can be no more than this many lines. */
const NONE = 2 ** 32 - 1;

/**
 * The knowledge graph of a memory file, built line by line. As the memory server does, it knows lines of the types `entity` and
 * `relation` and passes over others. A relation to an entity that is not there is stored, and so counted, but joins nothing.
 */
export class MemoryGraph {
  readonly #kinds: ReadonlyMap<string, MemoryType>;
  /** Names in the order they are first mentioned: by an entity, or by a relation that comes before it or has none. */
  readonly #mentions = new NameTable();
  /** By mention, the number of the entity. */
  readonly #entities = new NumberList();
  #entityCount = 0;
  readonly #statements = new Statements();
  readonly #nodes = new TypeCounts();
  readonly #edges = new TypeCounts();
  /** By relation, the mentions it joins. */
  readonly #from = new NumberList();
  readonly #to = new NumberList();

  constructor(types: MemoryTypes) {
    this.#kinds = new Map([
      ...types.procedural.map((type) => [type.toLowerCase(), "procedural"] as const),
      ...types.episodic.map((type) => [type.toLowerCase(), "episodic"] as const),
    ]);
  }

  /** Adds one line, empty or not. @throws VitalsError `reading_invalid` when it is no line of a memory file */
  add({ bytes, start, end }: Span, number: number): void {
    const relation = relationIn(bytes, start, end);
    if (relation) this.#relate(relation);
    else this.#addJson(decoder.decode(bytes.subarray(start, end)), number);
  }

  totals(): MemoryGraphTotals {
    return {
      statements: this.#statements.totals(),
      nodes: this.#nodes.totals(),
      edges: this.#edges.totals(),
      nodeCount: this.#entityCount,
      edgeCount: this.#from.length,
      graph: this.#graph(),
    };
  }

  #addJson(line: string, number: number): void {
    if (line.trim() === "") return;
    const item = objectOf(line, number);
    if (item["type"] === "entity") this.#addEntity(item, number);
    else if (item["type"] === "relation") {
      const [from, to] = [textOf(item, "from", number), textOf(item, "to", number)];
      this.#relate({ from: spanOf(from), to: spanOf(to), type: spanOf(typeOf(item, "relationType")) });
    }
  }

  #addEntity(item: Record<string, unknown>, number: number): void {
    const name = textOf(item, "name", number);
    const type = typeOf(item, "entityType");
    const mention = this.#mention(spanOf(name));
    if (this.#entities.at(mention) === NONE) {
      this.#entities.set(mention, this.#entityCount);
      this.#entityCount += 1;
      this.#nodes.add(spanOf(type));
    }
    const kind = this.#kinds.get(type.toLowerCase()) ?? "semantic";
    const observations: unknown = item["observations"] ?? [];
    if (!Array.isArray(observations)) throw invalid(number, "a list of observations", typeof observations);
    for (const observation of observations as readonly unknown[]) {
      if (typeof observation !== "string") throw invalid(number, "text in every observation", typeof observation);
      this.#statements.addObservation(kind, mention, spanOf(observation));
    }
  }

  #relate({ from, to, type }: Relation): void {
    const [start, end] = [this.#mention(from), this.#mention(to)];
    this.#from.push(start);
    this.#to.push(end);
    this.#edges.add(type);
    this.#statements.addRelation(start, type, end, lengthOf(from) + 1 + lengthOf(type) + 1 + lengthOf(to));
  }

  #mention(name: Span): number {
    const mention = this.#mentions.numberOf(name);
    if (mention === this.#entities.length) this.#entities.push(NONE);
    return mention;
  }

  #graph(): GraphInput {
    const from = new Uint32Array(this.#from.length);
    const to = new Uint32Array(this.#from.length);
    let count = 0;
    for (let n = 0; n < this.#from.length; n += 1) {
      const start = this.#entities.at(this.#from.at(n));
      const end = this.#entities.at(this.#to.at(n));
      if (start === NONE || end === NONE) continue;
      from[count] = start;
      to[count] = end;
      count += 1;
    }
    return { nodeCount: this.#entityCount, from: from.subarray(0, count), to: to.subarray(0, count) };
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

function spanOf(text: string): Span {
  const bytes = encoder.encode(text);
  return { bytes, start: 0, end: bytes.length };
}

const lengthOf = ({ start, end }: Span): number => end - start;

const typeOf = (item: Record<string, unknown>, key: string): string => (typeof item[key] === "string" ? item[key] : UNTYPED);

function objectOf(line: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw invalid(number, "a JSON object", "text that is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(number, "a JSON object", Array.isArray(value) ? "a list" : typeof value);
  return value as Record<string, unknown>;
}

function textOf(item: Record<string, unknown>, key: string, number: number): string {
  const value = item[key];
  if (typeof value !== "string") throw invalid(number, `text in "${key}"`, typeof value);
  return value;
}

const invalid = (number: number, expected: string, found: string): VitalsError =>
  new VitalsError("reading_invalid", `line ${number} of the memory file: expected ${expected}, found ${found}`);
