import type { Csr } from "./csr.ts";

export interface Components {
  readonly count: number;
  /** The nodes of the largest component, in no particular order. */
  readonly largest: Uint32Array;
}

/** Finds the connected components, by one breadth-first search for each. */
export function componentsOf({ nodeCount, offsets, targets }: Csr): Components {
  const seen = new Uint8Array(nodeCount);
  const queue = new Uint32Array(nodeCount);
  let count = 0;
  let largest = queue.subarray(0, 0);
  let start = 0;
  for (let seed = 0; seed < nodeCount; seed += 1) {
    if (seen[seed]) continue;
    count += 1;
    seen[seed] = 1;
    queue[start] = seed;
    let end = start + 1;
    for (let at = start; at < end; at += 1) {
      const node = queue[at] as number;
      for (let i = offsets[node] as number; i < (offsets[node + 1] as number); i += 1) {
        const target = targets[i] as number;
        if (seen[target]) continue;
        seen[target] = 1;
        queue[end] = target;
        end += 1;
      }
    }
    if (end - start > largest.length) largest = queue.subarray(start, end);
    start = end;
  }
  return { count, largest };
}
