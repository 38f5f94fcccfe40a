/** A graph as endpoints of its edges. Nodes are the numbers from 0; repeated and reversed edges and self-loops are allowed. */
export interface GraphInput {
  readonly nodeCount: number;
  readonly from: Uint32Array;
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

/** Makes the simple graph: directions forgotten, self-loops left out, repeated edges kept once. */
export function csrOf({ nodeCount, from, to }: GraphInput): Csr {
  const offsets = new Uint32Array(nodeCount + 1);
  for (let e = 0; e < from.length; e += 1) {
    const [a, b] = [from[e] as number, to[e] as number];
    if (a >= nodeCount || b >= nodeCount) throw new RangeError(`edge ${e} joins ${a} and ${b}, there are ${nodeCount} nodes`);
    if (a === b) continue;
    offsets[a + 1] = (offsets[a + 1] as number) + 1;
    offsets[b + 1] = (offsets[b + 1] as number) + 1;
  }
  for (let n = 0; n < nodeCount; n += 1) offsets[n + 1] = (offsets[n + 1] as number) + (offsets[n] as number);
  const targets = new Uint32Array(offsets[nodeCount] as number);
  const next = offsets.slice(0, nodeCount);
  const put = (a: number, b: number): void => {
    targets[next[a] as number] = b;
    next[a] = (next[a] as number) + 1;
  };
  for (let e = 0; e < from.length; e += 1) {
    const [a, b] = [from[e] as number, to[e] as number];
    if (a === b) continue;
    put(a, b);
    put(b, a);
  }
  return withoutRepeats(nodeCount, offsets, targets);
}

/** Sorts each row and keeps each neighbour once, closing the gaps in place. */
function withoutRepeats(nodeCount: number, offsets: Uint32Array, targets: Uint32Array): Csr {
  let end = 0;
  let start = 0;
  for (let n = 0; n < nodeCount; n += 1) {
    const stop = offsets[n + 1] as number;
    const row = targets.subarray(start, stop).sort();
    offsets[n] = end;
    for (let i = 0; i < row.length; i += 1) {
      if (i > 0 && row[i] === row[i - 1]) continue;
      targets[end] = row[i] as number;
      end += 1;
    }
    start = stop;
  }
  offsets[nodeCount] = end;
  return { nodeCount, edgeCount: end / 2, offsets, targets: targets.subarray(0, end) };
}

export const degreeOf = ({ offsets }: Csr, n: number): number => (offsets[n + 1] as number) - (offsets[n] as number);
