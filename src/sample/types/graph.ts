import { gauge, oneOf, total, upDownCounter, upTo } from "../field.ts";
import { defineSampleType, nearly, sumOf, type Values } from "../sample-type.ts";

/** Measures of a graph that can be exact or estimated. */
export const GRAPH_MEASURES = [
  "connected_components",
  "largest_component_size",
  "diameter",
  "density",
  "clustering_coefficient",
  "average_centrality",
  "modularity",
] as const;

/** The shape of a stored graph, taken simple and undirected except for the raw counts of nodes and edges. */
export const graphMetrics = defineSampleType(
  "graph",
  {
    nodeCount: total("nodes", "{node}", { description: "All nodes." }),
    nodes: upDownCounter("graph.node.count", "{node}", { description: "Nodes of each type.", by: [upTo(50, "graph.node.type")] }),
    edgeCount: total("edges", "{edge}", { description: "All stored edges, repeated ones included." }),
    edges: upDownCounter("graph.edge.count", "{edge}", { description: "Stored edges of each type.", by: [upTo(50, "graph.edge.type")] }),
    connectedComponents: upDownCounter("graph.connected_component.count", "{component}", { description: "Connected components." }),
    largestComponentSize: gauge("graph.connected_component.largest.size", "{node}", { description: "Nodes in the largest component." }),
    diameter: gauge("graph.diameter", "{hop}", { description: "Longest shortest path in the largest component." }),
    density: gauge("graph.density", "1", { max: 1, description: "Edges of the simple graph / edges there could be." }),
    clusteringCoefficient: gauge("graph.clustering_coefficient", "1", { max: 1, description: "Mean local clustering coefficient." }),
    averageCentrality: gauge("graph.centrality.mean", "1", { max: 1, description: "Mean normalised harmonic closeness." }),
    modularity: gauge("graph.modularity", "{score}", {
      min: -0.5,
      max: 1,
      description: "Modularity of the Louvain communities, fixed seed.",
    }),
    exact: gauge("graph.measure.exact", "{flag}", {
      max: 1,
      description: "1 where the measure is exact, 0 where it is an estimate.",
      by: [oneOf("graph.measure.name", ...GRAPH_MEASURES)],
    }),
  },
  {
    "components do not exceed nodes": ({ connectedComponents, nodeCount }) =>
      connectedComponents === undefined || nodeCount === undefined || connectedComponents <= nodeCount,
    "largest component does not exceed nodes": ({ largestComponentSize, nodeCount }) =>
      largestComponentSize === undefined || nodeCount === undefined || largestComponentSize <= nodeCount,
    // Repeated edges and self-loops only lower the simple graph's density, so the raw counts bound it from above.
    "density agrees with the counts": ({ density, nodeCount, edgeCount, edges }) => {
      const stored = edgeCount ?? (edges === undefined ? undefined : sumOf(edges));
      if (density === undefined || nodeCount === undefined || stored === undefined) return true;
      if (nodeCount < 2) return density === 0;
      const most = stored / ((nodeCount * (nodeCount - 1)) / 2);
      return density <= most || nearly(density, most);
    },
  },
);
export type GraphMetrics = Values<typeof graphMetrics>;
