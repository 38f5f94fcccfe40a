import type { Csr } from "./csr.ts";

/** What a breadth-first search has found. */
export interface Reach {
  /** Nodes reached, the start included. */
  readonly size: number;
  /** Distance of the farthest of them. */
  readonly eccentricity: number;
  /** Sum over all other reached nodes of 1 / distance. */
  readonly harmonic: number;
}

const UNSEEN = 0xffffffff;

/** Breadth-first search over one graph, with memory that is used again for each start. */
export class Search {
  readonly #graph: Csr;
  /** Nodes in the order they were reached; the first `size` are the last search's. */
  readonly queue: Uint32Array;
  readonly #distance: Uint32Array;
  #reached = 0;

  constructor(graph: Csr) {
    this.#graph = graph;
    this.queue = new Uint32Array(graph.nodeCount);
    this.#distance = new Uint32Array(graph.nodeCount).fill(UNSEEN);
  }

  /** Distance of a node in the last search; only of nodes it reached. */
  distance(node: number): number {
    return this.#distance[node] as number;
  }

  from(start: number): Reach {
    const { offsets, targets } = this.#graph;
    const queue = this.queue;
    const distance = this.#distance;
    for (let i = 0; i < this.#reached; i += 1) distance[queue[i] as number] = UNSEEN;
    queue[0] = start;
    distance[start] = 0;
    let size = 1;
    let harmonic = 0;
    for (let at = 0; at < size; at += 1) {
      const node = queue[at] as number;
      const next = (distance[node] as number) + 1;
      const end = offsets[node + 1] as number;
      const before = size;
      for (let i = offsets[node] as number; i < end; i += 1) {
        const target = targets[i] as number;
        if (distance[target] !== UNSEEN) continue;
        distance[target] = next;
        queue[size] = target;
        size += 1;
      }
      harmonic += (size - before) / next;
    }
    this.#reached = size;
    return { size, eccentricity: distance[queue[size - 1] as number] as number, harmonic };
  }
}
