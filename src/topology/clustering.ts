import type { Allowance } from "./budget.ts";
import { degreeOf, type Csr } from "./csr.ts";

/**
 * Mean local clustering coefficient (Watts and Strogatz, "Collective dynamics of small-world networks", 1998): the share of pairs
 * of a node's neighbours that are connected, 0 below two neighbours, averaged over all nodes.
 *
 * Triangles are listed once each by the forward method (Schank and Wagner, 2005): edges point from lower to higher degree, so no
 * node has more than about the square root of twice the edges, and hubs cost little. Undefined without nodes, or if the time runs out.
 */
export function meanClustering(graph: Csr, allowance: Allowance): number | undefined {
  const { nodeCount } = graph;
  const triangles = nodeCount === 0 ? undefined : trianglesOf(graph, allowance);
  if (!triangles) return undefined;
  let sum = 0;
  for (let n = 0; n < nodeCount; n += 1) {
    const degree = degreeOf(graph, n);
    if (degree > 1) sum += (2 * (triangles[n] as number)) / (degree * (degree - 1));
  }
  return sum / nodeCount;
}

/** Number of triangles of each node. */
function trianglesOf(graph: Csr, allowance: Allowance): Float64Array | undefined {
  const { nodeCount, offsets } = graph;
  const { ends, forward } = pointUpwards(graph);
  const triangles = new Float64Array(nodeCount);
  const marked = new Uint32Array(nodeCount);
  for (let a = 0; a < nodeCount; a += 1) {
    const mark = a + 1;
    const start = offsets[a] as number;
    const end = ends[a] as number;
    let steps = end - start;
    for (let i = start; i < end; i += 1) marked[forward[i] as number] = mark;
    for (let i = start; i < end; i += 1) {
      const b = forward[i] as number;
      const first = offsets[b] as number;
      const stop = ends[b] as number;
      steps += stop - first;
      let shared = 0;
      for (let j = first; j < stop; j += 1) {
        const c = forward[j] as number;
        if (marked[c] !== mark) continue;
        triangles[c] = (triangles[c] as number) + 1;
        shared += 1;
      }
      triangles[b] = (triangles[b] as number) + shared;
      triangles[a] = (triangles[a] as number) + shared;
    }
    if (allowance.isUsedUp(steps)) return undefined;
  }
  return triangles;
}

/** Keeps each edge only at its end of lower degree, or of lower number if the degrees are equal. Rows start where those of the graph do. */
function pointUpwards(graph: Csr): { readonly ends: Uint32Array; readonly forward: Uint32Array } {
  const { nodeCount, offsets, targets } = graph;
  const forward = new Uint32Array(targets.length);
  const ends = new Uint32Array(nodeCount);
  for (let a = 0; a < nodeCount; a += 1) {
    let end = offsets[a] as number;
    const degree = degreeOf(graph, a);
    for (let i = offsets[a] as number; i < (offsets[a + 1] as number); i += 1) {
      const b = targets[i] as number;
      const other = degreeOf(graph, b);
      if (other < degree || (other === degree && b < a)) continue;
      forward[end] = b;
      end += 1;
    }
    ends[a] = end;
  }
  return { ends, forward };
}
