import { degreeOf, type Csr } from "./csr.ts";
import { shuffled } from "./random.ts";
import { Search } from "./search.ts";

/** A measure, and whether it is exact. */
export interface Measured {
  readonly value: number;
  readonly exact: boolean;
}

/** Searches that a large graph's diameter may take; what is left open by then is estimated from below. */
export const DIAMETER_SEARCHES = 256;

/** Starts that an estimated centrality rests on. */
const CENTRALITY_SAMPLES = 64;

/**
 * Diameter of one component by iFUB (Crescenzi and others, "On computing the diameter of real-world undirected graphs", 2013):
 * two sweeps find a long path; from its middle the fringes are searched, farthest first, until no nearer fringe can beat the
 * longest distance found. Exact unless the bound on searches or the deadline ends it, then a lower bound.
 *
 * @param mostSearches how many searches of fringes there may be
 */
export function diameterOf(graph: Csr, component: Uint32Array, mostSearches: number, isLate: () => boolean): Measured {
  const start = component.reduce((best, node) => (degreeOf(graph, node) > degreeOf(graph, best) ? node : best), component[0] as number);
  if (component.length < 2) return { value: 0, exact: true };
  const search = new Search(graph);
  const far = farthestFrom(search, start);
  const other = farthestFrom(search, far);
  let lower = search.distance(other);
  const middle = middleOf(graph, search, other);
  const { size, eccentricity } = search.from(middle);
  lower = Math.max(lower, eccentricity);
  // The queue holds the nodes by ascending distance; copied, because each further search overwrites it.
  const byDistance = search.queue.slice(0, size);
  const distances = Uint32Array.from(byDistance, (node) => search.distance(node));
  for (let i = size - 1, searches = 0; i >= 0; i -= 1) {
    // Nodes at most this far from the middle are at most twice as far from each other.
    if (lower >= 2 * (distances[i] as number)) return { value: lower, exact: true };
    if (searches >= mostSearches || isLate()) return { value: lower, exact: false };
    searches += 1;
    lower = Math.max(lower, search.from(byDistance[i] as number).eccentricity);
  }
  return { value: lower, exact: true };
}

function farthestFrom(search: Search, start: number): number {
  const { size } = search.from(start);
  return search.queue[size - 1] as number;
}

/** The node half-way back on a shortest path from `end` to where the last search began. */
function middleOf({ offsets, targets }: Csr, search: Search, end: number): number {
  let node = end;
  for (let left = Math.floor(search.distance(end) / 2); left > 0; left -= 1) {
    for (let i = offsets[node] as number; i < (offsets[node + 1] as number); i += 1) {
      const target = targets[i] as number;
      if (search.distance(target) !== search.distance(node) - 1) continue;
      node = target;
      break;
    }
  }
  return node;
}

/**
 * Mean harmonic closeness, each node's divided by the number of other nodes (Boldi and Vigna, "Axioms for Centrality", 2014):
 * 1 in a complete graph, 0 without edges. From every node up to `exactUpTo` nodes; above that from a fixed random sample, whose
 * standard error is the spread of the nodes' closeness divided by 8. Undefined when the deadline passed before it was done.
 */
export function meanCentrality(graph: Csr, exactUpTo: number, random: () => number, isLate: () => boolean): Measured | undefined {
  const { nodeCount } = graph;
  if (nodeCount < 2) return { value: 0, exact: true };
  const exact = nodeCount <= exactUpTo;
  const starts = exact ? undefined : shuffled(nodeCount, random).subarray(0, CENTRALITY_SAMPLES);
  const count = starts?.length ?? nodeCount;
  const search = new Search(graph);
  let sum = 0;
  for (let n = 0; n < count; n += 1) {
    if (isLate()) return undefined;
    sum += search.from(starts ? (starts[n] as number) : n).harmonic;
  }
  return { value: sum / count / (nodeCount - 1), exact };
}
