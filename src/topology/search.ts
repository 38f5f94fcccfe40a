import type { Csr } from "./csr.ts";

const UNSEEN = -1;

/** Breadth-first search over one graph; searches share the memory. */
export class Search {
  readonly #graph: Csr;
  readonly #queue: Uint32Array;
  readonly #distance: Int32Array;
  #size = 0;

  constructor(graph: Csr) {
    this.#graph = graph;
    this.#queue = new Uint32Array(graph.nodeCount);
    this.#distance = new Int32Array(graph.nodeCount).fill(UNSEEN);
  }

  /** Nodes that the last search reached, its start first, by ascending distance. Overwritten by the next search. */
  get reached(): Uint32Array {
    return this.#queue.subarray(0, this.#size);
  }

  /** Distance of a node that the last search reached. */
  distance(node: number): number {
    return this.#distance[node] as number;
  }

  /** Searches all reachable nodes. Returns the distance of the farthest, which is the last of `reached`. */
  from(start: number): number {
    const { offsets, targets } = this.#graph;
    const queue = this.#queue;
    const distance = this.#distance;
    for (let i = 0; i < this.#size; i += 1) distance[queue[i] as number] = UNSEEN;
    queue[0] = start;
    distance[start] = 0;
    let size = 1;
    for (let at = 0; at < size; at += 1) {
      const node = queue[at] as number;
      const next = (distance[node] as number) + 1;
      const end = offsets[node + 1] as number;
      for (let i = offsets[node] as number; i < end; i += 1) {
        const target = targets[i] as number;
        if (distance[target] !== UNSEEN) continue;
        distance[target] = next;
        queue[size] = target;
        size += 1;
      }
    }
    this.#size = size;
    return distance[queue[size - 1] as number] as number;
  }
}
