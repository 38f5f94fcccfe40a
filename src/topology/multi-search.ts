import type { Csr } from "./csr.ts";

/** Number of starts that share one search: the bits of a word. */
export const STARTS_AT_ONCE = 32;

/** With a frontier of more than this share of the nodes, a bottom-up step is cheaper. */
const BOTTOM_UP_SHARE = 1 / 4;

/** Result of a batch of searches. */
export interface BatchReach {
  /** Largest distance of any node from a start. */
  readonly eccentricity: number;
  /** Sum of 1 / distance over each start and every other node it reaches. */
  readonly harmonic: number;
}

/**
 * Breadth-first searches from up to 32 nodes at once (Then and others, "The More the Merrier: Efficient Multi-Source Graph
 * Traversal", 2014): bit `i` of a node's word belongs to start `i`, so one step serves all searches that overlap. With a wide
 * frontier, nodes that were not reached look for a reached neighbour, instead of the other way round (Beamer and others,
 * "Direction-Optimizing Breadth-First Search", 2012). Batches share the memory.
 */
export class MultiSearch {
  readonly #graph: Csr;
  /** The searches that have reached each node. */
  readonly #seen: Int32Array;
  /** The searches that reached each node in the last step, and in the current one; all zero between batches. */
  #previous: Int32Array;
  #current: Int32Array;
  /** The nodes with bits in `#previous`, and in `#current`. */
  #frontier: Uint32Array;
  #next: Uint32Array;

  constructor(graph: Csr) {
    this.#graph = graph;
    this.#seen = new Int32Array(graph.nodeCount);
    this.#previous = new Int32Array(graph.nodeCount);
    this.#current = new Int32Array(graph.nodeCount);
    this.#frontier = new Uint32Array(graph.nodeCount);
    this.#next = new Uint32Array(graph.nodeCount);
  }

  /** Searches from distinct nodes, at most `STARTS_AT_ONCE`. */
  from(starts: Uint32Array): BatchReach {
    this.#seen.fill(0);
    for (let i = 0; i < starts.length; i += 1) {
      const node = starts[i] as number;
      this.#seen[node] = 1 << i;
      this.#previous[node] = 1 << i;
      this.#frontier[i] = node;
    }
    const all = starts.length === STARTS_AT_ONCE ? -1 : (1 << starts.length) - 1;
    let harmonic = 0;
    let eccentricity = 0;
    for (let size = starts.length; ; eccentricity += 1) {
      size = size > this.#graph.nodeCount * BOTTOM_UP_SHARE ? this.#stepBottomUp(size, all) : this.#stepTopDown(size);
      if (size === 0) return { eccentricity, harmonic };
      harmonic += this.#endStep(size) / (eccentricity + 1);
    }
  }

  /** Advances every search by one step from its frontier. Returns the number of nodes reached. */
  #stepTopDown(frontierSize: number): number {
    const { offsets, targets } = this.#graph;
    const seen = this.#seen;
    const previous = this.#previous;
    const current = this.#current;
    const frontier = this.#frontier;
    const next = this.#next;
    let size = 0;
    for (let at = 0; at < frontierSize; at += 1) {
      const node = frontier[at] as number;
      const searches = previous[node] as number;
      previous[node] = 0;
      const end = offsets[node + 1] as number;
      for (let i = offsets[node] as number; i < end; i += 1) {
        const target = targets[i] as number;
        const reached = searches & ~(seen[target] as number);
        if (reached === 0) continue;
        const before = current[target] as number;
        if (before === 0) {
          next[size] = target;
          size += 1;
        }
        current[target] = before | reached;
      }
    }
    return size;
  }

  /** The same step, bottom-up: checks for each node which of the searches that have not reached it have reached a neighbour. */
  #stepBottomUp(frontierSize: number, all: number): number {
    const { nodeCount, offsets, targets } = this.#graph;
    const seen = this.#seen;
    const previous = this.#previous;
    const current = this.#current;
    const next = this.#next;
    let size = 0;
    for (let node = 0; node < nodeCount; node += 1) {
      const missing = all & ~(seen[node] as number);
      if (missing === 0) continue;
      let found = 0;
      const end = offsets[node + 1] as number;
      for (let i = offsets[node] as number; i < end; i += 1) found |= previous[targets[i] as number] as number;
      const reached = found & missing;
      if (reached === 0) continue;
      current[node] = reached;
      next[size] = node;
      size += 1;
    }
    for (let at = 0; at < frontierSize; at += 1) previous[this.#frontier[at] as number] = 0;
    return size;
  }

  /** Ends a step. Returns the number of pairs of a search and a node that it reached. */
  #endStep(size: number): number {
    const seen = this.#seen;
    const current = this.#current;
    const next = this.#next;
    let pairs = 0;
    for (let at = 0; at < size; at += 1) {
      const node = next[at] as number;
      const searches = current[node] as number;
      seen[node] = (seen[node] as number) | searches;
      pairs += bitsOf(searches);
    }
    this.#current = this.#previous;
    this.#previous = current;
    this.#next = this.#frontier;
    this.#frontier = next;
    return pairs;
  }
}

/** Number of set bits: adds neighbouring fields of 1, 2 and 4 bits; the multiplication adds the bytes. */
function bitsOf(word: number): number {
  const twos = word - ((word >>> 1) & 0x55555555);
  const fours = (twos & 0x33333333) + ((twos >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
