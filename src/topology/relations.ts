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
  /** In the order of their first edges. */
  readonly relations: readonly RelationCount[];
  /** Edges of combinations that appeared after `MAX_RELATIONS` others. */
  readonly rest: number;
}

/** Combinations of types that are counted apart. */
export const MAX_RELATIONS = 100_000;

/**
 * Counts stored edges by their type and the types of the nodes that they connect, with directions, repeated edges and self-loops.
 *
 * @throws VitalsError `reading_invalid` for lists of different lengths, an edge to a missing node, and more types than can be combined
 */
export function countRelations({ from, to, edgeTypes, nodeTypes }: TypedEdges): RelationCounts {
  if (to.length !== from.length || edgeTypes.length !== from.length)
    throw invalid(`expected ${from.length} ends and types of edges, found ${to.length} and ${edgeTypes.length}`);
  const [nodeBase, edgeBase] = [typesIn(nodeTypes), typesIn(edgeTypes)];
  if (nodeBase * edgeBase * nodeBase > Number.MAX_SAFE_INTEGER)
    throw invalid(`expected fewer types, found ${nodeBase} of nodes and ${edgeBase} of edges`);
  const counts = new Map<number, number>();
  let rest = 0;
  for (let e = 0; e < from.length; e += 1) {
    const [start, end] = [nodeTypes[from[e] as number], nodeTypes[to[e] as number]];
    if (start === undefined || end === undefined)
      throw invalid(`edge ${e}: expected nodes below ${nodeTypes.length}, found ${from[e]} and ${to[e]}`);
    const key = (start * edgeBase + (edgeTypes[e] as number)) * nodeBase + end;
    const known = counts.get(key);
    if (known === undefined && counts.size >= MAX_RELATIONS) rest += 1;
    else counts.set(key, (known ?? 0) + 1);
  }
  const relations = Array.from(counts, ([key, count]): RelationCount => {
    const pair = Math.floor(key / nodeBase);
    return { from: Math.floor(pair / edgeBase), type: pair % edgeBase, to: key % nodeBase, count };
  });
  return { relations, rest };
}

const invalid = (reason: string): VitalsError => new VitalsError("reading_invalid", `graph: ${reason}`);

function typesIn(types: Uint32Array): number {
  let most = 0;
  for (const type of types) if (type >= most) most = type + 1;
  return most;
}
