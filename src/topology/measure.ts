import { meanClustering } from "./clustering.ts";
import { componentsOf } from "./components.ts";
import { csrOf, type GraphInput } from "./csr.ts";
import { DIAMETER_SEARCHES, diameterOf, meanCentrality } from "./distances.ts";
import { louvainModularity } from "./louvain.ts";
import { seededRandom } from "./random.ts";

export interface MeasureOptions {
  /** Up to this many nodes every measure is exact. Default 5 000. */
  readonly exactUpTo?: number;
  /** Seed of what is drawn at random: visiting order and samples. Default 1. */
  readonly seed?: number;
  /** Milliseconds that diameter, centrality and modularity may take together; what did not fit is absent. Default: no bound. */
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

/** Measures of a graph taken simple and undirected. Absent means not measured: no edges, no nodes, or no time. */
export interface GraphMeasures {
  readonly connectedComponents: number;
  /** Nodes in the largest component. */
  readonly largestComponentSize: number;
  /** Hops of the longest shortest path within the largest component. */
  readonly diameter?: number;
  /** Edges / edges there could be; 0 below two nodes. */
  readonly density: number;
  /** Mean local clustering coefficient. */
  readonly clusteringCoefficient: number;
  /** Mean harmonic closeness divided by the number of other nodes. */
  readonly averageCentrality?: number;
  /** Of the communities found by the Louvain method: a lower bound of the best there is. */
  readonly modularity?: number;
  readonly exact: Exactness;
}

const EXACT_UP_TO = 5_000;

/** Measures a graph. Takes as long as it takes, so not on a main thread for large ones. @throws RangeError for an edge to a node that is not there */
export function measureGraph(input: GraphInput, options: MeasureOptions = {}): GraphMeasures {
  const { exactUpTo = EXACT_UP_TO, seed = 1, budgetMs = Number.POSITIVE_INFINITY, monotonicMs = () => performance.now() } = options;
  const graph = csrOf(input);
  const { nodeCount, edgeCount } = graph;
  const { count, largest } = componentsOf(graph);
  const cheap = {
    connectedComponents: count,
    largestComponentSize: largest.length,
    density: nodeCount < 2 ? 0 : edgeCount / ((nodeCount * (nodeCount - 1)) / 2),
    clusteringCoefficient: meanClustering(graph),
  };
  const deadlineMs = monotonicMs() + budgetMs;
  const isLate = (): boolean => monotonicMs() > deadlineMs;
  const diameter =
    nodeCount === 0 || isLate()
      ? undefined
      : diameterOf(graph, largest, nodeCount <= exactUpTo ? Number.POSITIVE_INFINITY : DIAMETER_SEARCHES, isLate);
  const centrality = nodeCount === 0 ? undefined : meanCentrality(graph, exactUpTo, seededRandom(seed), isLate);
  const modularity = louvainModularity(graph, seededRandom(seed), isLate);
  return {
    ...cheap,
    ...(diameter && { diameter: diameter.value }),
    ...(centrality && { averageCentrality: centrality.value }),
    ...(modularity === undefined ? {} : { modularity }),
    exact: {
      connected_components: 1,
      largest_component_size: 1,
      density: 1,
      clustering_coefficient: 1,
      ...(diameter && { diameter: flag(diameter.exact) }),
      ...(centrality && { average_centrality: flag(centrality.exact) }),
      // The best communities cannot be found in reasonable time on any but small graphs; what Louvain finds is a lower bound.
      ...(modularity === undefined ? {} : { modularity: 0 as const }),
    },
  };
}

const flag = (exact: boolean): 0 | 1 => (exact ? 1 : 0);
