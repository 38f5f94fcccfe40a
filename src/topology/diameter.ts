import type { Allowance, Measured } from "./budget.ts";
import { degreeOf, type Csr } from "./csr.ts";
import { MultiSearch, STARTS_AT_ONCE } from "./multi-search.ts";
import { Search } from "./search.ts";

/** How often a better centre is looked for. */
const MOST_SWEEPS = 8;

/**
 * Diameter of one component by iFUB (Crescenzi and others, "On computing the diameter of real-world undirected graphs", 2013):
 * sweeps find a long path and a centre; from the centre the fringes are searched, farthest first, until none that is left can hold a
 * longer path than the longest found. Exact unless `mostStarts` ends it, then a lower bound. Undefined when the time was up first.
 *
 * @param mostStarts from how many nodes of the fringes there may be searches
 */
export function diameterOf(graph: Csr, component: Uint32Array, mostStarts: number, allowance: Allowance): Measured | undefined {
  if (component.length < 2) return { value: 0, exact: true };
  const search = new Search(graph);
  const swept = sweep(graph, search, component, allowance);
  if (!swept) return undefined;
  let longest = swept.longest;
  const radius = search.from(swept.centre);
  const byDistance = search.reached;
  const batches = new MultiSearch(graph);
  for (let end = byDistance.length, starts = 0; end > 0;) {
    // Two nodes are at most as far apart as the way through the centre, so those left are at most twice the farthest's distance.
    const farthest = search.distance(byDistance[end - 1] as number);
    if (longest >= 2 * farthest) break;
    if (starts >= mostStarts) return { value: longest, exact: false };
    const begin = Math.max(0, end - STARTS_AT_ONCE);
    longest = Math.max(longest, radius, batches.from(byDistance.subarray(begin, end)).eccentricity);
    if (allowance.isUsedUp(graph.targets.length)) return undefined;
    starts += end - begin;
    end = begin;
  }
  return { value: longest, exact: true };
}

interface Swept {
  /** The longest shortest path seen. */
  readonly longest: number;
  /** The node of least eccentricity seen. */
  readonly centre: number;
}

/**
 * Sweeps to and fro: from a supposed centre to the node farthest from it, and from there to all. What is far from such a node has at
 * least that eccentricity, so the next supposed centre is where the greatest of these distances is least (as in SumSweep, Borassi and
 * others, "Fast diameter and radius BFS-based computation in (weakly connected) real-world graphs", 2015).
 */
function sweep(graph: Csr, search: Search, component: Uint32Array, allowance: Allowance): Swept | undefined {
  const farness = new Uint32Array(graph.nodeCount);
  const sums = new Float64Array(graph.nodeCount);
  let supposed = component.reduce((best, node) => (degreeOf(graph, node) > degreeOf(graph, best) ? node : best), component[0] as number);
  let centre = supposed;
  let radius = Number.POSITIVE_INFINITY;
  let longest = 0;
  for (let sweeps = 0; sweeps < MOST_SWEEPS; sweeps += 1) {
    const eccentricity = search.from(supposed);
    if (eccentricity < radius) {
      radius = eccentricity;
      centre = supposed;
    }
    longest = Math.max(longest, search.from(search.reached.at(-1) as number));
    for (const node of search.reached) {
      const distance = search.distance(node);
      sums[node] = (sums[node] as number) + distance;
      if (distance > (farness[node] as number)) farness[node] = distance;
    }
    supposed = leastFar(component, farness, sums);
    if ((farness[supposed] as number) >= radius || longest >= 2 * radius) break;
    if (allowance.isUsedUp(2 * graph.targets.length)) return undefined;
  }
  return { longest, centre };
}

/** Of nodes as far, the one that is nearer on the whole. */
function leastFar(component: Uint32Array, farness: Uint32Array, sums: Float64Array): number {
  let best = component[0] as number;
  for (const node of component) {
    const more = (farness[node] as number) - (farness[best] as number);
    if (more < 0 || (more === 0 && (sums[node] as number) < (sums[best] as number))) best = node;
  }
  return best;
}
