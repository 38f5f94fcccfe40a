import { Budget, type Allowance } from "./budget.ts";
import { meanCentrality } from "./centrality.ts";
import { meanClustering } from "./clustering.ts";
import { componentsOf } from "./components.ts";
import { csrOf, type GraphInput } from "./csr.ts";
import { degreesOf } from "./degrees.ts";
import { diameterOf } from "./diameter.ts";
import { louvainModularity } from "./louvain.ts";
import { seededRandom } from "./random.ts";

/** How exactly a graph is measured, and how long that may take. */
export interface MeasureOptions {
  /** Maximum number of nodes for which every measure is exact. Default: 5 000. */
  readonly exactUpTo?: number;
  /** Seed of the random visiting order and samples. Default: 1. */
  readonly seed?: number;
  /**
   * Milliseconds that clustering, diameter, centrality and modularity may take together; each gets an equal share of what the previous
   * ones left, and is absent if it does not fit. Default: unlimited.
   */
  readonly budgetMs?: number;
  /** Clock of the budget. Default: `performance.now`. */
  readonly monotonicMs?: () => number;
}

/** By the name of the measure: 1 if it is exact, 0 if it is an estimate. */
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
 * Measures of a graph, treated as simple and undirected. A measure is absent if the graph has no nodes or no edges, or the time ran out. Its
 * value depends on the graph, `exactUpTo` and `seed` alone, never on the speed of the machine.
 */
export interface GraphMeasures {
  /** Number of connected components. */
  readonly connectedComponents: number;
  /** Nodes in the largest component. */
  readonly largestComponentSize: number;
  /** Nodes without an edge to another node. */
  readonly orphanNodes: number;
  /** Orphan nodes / nodes. */
  readonly orphanShare?: number;
  /** Nodes with edges to exactly one other node. */
  readonly leafNodes: number;
  /** Nodes that share an edge with the best connected node; 0 without nodes. */
  readonly maxDegree: number;
  /** Hops of the longest shortest path in the largest component; if tied, in the component with the lowest node. */
  readonly diameter?: number;
  /** Edges / possible edges; 0 below two nodes. */
  readonly density: number;
  /** Mean local clustering coefficient; a node with fewer than two neighbours counts 0. */
  readonly clusteringCoefficient?: number;
  /** Mean harmonic closeness divided by the number of other nodes; 0 for a node without others. */
  readonly averageCentrality?: number;
  /** Of the communities found by the Louvain method: a lower bound of the maximum. */
  readonly modularity?: number;
  /** Which of the measures are exact. */
  readonly exact: Exactness;
}

const EXACT_UP_TO = 5_000;

/** Maximum number of searches for the diameter of a larger graph, after the sweeps. */
const DIAMETER_STARTS = 256;

/** Number of nodes from which the centrality of a larger graph is estimated. */
const CENTRALITY_STARTS = 256;

/** Runs for the modularity of a small graph, of which the best counts, so that readings do not vary with the luck of one run. */
const LOUVAIN_RUNS = 8;

/**
 * Measures a graph, as docs/topology.md describes. Blocks the calling thread, so large graphs belong in a worker.
 *
 * @param input the graph
 * @param options exactness, seed and time; default: those of `MeasureOptions`
 * @throws VitalsError `reading_invalid` for an inconsistent graph, such as one with an edge to a missing node
 */
export function measureGraph(input: GraphInput, options: MeasureOptions = {}): GraphMeasures {
  const { exactUpTo = EXACT_UP_TO, seed = 1, budgetMs = Number.POSITIVE_INFINITY, monotonicMs = () => performance.now() } = options;
  const graph = csrOf(input);
  const { nodeCount, edgeCount } = graph;
  const { count, largest } = componentsOf(graph);
  const degrees = degreesOf(graph);
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
    ...degrees,
    ...(nodeCount > 0 && { orphanShare: degrees.orphanNodes / nodeCount }),
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
      // Finding the best communities takes too long for all but small graphs; the Louvain method finds a lower bound.
      ...(modularity !== undefined && { modularity: 0 }),
    },
  };
}

const flag = (exact: boolean): 0 | 1 => (exact ? 1 : 0);
