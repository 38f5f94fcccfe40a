import { VitalsError } from "../../errors.ts";
import type { GraphInput } from "../../topology/index.ts";
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

/**
 * The knowledge graph of a memory file, built line by line. As the memory server does, it knows lines of the types `entity` and
 * `relation` and passes over others. A relation to an entity that is not there is stored, and so counted, but joins nothing.
 */
export class MemoryGraph {
  readonly #kinds: ReadonlyMap<string, MemoryType>;
  readonly #numbers = new Map<string, number>();
  readonly #statements = new Statements();
  readonly #nodes = new Map<string, number>();
  readonly #edges = new Map<string, number>();
  readonly #ends: (readonly [string, string])[] = [];

  constructor(types: MemoryTypes) {
    this.#kinds = new Map([
      ...types.procedural.map((type) => [type.toLowerCase(), "procedural"] as const),
      ...types.episodic.map((type) => [type.toLowerCase(), "episodic"] as const),
    ]);
  }

  /** Adds one line. @throws VitalsError `reading_invalid` when it is no line of a memory file */
  add(line: string, number: number): void {
    const item = objectOf(line, number);
    if (item["type"] === "entity") this.#addEntity(item, number);
    else if (item["type"] === "relation") this.#addRelation(item, number);
  }

  totals(): MemoryGraphTotals {
    return {
      statements: this.#statements.totals(),
      nodes: countsOf(this.#nodes),
      edges: countsOf(this.#edges),
      nodeCount: this.#numbers.size,
      edgeCount: this.#ends.length,
      graph: this.#graph(),
    };
  }

  #addEntity(item: Record<string, unknown>, number: number): void {
    const name = textOf(item, "name", number);
    const type = typeof item["entityType"] === "string" ? item["entityType"] : UNTYPED;
    if (!this.#numbers.has(name)) {
      this.#numbers.set(name, this.#numbers.size);
      this.#nodes.set(type, (this.#nodes.get(type) ?? 0) + 1);
    }
    const kind = this.#kinds.get(type.toLowerCase()) ?? "semantic";
    const observations: unknown = item["observations"] ?? [];
    if (!Array.isArray(observations)) throw invalid(number, "a list of observations", typeof observations);
    for (const observation of observations as readonly unknown[]) {
      if (typeof observation !== "string") throw invalid(number, "text in every observation", typeof observation);
      this.#statements.add(kind, `o\0${name}\0${observation}`, observation);
    }
  }

  #addRelation(item: Record<string, unknown>, number: number): void {
    const [from, to] = [textOf(item, "from", number), textOf(item, "to", number)];
    const type = typeof item["relationType"] === "string" ? item["relationType"] : UNTYPED;
    this.#edges.set(type, (this.#edges.get(type) ?? 0) + 1);
    this.#ends.push([from, to]);
    this.#statements.add("semantic", `r\0${from}\0${type}\0${to}`, `${from} ${type} ${to}`);
  }

  #graph(): GraphInput {
    const from = new Uint32Array(this.#ends.length);
    const to = new Uint32Array(this.#ends.length);
    let count = 0;
    for (const [start, end] of this.#ends) {
      const [a, b] = [this.#numbers.get(start), this.#numbers.get(end)];
      if (a === undefined || b === undefined) continue;
      from[count] = a;
      to[count] = b;
      count += 1;
    }
    return { nodeCount: this.#numbers.size, from: from.subarray(0, count), to: to.subarray(0, count) };
  }
}

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

/** As plain data. A type called `__proto__` would name no property of a plain object, so it is told in brackets. */
const countsOf = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].map(([type, count]) => [type === "__proto__" ? "(__proto__)" : type, count]));
