import { VitalsError } from "../base/errors.ts";

/** A graph as the endpoints of its edges. Nodes are numbered from 0; repeated and reversed edges and self-loops are allowed. */
export interface GraphInput {
  /** Number of nodes, below 2^32. */
  readonly nodeCount: number;
  /** Node at one end of each edge. */
  readonly from: Uint32Array;
  /** As long as `from`. */
  readonly to: Uint32Array;
}

/**
 * A simple, undirected graph in compressed sparse rows: the neighbours of `n` are `targets[offsets[n]]` up to, not including,
 * `targets[offsets[n + 1]]`, in ascending order. Each edge is stored twice.
 */
export interface Csr {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
}

/** The numbers of nodes and of edge ends must fit 32 bits. */
const MAX_COUNT = 2 ** 32 - 1;

/**
 * Makes the graph simple: without directions, self-loops and repeated edges.
 *
 * @throws VitalsError `reading_invalid` for an inconsistent graph, such as one with an edge to a missing node
 */
export function csrOf(input: GraphInput): Csr {
  const offsets = offsetsOf(input);
  const rows = transposed(offsets, rowsOf(input, offsets));
  return withoutRepeats(input.nodeCount, offsets, rows);
}

/** The start of each node's row, with repeated edges. */
function offsetsOf({ nodeCount, from, to }: GraphInput): Uint32Array {
  if (!Number.isInteger(nodeCount) || nodeCount < 0 || nodeCount >= MAX_COUNT)
    throw invalid(`expected a whole number of nodes from 0 to below ${MAX_COUNT}, found ${nodeCount}`);
  if (from.length !== to.length) throw invalid(`expected as many ends of edges as starts, found ${to.length} and ${from.length}`);
  if (from.length > MAX_COUNT / 2) throw invalid(`expected at most ${Math.floor(MAX_COUNT / 2)} edges, found ${from.length}`);
  const offsets = new Uint32Array(nodeCount + 1);
  for (let e = 0; e < from.length; e += 1) {
    const a = from[e] as number;
    const b = to[e] as number;
    if (a >= nodeCount || b >= nodeCount) throw invalid(`edge ${e}: expected nodes below ${nodeCount}, found ${a} and ${b}`);
    if (a === b) continue;
    offsets[a + 1] = (offsets[a + 1] as number) + 1;
    offsets[b + 1] = (offsets[b + 1] as number) + 1;
  }
  for (let n = 0; n < nodeCount; n += 1) offsets[n + 1] = (offsets[n + 1] as number) + (offsets[n] as number);
  return offsets;
}

const invalid = (reason: string): VitalsError => new VitalsError("reading_invalid", `graph: ${reason}`);

/** Stores both ends of every edge, each in the row of the other, in the order of the edges. */
function rowsOf({ nodeCount, from, to }: GraphInput, offsets: Uint32Array): Uint32Array {
  const rows = new Uint32Array(offsets[nodeCount] as number);
  const next = offsets.slice(0, nodeCount);
  for (let e = 0; e < from.length; e += 1) {
    const a = from[e] as number;
    const b = to[e] as number;
    if (a === b) continue;
    rows[next[a] as number] = b;
    next[a] = (next[a] as number) + 1;
    rows[next[b] as number] = a;
    next[b] = (next[b] as number) + 1;
  }
  return rows;
}

/** Sorts the rows by transposing them: an undirected graph is its own transpose, and transposing writes each row in ascending order. */
function transposed(offsets: Uint32Array, rows: Uint32Array): Uint32Array {
  const nodeCount = offsets.length - 1;
  const sorted = new Uint32Array(rows.length);
  const next = offsets.slice(0, nodeCount);
  for (let a = 0; a < nodeCount; a += 1) {
    const end = offsets[a + 1] as number;
    for (let i = offsets[a] as number; i < end; i += 1) {
      const b = rows[i] as number;
      sorted[next[b] as number] = a;
      next[b] = (next[b] as number) + 1;
    }
  }
  return sorted;
}

/** Removes repeated neighbours from the sorted rows, in place. */
function withoutRepeats(nodeCount: number, offsets: Uint32Array, targets: Uint32Array): Csr {
  let end = 0;
  let start = 0;
  for (let n = 0; n < nodeCount; n += 1) {
    const stop = offsets[n + 1] as number;
    offsets[n] = end;
    for (let i = start; i < stop; i += 1) {
      if (i > start && targets[i] === targets[end - 1]) continue;
      targets[end] = targets[i] as number;
      end += 1;
    }
    start = stop;
  }
  offsets[nodeCount] = end;
  return { nodeCount, edgeCount: end / 2, offsets, targets: targets.subarray(0, end) };
}

export const degreeOf = ({ offsets }: Csr, n: number): number => (offsets[n + 1] as number) - (offsets[n] as number);
