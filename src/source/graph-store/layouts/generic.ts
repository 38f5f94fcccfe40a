import { OTHERS, partition, type Layout } from "../layout.ts";
import { edges, nodeCount, relations } from "./common.ts";

/** A property graph of which nothing is known but its labels. */
export const generic: Layout = {
  name: "generic",
  title: "a property graph",
  marks: {},
  measures: [
    {
      name: "nodes",
      type: "graph",
      fields: ["nodes"],
      cost: "cheap",
      count: (catalog) => ({ nodes: partition(catalog) }),
    },
    nodeCount,
    edges,
    relations((node) => `CASE WHEN size(labels(${node})) = 0 THEN '${OTHERS}' ELSE labels(${node})[0] END`),
  ],
};
