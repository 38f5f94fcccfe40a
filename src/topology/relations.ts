import { VitalsError } from "../base/errors.ts";

/** Edges with types. Types are numbered from 0, apart for nodes and edges. */
export interface TypedEdges {
  readonly from: Uint32Array;
  /** As long as `from`. */
  readonly to: Uint32Array;
  /** By edge, its type; as long as `from`. */
  readonly edgeTypes: Uint32Array;
  /** By node, its type. */
  readonly nodeTypes: Uint32Array;
}

/** How many edges of one type lead from nodes of one type to nodes of one type. */
export interface RelationCount {
  readonly from: number;
  readonly type: number;
  readonly to: number;
  readonly count: number;
}

export interface RelationCounts {
  /** Those that have an edge, in no particular order. */
  readonly relations: readonly RelationCount[];
  /** Edges of combinations that appeared after `MAX_RELATIONS` others; 0 where there are few types. */
  readonly rest: number;
}

/** Combinations of types that are counted apart. */
export const MAX_RELATIONS = 100_000;

/** Combinations of types up to which each has a place in an array: five times as fast as a map, and four megabytes at most. */
const MAX_PLACES = 2 ** 20;

/**
 * Counts stored edges by their type and the types of the nodes that they connect, with directions, repeated edges and self-loops.
 *
 * @throws VitalsError `reading_invalid` for lists of different lengths, an edge to a missing node, and more types than can be combined
 */
export function countRelations({ from, to, edgeTypes, nodeTypes }: TypedEdges): RelationCounts {
  if (to.length !== from.length || edgeTypes.length !== from.length)
    throw invalid(`expected ${from.length} ends and types of edges, found ${to.length} and ${edgeTypes.length}`);
  const [nodeBase, edgeBase] = [typesIn(nodeTypes), typesIn(edgeTypes)];
  const combinations = nodeBase * edgeBase * nodeBase;
  if (combinations > Number.MAX_SAFE_INTEGER) throw invalid(`expected fewer types, found ${nodeBase} of nodes and ${edgeBase} of edges`);
  const counts = combinations <= MAX_PLACES ? new Places(combinations) : new Tally();
  for (let e = 0; e < from.length; e += 1) {
    const start = nodeTypes[from[e] as number];
    const end = nodeTypes[to[e] as number];
    if (start === undefined || end === undefined)
      throw invalid(`edge ${e}: expected nodes below ${nodeTypes.length}, found ${from[e]} and ${to[e]}`);
    counts.add((start * edgeBase + (edgeTypes[e] as number)) * nodeBase + end);
  }
  const relations = Array.from(counts.entries(), ([key, count]): RelationCount => {
    const pair = Math.floor(key / nodeBase);
    return { from: Math.floor(pair / edgeBase), type: pair % edgeBase, to: key % nodeBase, count };
  });
  return { relations, rest: counts.rest };
}

/** Counts by a number below a limit. */
class Places {
  readonly rest = 0;
  readonly #counts: Uint32Array;

  constructor(limit: number) {
    this.#counts = new Uint32Array(limit);
  }

  add(key: number): void {
    this.#counts[key] = (this.#counts[key] as number) + 1;
  }

  *entries(): Generator<readonly [key: number, count: number]> {
    for (let key = 0; key < this.#counts.length; key += 1) {
      const count = this.#counts[key] as number;
      if (count > 0) yield [key, count];
    }
  }
}

/** Counts by any number, of up to `MAX_RELATIONS` numbers. */
class Tally {
  rest = 0;
  readonly #counts = new Map<number, number>();

  add(key: number): void {
    const known = this.#counts.get(key);
    if (known === undefined && this.#counts.size >= MAX_RELATIONS) this.rest += 1;
    else this.#counts.set(key, (known ?? 0) + 1);
  }

  entries(): Iterable<readonly [key: number, count: number]> {
    return this.#counts;
  }
}

const invalid = (reason: string): VitalsError => new VitalsError("reading_invalid", `graph: ${reason}`);

function typesIn(types: Uint32Array): number {
  let most = 0;
  for (const type of types) if (type >= most) most = type + 1;
  return most;
}
