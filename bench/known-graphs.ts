/** Our results for known graphs, and below each the values that are published or follow from a formula. */
import { measureGraph } from "../src/topology/index.ts";
import { PUBLISHED, publishedRow } from "../test/topology/published.ts";
import { printTable } from "./support/measure.ts";

const rows = PUBLISHED.flatMap((published) => {
  const { graph } = published;
  const {
    diameter = Number.NaN,
    density,
    clusteringCoefficient = Number.NaN,
    averageCentrality = Number.NaN,
    modularity,
  } = measureGraph(graph);
  const ours = {
    name: published.name,
    nodes: graph.nodeCount,
    edges: graph.from.length,
    diameter,
    density,
    clustering: clusteringCoefficient,
    centrality: averageCentrality,
    ...(modularity !== undefined && { modularity }),
  };
  return [publishedRow(ours), publishedRow({ ...published, name: "  published" })];
});
printTable([["", "nodes", "edges", "diameter", "density", "clustering", "centrality", "modularity"], ...rows]);
