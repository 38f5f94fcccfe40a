import type { Allowance } from "./budget.ts";
import { degreeOf, type Csr } from "./csr.ts";

/**
 * Mean local clustering coefficient (Watts and Strogatz, "Collective dynamics of small-world networks", 1998): for each node the
 * share of pairs of its neighbours that are joined, 0 below two neighbours, averaged over all nodes.
 *
 * Triangles are listed once each by the forward method (Schank and Wagner, 2005): edges point from lower to higher degree, so no
 * node points at more than about the square root of twice the edges, and hubs cost little. Undefined of no nodes, or when the time was
 * up first.
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

/** How many triangles each node is in. */
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
      const begin = offsets[b] as number;
      const stop = ends[b] as number;
      steps += stop - begin;
      let shared = 0;
      for (let j = begin; j < stop; j += 1) {
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

/** Of each edge only the end of higher degree, or of higher number where degrees are equal. Rows begin where the graph's do. */
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
