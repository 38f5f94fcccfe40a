import type { Catalog } from "../catalog.ts";
import { OTHERS, partition, type Layout } from "../layout.ts";
import { both, edges, nodeCount, relations, STATEMENT_SHARES } from "./common.ts";

const MEMORIES = { labels: ["Memory"] };

/** The label of an entity's type, beside `Memory`. */
const typeOf = (node: string): string => `coalesce([label IN labels(${node}) WHERE label <> 'Memory'][0], '${OTHERS}')`;

/** Without `Memory`, which every entity has. */
function typesOf(catalog: Catalog): readonly string[] {
  return [...catalog.labels.keys()].filter((label) => label !== "Memory");
}

/** Neo4j's memory server for the Model Context Protocol: entities with observations, without any time. */
export const neo4jMcp: Layout = {
  name: "neo4j-mcp",
  title: "Neo4j's MCP memory",
  marks: MEMORIES,
  measures: [
    {
      name: "observations",
      type: "agent-memory",
      fields: ["memories", "totalMemories"],
      // The server itself reads every entity for most of its tools, so there are not many.
      cost: "cheap",
      needs: MEMORIES,
      query: both("MATCH (m:Memory) RETURN sum(size(m.observations)) AS observations"),
      // A relation is a statement, too.
      read: ([row], { catalog }) => {
        const semantic = Number(row?.["observations"] ?? 0) + catalog.edges;
        return { memories: { semantic }, totalMemories: semantic };
      },
    },
    {
      name: "statements",
      type: "agent-memory",
      fields: ["memoryEfficiency", "commonestShare"],
      cost: "scan",
      needs: MEMORIES,
      query: both(
        `MATCH (m:Memory) UNWIND m.observations AS text WITH m.name AS entity, text, count(*) AS same
          WITH text, count(*) AS entities, sum(same) AS same WITH sum(entities) AS different, sum(same) AS stored, max(same) AS most
          ${STATEMENT_SHARES}`,
      ),
    },
    {
      name: "entity_names",
      type: "agent-memory",
      fields: ["duplicates"],
      cost: "scan",
      needs: MEMORIES,
      query: both("MATCH (m:Memory) WITH m.name AS name, count(*) AS same RETURN sum(same) - count(*) AS `duplicates/name`"),
    },
    {
      name: "nodes",
      type: "graph",
      fields: ["nodes"],
      cost: "cheap",
      count: (catalog) => ({ nodes: partition(catalog, typesOf(catalog)) }),
    },
    nodeCount,
    edges,
    {
      name: "unreferenced",
      type: "graph",
      fields: ["unreferencedNodes"],
      cost: "scan",
      needs: MEMORIES,
      query: both("MATCH (m:Memory) WHERE m.observations IS NULL OR size(m.observations) = 0 RETURN count(m) AS unreferencedNodes"),
    },
    relations(typeOf),
  ],
};
