import type { GraphInput } from "../../src/topology/index.ts";
import { complete, cycle, grid, path, range, star } from "./graphs.ts";
import { FLORENTINE, KARATE, LES_MISERABLES } from "./known-graphs.ts";

/** A graph whose measures are published or follow from a formula. */
export interface PublishedGraph {
  readonly name: string;
  readonly graph: GraphInput;
  readonly nodes: number;
  readonly edges: number;
  readonly diameter: number;
  readonly density: number;
  readonly clustering: number;
  readonly centrality: number;
  /** The highest known value; undefined if none is published. */
  readonly modularity?: number;
}

/** Mean harmonic closeness of a graph whose nodes are all alike, from the number of nodes at each distance. */
const closenessOf = (nodes: number, atDistance: readonly number[]): number =>
  atDistance.reduce((sum, count, n) => sum + count / (n + 1), 0) / (nodes - 1);

/** Mean closeness of a grid: for each offset, the number of pairs of nodes divided by their distance. */
function gridCloseness(width: number, height: number): number {
  const nodes = width * height;
  let sum = 0;
  for (const dx of range(width)) {
    for (const dy of range(height)) {
      if (dx + dy > 0) sum += ((dx > 0 ? 2 : 1) * (dy > 0 ? 2 : 1) * (width - dx) * (height - dy)) / (dx + dy);
    }
  }
  return sum / (nodes * (nodes - 1));
}

/**
 * The first three: networkx 3.6.1. The maximum modularity of the karate club is from Brandes and others, "On Modularity Clustering" (2008),
 * that of the other two the best of 200 runs of networkx. The others: closed forms; in a star and a complete graph one community is best.
 */
export const PUBLISHED: readonly PublishedGraph[] = [
  {
    name: "Zachary's karate club",
    graph: KARATE,
    nodes: 34,
    edges: 78,
    diameter: 5,
    density: 0.13903743315508021,
    clustering: 0.5706384782076823,
    centrality: 0.49200831847890675,
    modularity: 0.41978961209730437,
  },
  {
    name: "Florentine families",
    graph: FLORENTINE,
    nodes: 15,
    edges: 20,
    diameter: 5,
    density: 0.19047619047619047,
    clustering: 0.16,
    centrality: 0.50015873015873,
    modularity: 0.39874999999999994,
  },
  {
    name: "Les Miserables",
    graph: LES_MISERABLES,
    nodes: 77,
    edges: 254,
    diameter: 5,
    density: 0.08680792891319207,
    clustering: 0.5731367499320135,
    centrality: 0.43528708133971294,
    modularity: 0.56000837001674,
  },
  {
    name: "path of 100",
    graph: path(100),
    nodes: 100,
    edges: 99,
    diameter: 99,
    density: 2 / 100,
    clustering: 0,
    centrality: gridCloseness(100, 1),
  },
  {
    name: "cycle of 101",
    graph: cycle(101),
    nodes: 101,
    edges: 101,
    diameter: 50,
    density: 2 / 100,
    clustering: 0,
    centrality: closenessOf(101, Array<number>(50).fill(2)),
  },
  {
    name: "star of 50",
    graph: star(50),
    nodes: 50,
    edges: 49,
    diameter: 2,
    density: 2 / 50,
    clustering: 0,
    centrality: (1 + 49 * closenessOf(50, [1, 48])) / 50,
    modularity: 0,
  },
  {
    name: "complete graph of 40",
    graph: complete(40),
    nodes: 40,
    edges: 780,
    diameter: 1,
    density: 1,
    clustering: 1,
    centrality: 1,
    modularity: 0,
  },
  {
    name: "grid of 50 by 40",
    graph: grid(50, 40),
    nodes: 2_000,
    edges: 3_910,
    diameter: 88,
    density: 3_910 / (1_000 * 1_999),
    clustering: 0,
    centrality: gridCloseness(50, 40),
  },
];

/** A row of the table in the docs. */
export function publishedRow({ name, nodes, edges, diameter, density, clustering, centrality, modularity }: Omit<PublishedGraph, "graph">) {
  const shares = [density, clustering, centrality].map((each) => each.toFixed(4));
  return [name, String(nodes), String(edges), String(diameter), ...shares, modularity === undefined ? "" : modularity.toFixed(4)];
}
