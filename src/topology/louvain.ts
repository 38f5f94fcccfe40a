import type { Csr } from "./csr.ts";
import { shuffled } from "./random.ts";

/** A graph whose edges have weights; a node's own weight is that of the edges inside it, counted twice. */
interface Weighted {
  readonly nodeCount: number;
  readonly offsets: Uint32Array;
  readonly targets: Uint32Array;
  readonly weights: Float64Array;
  readonly own: Float64Array;
}

/** Gains below this are the noise of adding floating-point numbers. */
const LEAST_GAIN = 1e-12;

const MOST_LEVELS = 20;
const MOST_PASSES = 50;

/**
 * Modularity of the communities that the Louvain method finds (Blondel and others, "Fast unfolding of communities in large
 * networks", 2008): nodes move to the neighbouring community that gains most, communities become nodes, until nothing gains. Nodes
 * are visited in an order drawn from `random`, so one seed always gives one answer. Undefined without edges, where modularity has
 * no meaning, or when the deadline passed first.
 */
export function louvainModularity(graph: Csr, random: () => number, isLate: () => boolean): number | undefined {
  if (graph.edgeCount === 0) return undefined;
  const twiceEdges = 2 * graph.edgeCount;
  let level: Weighted = {
    nodeCount: graph.nodeCount,
    offsets: graph.offsets,
    targets: graph.targets,
    weights: new Float64Array(graph.targets.length).fill(1),
    own: new Float64Array(graph.nodeCount),
  };
  for (let n = 0; n < MOST_LEVELS; n += 1) {
    const communities = localMoves(level, twiceEdges, random, isLate);
    if (!communities) return undefined;
    const merged = merge(level, communities);
    if (merged.nodeCount === level.nodeCount) break;
    level = merged;
  }
  return modularityOf(level, twiceEdges);
}

/** Newman's modularity where each node is a community. */
function modularityOf(level: Weighted, twiceEdges: number): number {
  let modularity = 0;
  for (let n = 0; n < level.nodeCount; n += 1) {
    const share = strengthOf(level, n) / twiceEdges;
    modularity += (level.own[n] as number) / twiceEdges - share * share;
  }
  return modularity;
}

/** Weight of all edge ends at a node. */
function strengthOf({ offsets, weights, own }: Weighted, n: number): number {
  let strength = own[n] as number;
  for (let i = offsets[n] as number; i < (offsets[n + 1] as number); i += 1) strength += weights[i] as number;
  return strength;
}

/** Moves nodes while that gains; which community each node is in then. */
function localMoves(level: Weighted, twiceEdges: number, random: () => number, isLate: () => boolean): Uint32Array | undefined {
  const { nodeCount, offsets, targets, weights } = level;
  const community = Uint32Array.from({ length: nodeCount }, (_, n) => n);
  const strength = Float64Array.from({ length: nodeCount }, (_, n) => strengthOf(level, n));
  const total = strength.slice();
  /** Weight from the node at hand to each community, and which communities that are. */
  const toward = new Float64Array(nodeCount);
  const near = new Uint32Array(nodeCount);
  const order = shuffled(nodeCount, random);
  for (let pass = 0, moved = 1; moved > 0 && pass < MOST_PASSES; pass += 1) {
    moved = 0;
    if (isLate()) return undefined;
    for (const node of order) {
      const home = community[node] as number;
      const ends = strength[node] as number;
      near[0] = home;
      let count = 1;
      for (let i = offsets[node] as number; i < (offsets[node + 1] as number); i += 1) {
        const other = community[targets[i] as number] as number;
        if (toward[other] === 0 && other !== home) {
          near[count] = other;
          count += 1;
        }
        toward[other] = (toward[other] as number) + (weights[i] as number);
      }
      total[home] = (total[home] as number) - ends;
      let best = home;
      let bestGain = (toward[home] as number) - (total[home] * ends) / twiceEdges;
      for (let i = 1; i < count; i += 1) {
        const other = near[i] as number;
        const gain = (toward[other] as number) - ((total[other] as number) * ends) / twiceEdges;
        if (gain <= bestGain + LEAST_GAIN) continue;
        best = other;
        bestGain = gain;
      }
      for (let i = 0; i < count; i += 1) toward[near[i] as number] = 0;
      total[best] = (total[best] as number) + ends;
      community[node] = best;
      if (best !== home) moved += 1;
    }
  }
  return community;
}

/** The graph whose nodes are the communities. */
function merge(level: Weighted, community: Uint32Array): Weighted {
  const number = new Map<number, number>();
  for (const each of community) if (!number.has(each)) number.set(each, number.size);
  const nodeCount = number.size;
  const own = new Float64Array(nodeCount);
  const members: number[][] = Array.from({ length: nodeCount }, () => []);
  community.forEach((each, node) => members[number.get(each) as number]?.push(node));
  const offsets = new Uint32Array(nodeCount + 1);
  const targets: number[] = [];
  const weights: number[] = [];
  const toward = new Float64Array(nodeCount);
  for (let n = 0; n < nodeCount; n += 1) {
    const near: number[] = [];
    for (const node of members[n] as number[]) {
      own[n] = (own[n] as number) + (level.own[node] as number);
      for (let i = level.offsets[node] as number; i < (level.offsets[node + 1] as number); i += 1) {
        const other = number.get(community[level.targets[i] as number] as number) as number;
        const weight = level.weights[i] as number;
        if (other === n) own[n] = (own[n] as number) + weight;
        else {
          if (toward[other] === 0) near.push(other);
          toward[other] = (toward[other] as number) + weight;
        }
      }
    }
    for (const other of near) {
      targets.push(other);
      weights.push(toward[other] as number);
      toward[other] = 0;
    }
    offsets[n + 1] = targets.length;
  }
  return { nodeCount, offsets, targets: Uint32Array.from(targets), weights: Float64Array.from(weights), own };
}
