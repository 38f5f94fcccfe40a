import type { Allowance, Measured } from "./budget.ts";
import type { Csr } from "./csr.ts";
import { MultiSearch, STARTS_AT_ONCE } from "./multi-search.ts";
import { shuffled } from "./random.ts";

/**
 * Mean harmonic closeness, each node's divided by the number of other nodes (Boldi and Vigna, "Axioms for Centrality", 2014):
 * 1 in a complete graph, 0 without edges. A node without edges contributes 0 and needs no search. Exact if computed from every other node;
 * from fewer, drawn at random, an unbiased estimate (Eppstein and Wang, "Fast Approximation of Centrality", 2004). Undefined if the time
 * runs out.
 *
 * @param starts maximum number of nodes to compute it from
 */
export function meanCentrality(graph: Csr, starts: number, random: () => number, allowance: Allowance): Measured | undefined {
  const { nodeCount } = graph;
  const joined = nodesWithEdges(graph);
  if (joined.length === 0) return { value: 0, exact: true };
  const drawn = shuffled(joined.length, random)
    .subarray(0, starts)
    .map((n) => joined[n] as number);
  const search = new MultiSearch(graph);
  let sum = 0;
  for (let start = 0; start < drawn.length; start += STARTS_AT_ONCE) {
    if (allowance.isUsedUp(graph.targets.length)) return undefined;
    sum += search.from(drawn.subarray(start, start + STARTS_AT_ONCE)).harmonic;
  }
  const mean = sum / drawn.length / (nodeCount - 1);
  return { value: mean * (joined.length / nodeCount), exact: drawn.length === joined.length };
}

function nodesWithEdges({ nodeCount, offsets }: Csr): Uint32Array {
  const nodes = new Uint32Array(nodeCount);
  let count = 0;
  for (let n = 0; n < nodeCount; n += 1) if (offsets[n] !== offsets[n + 1]) nodes[count++] = n;
  return nodes.subarray(0, count);
}
