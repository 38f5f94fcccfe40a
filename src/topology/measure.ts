import { Budget, type Allowance } from "./budget.ts";
import { meanCentrality } from "./centrality.ts";
import { meanClustering } from "./clustering.ts";
import { componentsOf } from "./components.ts";
import { csrOf, type GraphInput } from "./csr.ts";
import { diameterOf } from "./diameter.ts";
import { louvainModularity } from "./louvain.ts";
import { seededRandom } from "./random.ts";

export interface MeasureOptions {
  /** Up to this many nodes every measure is exact. Default 5 000. */
  readonly exactUpTo?: number;
  /** Seed of what is drawn at random: visiting order and samples. Default 1. */
  readonly seed?: number;
  /**
   * Milliseconds that clustering, diameter, centrality and modularity may take together, each an equal part of what those before it
   * left; what did not fit is absent. Default: no bound.
   */
  readonly budgetMs?: number;
  /** The clock the budget is measured on. Default: `performance.now`. */
  readonly monotonicMs?: () => number;
}

/** 1 for an exact measure, 0 for an estimate; by the measure's name. */
export type Exactness = Readonly<
  Partial<
    Record<
      | "connected_components"
      | "largest_component_size"
      | "diameter"
      | "density"
      | "clustering_coefficient"
      | "average_centrality"
      | "modularity",
      0 | 1
    >
  >
>;

/**
 * Measures of a graph taken simple and undirected. Absent means not measured: no nodes, no edges, or no time. What is there depends on
 * the graph, `exactUpTo` and `seed` alone, never on how fast the machine was.
 */
export interface GraphMeasures {
  readonly connectedComponents: number;
  /** Nodes in the largest component. */
  readonly largestComponentSize: number;
  /** Hops of the longest shortest path within the largest component; of several as large, the one with the lowest node. */
  readonly diameter?: number;
  /** Edges / edges there could be; 0 below two nodes. */
  readonly density: number;
  /** Mean local clustering coefficient; a node with fewer than two neighbours counts 0. */
  readonly clusteringCoefficient?: number;
  /** Mean harmonic closeness divided by the number of other nodes; 0 for a node without others. */
  readonly averageCentrality?: number;
  /** Of the communities found by the Louvain method: a lower bound of the best there is. */
  readonly modularity?: number;
  readonly exact: Exactness;
}

const EXACT_UP_TO = 5_000;

/** From how many nodes of the fringes a larger graph's diameter may be searched. */
const DIAMETER_STARTS = 256;

/** From how many nodes a larger graph's centrality is estimated. */
const CENTRALITY_STARTS = 256;

/** Of how many runs a small graph's modularity is the best: where one run is cheap, its luck should not show from reading to reading. */
const LOUVAIN_RUNS = 8;

/**
 * Measures a graph; docs/topology.md says how. Takes its time, so it belongs off the main thread for large ones.
 *
 * @throws VitalsError `reading_invalid` for a graph that contradicts itself, such as an edge to a node that is not there
 */
export function measureGraph(input: GraphInput, options: MeasureOptions = {}): GraphMeasures {
  const { exactUpTo = EXACT_UP_TO, seed = 1, budgetMs = Number.POSITIVE_INFINITY, monotonicMs = () => performance.now() } = options;
  const graph = csrOf(input);
  const { nodeCount, edgeCount } = graph;
  const { count, largest } = componentsOf(graph);
  const isSmall = nodeCount <= exactUpTo;
  const budget = new Budget(budgetMs, 4, monotonicMs);
  const within = <T>(measure: (allowance: Allowance) => T): T | undefined => {
    const allowance = nodeCount === 0 ? undefined : budget.next();
    return allowance && measure(allowance);
  };
  const clustering = within((allowance) => meanClustering(graph, allowance));
  const diameter = within((allowance) => diameterOf(graph, largest, isSmall ? nodeCount : DIAMETER_STARTS, allowance));
  const centrality = within((allowance) => meanCentrality(graph, isSmall ? nodeCount : CENTRALITY_STARTS, seededRandom(seed), allowance));
  const modularity = within((allowance) => louvainModularity(graph, isSmall ? LOUVAIN_RUNS : 1, seededRandom(seed), allowance));
  return {
    connectedComponents: count,
    largestComponentSize: largest.length,
    density: nodeCount < 2 ? 0 : edgeCount / ((nodeCount * (nodeCount - 1)) / 2),
    ...(clustering !== undefined && { clusteringCoefficient: clustering }),
    ...(diameter && { diameter: diameter.value }),
    ...(centrality && { averageCentrality: centrality.value }),
    ...(modularity !== undefined && { modularity }),
    exact: {
      connected_components: 1,
      largest_component_size: 1,
      density: 1,
      ...(clustering !== undefined && { clustering_coefficient: 1 }),
      ...(diameter && { diameter: flag(diameter.exact) }),
      ...(centrality && { average_centrality: flag(centrality.exact) }),
      // The best communities cannot be found in reasonable time on any but small graphs; what Louvain finds is a lower bound.
      ...(modularity !== undefined && { modularity: 0 }),
    },
  };
}

const flag = (exact: boolean): 0 | 1 => (exact ? 1 : 0);
