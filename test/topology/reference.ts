import type { GraphInput } from "../../src/topology/index.ts";
import { range } from "./graphs.ts";

/** Every measure, implemented in a slow and simple way; undefined if the graph has none. */
export function reference(input: GraphInput) {
  const { nodeCount } = input;
  const near = neighboursOf(input);
  const distances = range(nodeCount).map((start) => distancesFrom(near, start));
  const largest = Math.max(0, ...distances.map(({ size }) => size));
  const component = distances.find(({ size }) => size === largest);
  const edgeCount = sum(near.map(({ size }) => size)) / 2;
  return {
    connectedComponents: new Set(distances.map((found) => Math.min(...found.keys()))).size,
    largestComponentSize: largest,
    orphanNodes: near.filter(({ size }) => size === 0).length,
    orphanShare: nodeCount === 0 ? undefined : near.filter(({ size }) => size === 0).length / nodeCount,
    leafNodes: near.filter(({ size }) => size === 1).length,
    maxDegree: Math.max(0, ...near.map(({ size }) => size)),
    diameter: component && Math.max(...[...component.keys()].flatMap((node) => [...(distances[node]?.values() ?? [])])),
    density: nodeCount < 2 ? 0 : edgeCount / ((nodeCount * (nodeCount - 1)) / 2),
    clusteringCoefficient: nodeCount === 0 ? undefined : mean(near.map((set) => localClustering(near, [...set]))),
    averageCentrality: nodeCount === 0 ? undefined : mean(distances.map((found) => closeness([...found.values()], nodeCount))),
  };
}

/** The maximum modularity of all divisions into communities. Tries them all, so only for a few nodes. */
export function greatestModularity(input: GraphInput): number {
  const near = neighboursOf(input);
  const divide = (placed: readonly number[]): number => {
    if (placed.length === input.nodeCount) return modularityOf(near, placed);
    const communities = Math.max(-1, ...placed) + 1;
    return Math.max(...range(communities + 1).map((community) => divide([...placed, community])));
  };
  return divide([]);
}

/** Sum of A - k k' / 2m over all pairs in the same community, divided by 2m (Newman and Girvan, 2004). */
function modularityOf(near: readonly ReadonlySet<number>[], communities: readonly number[]): number {
  const twiceEdges = sum(near.map(({ size }) => size));
  const pairs = near.flatMap((set, a) =>
    near.map((other, b) => (communities[a] === communities[b] ? (set.has(b) ? 1 : 0) - (set.size * other.size) / twiceEdges : 0)),
  );
  return sum(pairs) / twiceEdges;
}

function neighboursOf({ nodeCount, from, to }: GraphInput): readonly ReadonlySet<number>[] {
  const near = range(nodeCount).map(() => new Set<number>());
  from.forEach((a, e) => {
    const b = to[e] as number;
    if (a === b) return;
    near[a]?.add(b);
    near[b]?.add(a);
  });
  return near;
}

function distancesFrom(near: readonly ReadonlySet<number>[], start: number): ReadonlyMap<number, number> {
  const found = new Map([[start, 0]]);
  for (const [node, distance] of found) for (const next of near[node] ?? []) if (!found.has(next)) found.set(next, distance + 1);
  return found;
}

function localClustering(near: readonly ReadonlySet<number>[], neighbours: readonly number[]): number {
  const joined = neighbours.flatMap((a, i) => neighbours.slice(i + 1).filter((b) => near[a]?.has(b)));
  return neighbours.length < 2 ? 0 : (2 * joined.length) / (neighbours.length * (neighbours.length - 1));
}

const closeness = (distances: readonly number[], nodeCount: number): number =>
  nodeCount < 2 ? 0 : sum(distances.filter((each) => each > 0).map((each) => 1 / each)) / (nodeCount - 1);

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
