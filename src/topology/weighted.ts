import type { Csr } from "./csr.ts";

/**
 * A graph whose edges have weights; a node's own weight is that of the edges inside it, counted twice. Weights are numbers of edges of
 * the measured graph, so they are whole numbers that fit 32 bits.
 */
export interface Weighted {
  readonly nodeCount: number;
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
  readonly weights: Uint32Array;
  readonly internal: Float64Array;
}

/** The graph with the weight 1 for each edge. */
export function weightedOf({ nodeCount, offsets, targets }: Csr): Weighted {
  return { nodeCount, offsets, targets, weights: new Uint32Array(targets.length).fill(1), internal: new Float64Array(nodeCount) };
}

/** Sum of the weights of all edge ends at each node. */
export function strengthsOf({ nodeCount, offsets, weights, internal }: Weighted): Float64Array {
  const strengths = internal.slice();
  for (let n = 0; n < nodeCount; n += 1) {
    let strength = internal[n] as number;
    const end = offsets[n + 1] as number;
    for (let i = offsets[n] as number; i < end; i += 1) strength += weights[i] as number;
    strengths[n] = strength;
  }
  return strengths;
}

/** The graph whose nodes are the communities, with the sums of the weights between them. */
export function merged(graph: Weighted, community: Uint32Array): Weighted {
  const { count, numbers } = numbered(community);
  const { starts, members } = grouped(numbers, count);
  const offsets = new Uint32Array(count + 1);
  const targets = new Uint32Array(graph.targets.length);
  const weights = new Uint32Array(graph.targets.length);
  const internal = new Float64Array(count);
  const toward = new Float64Array(count);
  let end = 0;
  for (let n = 0; n < count; n += 1) {
    const start = end;
    let inside = 0;
    for (let at = starts[n] as number; at < (starts[n + 1] as number); at += 1) {
      const node = members[at] as number;
      inside += graph.internal[node] as number;
      const stop = graph.offsets[node + 1] as number;
      for (let i = graph.offsets[node] as number; i < stop; i += 1) {
        const other = numbers[graph.targets[i] as number] as number;
        const weight = graph.weights[i] as number;
        if (other === n) {
          inside += weight;
          continue;
        }
        if (toward[other] === 0) {
          targets[end] = other;
          end += 1;
        }
        toward[other] = (toward[other] as number) + weight;
      }
    }
    internal[n] = inside;
    for (let i = start; i < end; i += 1) {
      const other = targets[i] as number;
      weights[i] = toward[other] as number;
      toward[other] = 0;
    }
    offsets[n + 1] = end;
  }
  return { nodeCount: count, offsets, targets: targets.subarray(0, end), weights: weights.subarray(0, end), internal };
}

/** Renumbers the communities without gaps, in the order of their first node. */
function numbered(community: Uint32Array): { readonly count: number; readonly numbers: Uint32Array } {
  const numberOf = new Int32Array(community.length).fill(-1);
  const numbers = new Uint32Array(community.length);
  let count = 0;
  for (let node = 0; node < community.length; node += 1) {
    const each = community[node] as number;
    if (numberOf[each] === -1) {
      numberOf[each] = count;
      count += 1;
    }
    numbers[node] = numberOf[each] as number;
  }
  return { count, numbers };
}

/** The nodes sorted by number: those of `n` are `members[starts[n]]` up to, not including, `members[starts[n + 1]]`. */
function grouped(numbers: Uint32Array, count: number): { readonly starts: Uint32Array; readonly members: Uint32Array } {
  const starts = new Uint32Array(count + 1);
  for (const n of numbers) starts[n + 1] = (starts[n + 1] as number) + 1;
  for (let n = 0; n < count; n += 1) starts[n + 1] = (starts[n + 1] as number) + (starts[n] as number);
  const next = starts.slice(0, count);
  const members = new Uint32Array(numbers.length);
  for (let node = 0; node < numbers.length; node += 1) {
    const n = numbers[node] as number;
    members[next[n] as number] = node;
    next[n] = (next[n] as number) + 1;
  }
  return { starts, members };
}
