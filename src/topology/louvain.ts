import type { Allowance } from "./budget.ts";
import type { Csr } from "./csr.ts";
import { shuffled } from "./random.ts";
import { merged, strengthsOf, weightedOf, type Weighted } from "./weighted.ts";

/** Gains of less weight than this are the noise of adding floating-point numbers. */
const LEAST_GAIN = 1e-9;

/** Visits to a node of one level, on average, that end its moves: far above the ten or twenty that are needed. */
const MOST_VISITS = 100;

/**
 * Modularity of the communities that the Louvain method finds (Blondel and others, "Fast unfolding of communities in large
 * networks", 2008): nodes move to the neighbouring community that gains most, communities become nodes, until nothing gains. The best
 * of several runs, each in an order drawn from `random`, so one seed always gives one answer. Undefined without edges, where
 * modularity has no meaning, or when the time was up first.
 */
export function louvainModularity(graph: Csr, runs: number, random: () => number, allowance: Allowance): number | undefined {
  if (graph.edgeCount === 0) return undefined;
  const level = weightedOf(graph);
  let best = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < runs; n += 1) {
    const modularity = runOnce(level, 2 * graph.edgeCount, random, allowance);
    if (modularity === undefined) return undefined;
    best = Math.max(best, modularity);
  }
  return best;
}

function runOnce(graph: Weighted, twiceEdges: number, random: () => number, allowance: Allowance): number | undefined {
  for (let level = graph; ;) {
    const community = new LocalMoves(level, twiceEdges, random).run(allowance);
    if (!community) return undefined;
    const next = merged(level, community);
    // Each level has fewer nodes than the one before, so this ends.
    if (next.nodeCount === level.nodeCount) return modularityOf(level, twiceEdges);
    level = next;
  }
}

/** Newman's modularity where each node is a community. */
function modularityOf(level: Weighted, twiceEdges: number): number {
  const strengths = strengthsOf(level);
  return strengths.reduce((sum, strength, n) => sum + (level.own[n] as number) / twiceEdges - (strength / twiceEdges) ** 2, 0);
}

/**
 * The moves of one level. After its first visit a node is visited again only when a neighbour has left for another community
 * (Ozaki and others, "A simple acceleration method for the Louvain algorithm", 2016).
 */
class LocalMoves {
  readonly #level: Weighted;
  readonly #twiceEdges: number;
  readonly #community: Uint32Array;
  readonly #strengths: Float64Array;
  /** Strength of each community. */
  readonly #totals: Float64Array;
  /** Weight from the node at hand to each community, and which communities that are, its own first; zero between visits. */
  readonly #toward: Float64Array;
  readonly #near: Uint32Array;
  /** A ring of the nodes to visit, and which nodes are in it. */
  readonly #ring: Uint32Array;
  readonly #isWaiting: Uint8Array;
  #head = 0;
  #waiting: number;

  constructor(level: Weighted, twiceEdges: number, random: () => number) {
    const { nodeCount } = level;
    this.#level = level;
    this.#twiceEdges = twiceEdges;
    this.#community = Uint32Array.from({ length: nodeCount }, (_, n) => n);
    this.#strengths = strengthsOf(level);
    this.#totals = this.#strengths.slice();
    this.#toward = new Float64Array(nodeCount);
    this.#near = new Uint32Array(nodeCount);
    this.#ring = shuffled(nodeCount, random);
    this.#isWaiting = new Uint8Array(nodeCount).fill(1);
    this.#waiting = nodeCount;
  }

  /** Moves nodes while that gains; which community each node is in then. Undefined when the time was up first. */
  run(allowance: Allowance): Uint32Array | undefined {
    const { nodeCount, offsets } = this.#level;
    for (let visits = MOST_VISITS * nodeCount; this.#waiting > 0 && visits > 0; visits -= 1) {
      const node = this.#take();
      const best = this.#bestFor(node);
      if (best !== this.#community[node]) this.#move(node, best);
      if (allowance.isUsedUp((offsets[node + 1] as number) - (offsets[node] as number))) return undefined;
    }
    return this.#community;
  }

  #take(): number {
    const node = this.#ring[this.#head] as number;
    this.#head = this.#head + 1 === this.#ring.length ? 0 : this.#head + 1;
    this.#waiting -= 1;
    this.#isWaiting[node] = 0;
    return node;
  }

  /** The community whose modularity gains most by the node; its own when no other gains more. */
  #bestFor(node: number): number {
    const near = this.#near;
    const toward = this.#toward;
    const totals = this.#totals;
    const count = this.#look(node);
    const home = near[0] as number;
    const strength = this.#strengths[node] as number;
    const share = strength / this.#twiceEdges;
    let best = home;
    let bestGain = (toward[home] as number) - ((totals[home] as number) - strength) * share + LEAST_GAIN;
    toward[home] = 0;
    for (let i = 1; i < count; i += 1) {
      const other = near[i] as number;
      const gain = (toward[other] as number) - (totals[other] as number) * share;
      toward[other] = 0;
      if (gain <= bestGain) continue;
      best = other;
      bestGain = gain;
    }
    return best;
  }

  /** Adds up the weight to each neighbouring community; how many those are, the node's own included. */
  #look(node: number): number {
    const { offsets, targets, weights } = this.#level;
    const community = this.#community;
    const near = this.#near;
    const toward = this.#toward;
    const home = community[node] as number;
    near[0] = home;
    let count = 1;
    const end = offsets[node + 1] as number;
    for (let i = offsets[node] as number; i < end; i += 1) {
      const other = community[targets[i] as number] as number;
      const before = toward[other] as number;
      if (before === 0 && other !== home) {
        near[count] = other;
        count += 1;
      }
      toward[other] = before + (weights[i] as number);
    }
    return count;
  }

  #move(node: number, to: number): void {
    const { nodeCount, offsets, targets } = this.#level;
    const community = this.#community;
    const totals = this.#totals;
    const home = community[node] as number;
    const strength = this.#strengths[node] as number;
    totals[home] = (totals[home] as number) - strength;
    totals[to] = (totals[to] as number) + strength;
    community[node] = to;
    const end = offsets[node + 1] as number;
    for (let i = offsets[node] as number; i < end; i += 1) {
      const target = targets[i] as number;
      if (this.#isWaiting[target] === 1 || community[target] === to) continue;
      this.#isWaiting[target] = 1;
      this.#ring[(this.#head + this.#waiting) % nodeCount] = target;
      this.#waiting += 1;
    }
  }
}
