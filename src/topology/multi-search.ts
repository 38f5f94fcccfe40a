import type { Csr } from "./csr.ts";

/** How many starts share one search: the bits of a word. */
export const STARTS_AT_ONCE = 32;

/** A front of more than this share of the nodes is cheaper to gather than to spread. */
const GATHER_ABOVE = 1 / 4;

/** What a batch of searches has found. */
export interface BatchReach {
  /** Greatest distance any of them went. */
  readonly eccentricity: number;
  /** Sum of 1 / distance over each start and every other node it reaches. */
  readonly harmonic: number;
}

/**
 * Breadth-first searches from up to 32 nodes at once (Then and others, "The More the Merrier: Efficient Multi-Source Graph
 * Traversal", 2014): bit `i` of a node's word belongs to start `i`, so where searches overlap one step serves them all. A wide front is
 * gathered by the nodes not yet reached instead of spread by those that were (Beamer and others, "Direction-Optimizing Breadth-First
 * Search", 2012). Its memory is used again for each batch.
 */
export class MultiSearch {
  readonly #graph: Csr;
  /** Which searches have reached a node. */
  readonly #seen: Int32Array;
  /** Which searches reached a node in the last step, and in the one under way; all zero between batches. */
  #fresh: Int32Array;
  #coming: Int32Array;
  /** The nodes with a word in `#fresh`, and in `#coming`. */
  #front: Uint32Array;
  #next: Uint32Array;

  constructor(graph: Csr) {
    this.#graph = graph;
    this.#seen = new Int32Array(graph.nodeCount);
    this.#fresh = new Int32Array(graph.nodeCount);
    this.#coming = new Int32Array(graph.nodeCount);
    this.#front = new Uint32Array(graph.nodeCount);
    this.#next = new Uint32Array(graph.nodeCount);
  }

  /** Searches from nodes that differ, at most `STARTS_AT_ONCE`. */
  from(starts: Uint32Array): BatchReach {
    this.#seen.fill(0);
    for (let i = 0; i < starts.length; i += 1) {
      const node = starts[i] as number;
      this.#seen[node] = 1 << i;
      this.#fresh[node] = 1 << i;
      this.#front[i] = node;
    }
    const everyone = starts.length === STARTS_AT_ONCE ? -1 : (1 << starts.length) - 1;
    let harmonic = 0;
    let eccentricity = 0;
    for (let size = starts.length; ; eccentricity += 1) {
      size = size > this.#graph.nodeCount * GATHER_ABOVE ? this.#gather(size, everyone) : this.#spread(size);
      if (size === 0) return { eccentricity, harmonic };
      harmonic += this.#arrive(size) / (eccentricity + 1);
    }
  }

  /** Takes every search one step on from the front; how many nodes that reaches. */
  #spread(frontSize: number): number {
    const { offsets, targets } = this.#graph;
    const seen = this.#seen;
    const fresh = this.#fresh;
    const coming = this.#coming;
    const front = this.#front;
    const next = this.#next;
    let size = 0;
    for (let at = 0; at < frontSize; at += 1) {
      const node = front[at] as number;
      const searches = fresh[node] as number;
      fresh[node] = 0;
      const end = offsets[node + 1] as number;
      for (let i = offsets[node] as number; i < end; i += 1) {
        const target = targets[i] as number;
        const arriving = searches & ~(seen[target] as number);
        if (arriving === 0) continue;
        const before = coming[target] as number;
        if (before === 0) {
          next[size] = target;
          size += 1;
        }
        coming[target] = before | arriving;
      }
    }
    return size;
  }

  /** The same step, asked from the other side: each node that some search has not reached looks for it among its neighbours. */
  #gather(frontSize: number, everyone: number): number {
    const { nodeCount, offsets, targets } = this.#graph;
    const seen = this.#seen;
    const fresh = this.#fresh;
    const coming = this.#coming;
    const next = this.#next;
    let size = 0;
    for (let node = 0; node < nodeCount; node += 1) {
      const missing = everyone & ~(seen[node] as number);
      if (missing === 0) continue;
      let found = 0;
      const end = offsets[node + 1] as number;
      for (let i = offsets[node] as number; i < end; i += 1) found |= fresh[targets[i] as number] as number;
      const arriving = found & missing;
      if (arriving === 0) continue;
      coming[node] = arriving;
      next[size] = node;
      size += 1;
    }
    for (let at = 0; at < frontSize; at += 1) fresh[this.#front[at] as number] = 0;
    return size;
  }

  /** Makes what is coming what is fresh; how many pairs of a search and a node arrived. */
  #arrive(size: number): number {
    const seen = this.#seen;
    const arrived = this.#coming;
    const next = this.#next;
    let pairs = 0;
    for (let at = 0; at < size; at += 1) {
      const node = next[at] as number;
      const searches = arrived[node] as number;
      seen[node] = (seen[node] as number) | searches;
      pairs += bitsOf(searches);
    }
    this.#coming = this.#fresh;
    this.#fresh = arrived;
    this.#next = this.#front;
    this.#front = next;
    return pairs;
  }
}

/** How many bits of 32 are set: neighbouring fields of 1, 2 and 4 bits are added, the last multiplication adds the bytes. */
function bitsOf(word: number): number {
  const twos = word - ((word >>> 1) & 0x55555555);
  const fours = (twos & 0x33333333) + ((twos >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
