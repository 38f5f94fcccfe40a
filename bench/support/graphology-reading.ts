import louvain from "graphology-communities-louvain";
import { UndirectedGraph } from "graphology";
import { forEachConnectedComponent } from "graphology-components";
import { NeighborhoodIndex } from "graphology-indices/neighborhood.js";
import { undirectedDensity } from "graphology-metrics/graph/density.js";
import { open } from "node:fs/promises";
import type { GraphMetrics } from "../../src/sample/types/graph.ts";
import { seededRandom, shuffled } from "../../src/topology/random.ts";

/** Number of searches, the same as ours for the centrality of a graph of this size. */
const SEARCHES = 256;

/**
 * The graph reading of a memory file with graphology: its graph, its components, its density and its Louvain method. It has no local
 * clustering and no harmonic closeness: the first is computed on its graph pair by pair, the second on the flat neighbourhoods that its own
 * closeness uses, from the same nodes as ours. Its diameter searches from every node, which would take hours: here it is the depth of those
 * same searches, at no further cost.
 */
export async function readWithGraphology(path: string): Promise<GraphMetrics> {
  const graph = new UndirectedGraph({ allowSelfLoops: false });
  const counts = await fill(graph, path);
  let connectedComponents = 0;
  let largestComponentSize = 0;
  forEachConnectedComponent(graph, (component) => {
    connectedComponents += 1;
    largestComponentSize = Math.max(largestComponentSize, component.length);
  });
  const { eccentricity, closeness } = search(graph);
  return {
    ...counts,
    connectedComponents,
    largestComponentSize,
    density: undirectedDensity(graph),
    clusteringCoefficient: clustering(graph),
    diameter: eccentricity,
    averageCentrality: closeness,
    modularity: (louvain as unknown as typeof louvain.default).detailed(graph, { rng: seededRandom(1) }).modularity,
  };
}

interface Line {
  readonly type: string;
  readonly name: string;
  readonly entityType: string;
  readonly from: string;
  readonly to: string;
  readonly relationType: string;
}

async function fill(graph: UndirectedGraph, path: string): Promise<Pick<GraphMetrics, "nodeCount" | "nodes" | "edgeCount" | "edges">> {
  const nodes: Record<string, number> = {};
  const edges: Record<string, number> = {};
  let [nodeCount, edgeCount] = [0, 0];
  const file = await open(path);
  for await (const text of file.readLines()) {
    const line = JSON.parse(text) as Line;
    if (line.type === "entity") {
      graph.mergeNode(line.name);
      nodes[line.entityType] = (nodes[line.entityType] ?? 0) + 1;
      nodeCount += 1;
    } else {
      if (line.from !== line.to && graph.hasNode(line.from) && graph.hasNode(line.to)) graph.mergeEdge(line.from, line.to);
      edges[line.relationType] = (edges[line.relationType] ?? 0) + 1;
      edgeCount += 1;
    }
  }
  return { nodeCount, nodes, edgeCount, edges };
}

function clustering(graph: UndirectedGraph): number {
  let sum = 0;
  graph.forEachNode((node) => {
    const near = graph.neighbors(node);
    let joined = 0;
    for (let i = 0; i < near.length; i += 1) {
      for (let j = i + 1; j < near.length; j += 1) if (graph.hasEdge(near[i], near[j])) joined += 1;
    }
    if (near.length > 1) sum += (2 * joined) / (near.length * (near.length - 1));
  });
  return sum / graph.order;
}

function search(graph: UndirectedGraph): { readonly eccentricity: number; readonly closeness: number } {
  const { neighborhood, starts } = new NeighborhoodIndex(graph);
  const sources = shuffled(graph.order, seededRandom(1)).subarray(0, SEARCHES);
  const distance = new Int32Array(graph.order);
  const queue = new Uint32Array(graph.order);
  let [eccentricity, sum] = [0, 0];
  for (const source of sources) {
    distance.fill(-1);
    distance[source] = 0;
    queue[0] = source;
    let end = 1;
    for (let at = 0; at < end; at += 1) {
      const node = queue[at] as number;
      const next = (distance[node] as number) + 1;
      for (let i = starts[node] as number; i < (starts[node + 1] as number); i += 1) {
        const other = neighborhood[i] as number;
        if (distance[other] !== -1) continue;
        distance[other] = next;
        queue[end] = other;
        end += 1;
        sum += 1 / next;
        eccentricity = Math.max(eccentricity, next);
      }
    }
  }
  return { eccentricity, closeness: sum / sources.length / (graph.order - 1) };
}
