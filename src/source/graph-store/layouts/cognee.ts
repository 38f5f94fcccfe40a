import { OTHERS, partition, type Layout } from "../layout.ts";
import { ageOf, defined } from "../layout.ts";
import { SINCE_MS, SLOT_MS } from "../silence.ts";
import { both, edges, nodeCount, relations, silenceIn } from "./common.ts";

const NODES = { labels: ["__Node__"] };

const typeOf = (node: string): string => `coalesce([label IN labels(${node}) WHERE label <> '__Node__'][0], '${OTHERS}')`;

/** Cognee on Neo4j: each node has the label `__Node__` and that of its type; times are milliseconds. */
export const cognee: Layout = {
  name: "cognee",
  title: "Cognee",
  marks: NODES,
  measures: [
    {
      name: "memories",
      type: "agent-memory",
      fields: ["memories", "totalMemories", "episodes"],
      cost: "cheap",
      needs: NODES,
      // A chunk of a document is what was read; the edges between entities are what was understood.
      count: ({ labels, edges: statements }) => ({
        memories: { semantic: statements },
        totalMemories: statements,
        ...(labels.has("DocumentChunk") ? { episodes: labels.get("DocumentChunk") ?? 0 } : {}),
      }),
    },
    {
      name: "newest",
      type: "agent-memory",
      fields: ["newestMemoryAge", "oldestMemoryAge", "usualGap", "relativeMemoryAge"],
      cost: "scan",
      needs: NODES,
      query: both(
        `MATCH (n:__Node__) WITH max(n.updated_at) AS newest, min(n.created_at) AS oldest,
          collect(DISTINCT CASE WHEN n.updated_at > $since THEN toInteger(n.updated_at / ${SLOT_MS}) END) AS slots RETURN newest, oldest, slots`,
      ),
      parameters: ({ nowMs }) => ({ since: nowMs - SINCE_MS }),
      read: ([row], { nowMs }) => ({
        ...defined({ newestMemoryAge: ageOf(row?.["newest"], nowMs), oldestMemoryAge: ageOf(row?.["oldest"], nowMs) }),
        ...silenceIn(row?.["slots"], row?.["newest"], nowMs),
      }),
    },
    {
      name: "nodes",
      type: "graph",
      fields: ["nodes"],
      cost: "cheap",
      count: (catalog) => ({
        nodes: partition(
          catalog,
          [...catalog.labels.keys()].filter((label) => label !== "__Node__"),
        ),
      }),
    },
    nodeCount,
    edges,
    relations(typeOf),
  ],
};
