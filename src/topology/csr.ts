import { VitalsError } from "../base/errors.ts";

/** A graph as endpoints of its edges. Nodes are the numbers from 0; repeated and reversed edges and self-loops are allowed. */
export interface GraphInput {
  readonly nodeCount: number;
  readonly from: Uint32Array;
  /** As long as `from`. */
  readonly to: Uint32Array;
}

/**
 * A simple, undirected graph in compressed sparse rows: the neighbours of `n` are `targets[offsets[n]]` up to, not including,
 * `targets[offsets[n + 1]]`, in ascending order. Each edge stands in it twice.
 */
export interface Csr {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
}

/** Numbers of nodes and of edge ends have to fit 32 bits. */
const MOST = 2 ** 32 - 1;

/**
 * Makes the simple graph: directions forgotten, self-loops left out, repeated edges kept once.
 *
 * @throws VitalsError `reading_invalid` for a graph that contradicts itself, such as an edge to a node that is not there
 */
export function csrOf(input: GraphInput): Csr {
  const offsets = offsetsOf(input);
  const rows = transposed(offsets, rowsOf(input, offsets));
  return withoutRepeats(input.nodeCount, offsets, rows);
}

/** Where each node's row begins while repeated edges are still in it. */
function offsetsOf({ nodeCount, from, to }: GraphInput): Uint32Array {
  if (!Number.isInteger(nodeCount) || nodeCount < 0 || nodeCount >= MOST)
    throw invalid(`expected a whole number of nodes from 0 to below ${MOST}, found ${nodeCount}`);
  if (from.length !== to.length) throw invalid(`expected as many ends as starts of edges, found ${to.length} and ${from.length}`);
  if (from.length > MOST / 2) throw invalid(`expected at most ${Math.floor(MOST / 2)} edges, found ${from.length}`);
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

/** Both ends of every edge, each in the other's row, as they come. */
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

/** The graph is its own transpose, and transposing writes each row in ascending order: cheaper than sorting. */
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

/** Keeps each neighbour of an ascending row once, and closes the gaps in place. */
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
