import { gauge, oneOf, total, upDownCounter, upTo } from "../field.ts";
import { defineSampleType, nearly, sumOf, type Values } from "../sample-type.ts";

/** Measures of a graph that are exact or estimated. */
export const GRAPH_MEASURES = [
  "connected_components",
  "largest_component_size",
  "diameter",
  "density",
  "clustering_coefficient",
  "average_centrality",
  "modularity",
] as const;

/** The shape of a stored graph, as a simple undirected graph except for the raw counts of nodes and edges. */
export const graphMetrics = defineSampleType(
  "graph",
  {
    nodeCount: total("nodes", "{node}", { description: "Number of nodes." }),
    nodes: upDownCounter("graph.node.count", "{node}", {
      description: "Number of nodes, by type, each node in exactly one; absent where a node can have several types and none comes first.",
      by: [upTo(50, "graph.node.type")],
    }),
    edgeCount: total("edges", "{edge}", { description: "Number of stored edges, including repeated ones." }),
    edges: upDownCounter("graph.edge.count", "{edge}", {
      description: "Number of stored edges, by type.",
      by: [upTo(50, "graph.edge.type")],
    }),
    // Three axes multiply, so each has fewer values than that of the nodes or edges.
    relations: upDownCounter("graph.relation.count", "{edge}", {
      description: "Number of stored edges, by their type and those of the nodes they connect: the 50 most frequent combinations.",
      by: [upTo(20, "graph.relation.from_type"), upTo(20, "graph.relation.type"), upTo(20, "graph.relation.to_type")],
    }),
    orphanNodes: upDownCounter("graph.node.orphan.count", "{node}", {
      good: "low",
      description: "Nodes without an edge to another node.",
    }),
    // Beside the count, because a rule judges one field and cannot divide.
    orphanShare: gauge("graph.node.orphan.share", "1", {
      max: 1,
      good: "low",
      description: "Share of the nodes without an edge to another node.",
    }),
    unreferencedNodes: upDownCounter("graph.node.unreferenced.count", "{node}", {
      good: "low",
      description: "Entities that no episode mentions, or that have no observation.",
    }),
    leafNodes: upDownCounter("graph.node.leaf.count", "{node}", { description: "Nodes with edges to exactly one other node." }),
    maxDegree: gauge("graph.node.degree.max", "{node}", {
      description: "Number of nodes that share an edge with the best connected node.",
    }),
    storeSize: upDownCounter("graph.store.size", "By", { description: "Memory or disk space that the graph takes in its store." }),
    connectedComponents: upDownCounter("graph.connected_component.count", "{component}", {
      description: "Number of connected components.",
    }),
    largestComponentSize: gauge("graph.connected_component.largest.size", "{node}", {
      description: "Number of nodes in the largest connected component.",
    }),
    diameter: gauge("graph.diameter", "{hop}", { description: "Longest shortest path in the largest connected component." }),
    density: gauge("graph.density", "1", { max: 1, description: "Edges of the simple graph divided by all possible edges." }),
    clusteringCoefficient: gauge("graph.clustering_coefficient", "1", { max: 1, description: "Mean local clustering coefficient." }),
    averageCentrality: gauge("graph.centrality.mean", "1", { max: 1, description: "Mean normalised harmonic closeness." }),
    modularity: gauge("graph.modularity", "{score}", {
      min: -0.5,
      max: 1,
      description: "Modularity of the communities found by the Louvain method.",
    }),
    exact: gauge("graph.measure.exact", "{flag}", {
      max: 1,
      description: "1 if the measure is exact, 0 if it is an estimate.",
      by: [oneOf("graph.measure.name", ...GRAPH_MEASURES)],
    }),
    skippedItems: upDownCounter("graph.items.skipped", "{item}", {
      good: "low",
      description: "Stored items, such as lines of a file, that could not be read as a node or an edge, or only in part.",
    }),
  },
  {
    "components do not exceed nodes": ({ connectedComponents, nodeCount }) =>
      connectedComponents === undefined || nodeCount === undefined || connectedComponents <= nodeCount,
    "largest component does not exceed nodes": ({ largestComponentSize, nodeCount }) =>
      largestComponentSize === undefined || nodeCount === undefined || largestComponentSize <= nodeCount,
    // Without repeated edges and self-loops the simple graph has at most as many edges, so the raw counts bound its density from above.
    "density agrees with the counts": ({ density, nodeCount, edgeCount, edges }) => {
      const stored = edgeCount ?? (edges === undefined ? undefined : sumOf(edges));
      if (density === undefined || nodeCount === undefined || stored === undefined) return true;
      if (nodeCount < 2) return density === 0;
      const maximum = stored / ((nodeCount * (nodeCount - 1)) / 2);
      return density <= maximum || nearly(density, maximum);
    },
  },
);
/** Values of a sample of `graphMetrics`; see docs/metrics.md for the unit of each. */
export type GraphMetrics = Values<typeof graphMetrics>;
