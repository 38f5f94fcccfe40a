import type { Allowance } from "./budget.ts";
import type { Csr } from "./csr.ts";
import { shuffled } from "./random.ts";
import { merged, strengthsOf, weightedOf, type Weighted } from "./weighted.ts";

/** Smaller gains are rounding errors. */
const MIN_GAIN = 1e-9;

/** Maximum number of visits to a node in one level, on average; ten or twenty are usual. */
const MAX_VISITS = 100;

/**
 * Modularity of the communities that the Louvain method finds (Blondel and others, "Fast unfolding of communities in large
 * networks", 2008): nodes move to the neighbouring community with the largest gain, then communities become nodes, until there is no
 * gain. The best of several runs, each in an order drawn from `random`, so the result depends on the seed alone. Undefined without edges,
 * where modularity is undefined, or if the time runs out.
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

/** Newman's modularity of a partition in which each node is a community. */
function modularityOf(level: Weighted, twiceEdges: number): number {
  const strengths = strengthsOf(level);
  return strengths.reduce((sum, strength, n) => sum + (level.internal[n] as number) / twiceEdges - (strength / twiceEdges) ** 2, 0);
}

/**
 * The moves of one level. After its first visit a node is visited again only if a neighbour has moved to another community
 * (Ozaki and others, "A simple acceleration method for the Louvain algorithm", 2016).
 */
class LocalMoves {
  readonly #level: Weighted;
  readonly #twiceEdges: number;
  readonly #community: Uint32Array;
  readonly #strengths: Float64Array;
  /** Strength of each community. */
  readonly #totals: Float64Array;
  /** Weight from the visited node to each community, zero between visits; and its communities, its own first. */
  readonly #toward: Float64Array;
  readonly #near: Uint32Array;
  /** Circular queue of the nodes to visit, and which nodes are in it. */
  readonly #queue: Uint32Array;
  readonly #isQueued: Uint8Array;
  #head = 0;
  #queued: number;

  constructor(level: Weighted, twiceEdges: number, random: () => number) {
    const { nodeCount } = level;
    this.#level = level;
    this.#twiceEdges = twiceEdges;
    this.#community = Uint32Array.from({ length: nodeCount }, (_, n) => n);
    this.#strengths = strengthsOf(level);
    this.#totals = this.#strengths.slice();
    this.#toward = new Float64Array(nodeCount);
    this.#near = new Uint32Array(nodeCount);
    this.#queue = shuffled(nodeCount, random);
    this.#isQueued = new Uint8Array(nodeCount).fill(1);
    this.#queued = nodeCount;
  }

  /** Moves nodes while there is a gain. Returns the community of each node; undefined if the time runs out. */
  run(allowance: Allowance): Uint32Array | undefined {
    const { nodeCount, offsets } = this.#level;
    for (let visits = MAX_VISITS * nodeCount; this.#queued > 0 && visits > 0; visits -= 1) {
      const node = this.#take();
      const best = this.#bestFor(node);
      if (best !== this.#community[node]) this.#move(node, best);
      if (allowance.isUsedUp((offsets[node + 1] as number) - (offsets[node] as number))) return undefined;
    }
    return this.#community;
  }

  #take(): number {
    const node = this.#queue[this.#head] as number;
    this.#head = this.#head + 1 === this.#queue.length ? 0 : this.#head + 1;
    this.#queued -= 1;
    this.#isQueued[node] = 0;
    return node;
  }

  /** The community with the largest gain for the node; its own if no other gains more. */
  #bestFor(node: number): number {
    const near = this.#near;
    const toward = this.#toward;
    const totals = this.#totals;
    const count = this.#weigh(node);
    const home = near[0] as number;
    const strength = this.#strengths[node] as number;
    const share = strength / this.#twiceEdges;
    let best = home;
    let bestGain = (toward[home] as number) - ((totals[home] as number) - strength) * share + MIN_GAIN;
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

  /** Sums the weights to each neighbouring community. Returns their number, the node's own included. */
  #weigh(node: number): number {
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
      if (this.#isQueued[target] === 1 || community[target] === to) continue;
      this.#isQueued[target] = 1;
      this.#queue[(this.#head + this.#queued) % nodeCount] = target;
      this.#queued += 1;
    }
  }
}
