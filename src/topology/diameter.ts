import type { Allowance, Measured } from "./budget.ts";
import { degreeOf, type Csr } from "./csr.ts";
import { MultiSearch, STARTS_AT_ONCE } from "./multi-search.ts";
import { Search } from "./search.ts";

/** Maximum number of sweeps for a better centre. */
const MAX_SWEEPS = 8;

/**
 * Diameter of one component by iFUB (Crescenzi and others, "On computing the diameter of real-world undirected graphs", 2013):
 * sweeps find a long path and a centre; then the nodes are searched from in order of decreasing distance from the centre, until those left
 * cannot be the end of a longer path. Exact, or a lower bound if `maxStarts` ends the search. Undefined if the time runs out.
 *
 * @param maxStarts maximum number of nodes to search from after the sweeps
 */
export function diameterOf(graph: Csr, component: Uint32Array, maxStarts: number, allowance: Allowance): Measured | undefined {
  if (component.length < 2) return { value: 0, exact: true };
  const search = new Search(graph);
  const found = sweep(graph, search, component, allowance);
  if (!found) return undefined;
  let longest = found.longest;
  const radius = search.from(found.centre);
  const byDistance = search.reached;
  const batches = new MultiSearch(graph);
  for (let end = byDistance.length, starts = 0; end > 0;) {
    // The distance of two nodes is at most that through the centre, so at most twice the distance of the farthest that is left.
    const farthest = search.distance(byDistance[end - 1] as number);
    if (longest >= 2 * farthest) break;
    if (starts >= maxStarts) return { value: longest, exact: false };
    const start = Math.max(0, end - STARTS_AT_ONCE);
    longest = Math.max(longest, radius, batches.from(byDistance.subarray(start, end)).eccentricity);
    if (allowance.isUsedUp(graph.targets.length)) return undefined;
    starts += end - start;
    end = start;
  }
  return { value: longest, exact: true };
}

interface Sweep {
  /** Length of the longest shortest path found. */
  readonly longest: number;
  /** The node with the smallest eccentricity found. */
  readonly centre: number;
}

/**
 * Searches alternately from a candidate for the centre and from the node farthest from it. A node's distance from such a far node is a lower
 * bound of its eccentricity, so the next candidate is the node whose largest lower bound is smallest (as in SumSweep, Borassi and others,
 * "Fast diameter and radius BFS-based computation in (weakly connected) real-world graphs", 2015).
 */
function sweep(graph: Csr, search: Search, component: Uint32Array, allowance: Allowance): Sweep | undefined {
  const lowerBounds = new Uint32Array(graph.nodeCount);
  const sums = new Float64Array(graph.nodeCount);
  let candidate = component.reduce((best, node) => (degreeOf(graph, node) > degreeOf(graph, best) ? node : best), component[0] as number);
  let centre = candidate;
  let radius = Number.POSITIVE_INFINITY;
  let longest = 0;
  for (let sweeps = 0; sweeps < MAX_SWEEPS; sweeps += 1) {
    const eccentricity = search.from(candidate);
    if (eccentricity < radius) {
      radius = eccentricity;
      centre = candidate;
    }
    longest = Math.max(longest, search.from(search.reached.at(-1) as number));
    for (const node of search.reached) {
      const distance = search.distance(node);
      sums[node] = (sums[node] as number) + distance;
      if (distance > (lowerBounds[node] as number)) lowerBounds[node] = distance;
    }
    candidate = nearestOf(component, lowerBounds, sums);
    if ((lowerBounds[candidate] as number) >= radius || longest >= 2 * radius) break;
    if (allowance.isUsedUp(2 * graph.targets.length)) return undefined;
  }
  return { longest, centre };
}

/** The node with the smallest lower bound; if tied, the one with the smallest sum of distances. */
function nearestOf(component: Uint32Array, lowerBounds: Uint32Array, sums: Float64Array): number {
  let best = component[0] as number;
  for (const node of component) {
    const more = (lowerBounds[node] as number) - (lowerBounds[best] as number);
    if (more < 0 || (more === 0 && (sums[node] as number) < (sums[best] as number))) best = node;
  }
  return best;
}
