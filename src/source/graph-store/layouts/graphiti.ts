import type { Cell } from "../../../store/store.ts";
import { ageOf, defined, momentOf, partition, type Layout } from "../layout.ts";
import { both, edges, firstOf, nodeCount, relations } from "./common.ts";

/** The labels that a node has one of, beside those of its own kind. */
const BASE = ["Entity", "Episodic", "Community", "Saga"];

const EPISODES = { labels: ["Episodic"] };
const FACTS = { types: ["RELATES_TO"] };

/** Text compared with a text is what FalkorDB uses an index for; times are text there. */
const NEWEST_EPISODE = {
  // It would sort every episode without a limit below.
  falkordb: "MATCH (e:Episodic) WHERE e.created_at >= $since RETURN e.created_at AS newestMemoryAge ORDER BY e.created_at DESC LIMIT 1",
  neo4j:
    "MATCH (e:Episodic) WHERE e.created_at IS NOT NULL RETURN e.created_at.epochMillis AS newestMemoryAge ORDER BY e.created_at DESC LIMIT 1",
};

/** Facts whose end has come: `expired_at` is when Graphiti retired them. */
const RETIRED = {
  falkordb: "MATCH ()-[r:RELATES_TO]->() WHERE r.expired_at > '' RETURN count(r) AS invalidated",
  neo4j: "MATCH ()-[r:RELATES_TO]->() WHERE r.expired_at IS NOT NULL RETURN count(r) AS invalidated",
};

/** How many embeddings are examined: enough to see a change, and few enough to send. */
const EXAMINED = 20;

const NEWEST_EMBEDDINGS = {
  falkordb: `MATCH (n:Entity) WHERE n.created_at > '' AND n.name_embedding IS NOT NULL
    RETURN n.name_embedding AS embedding ORDER BY n.created_at DESC LIMIT ${EXAMINED}`,
  neo4j: `MATCH (n:Entity) WHERE n.created_at IS NOT NULL AND n.name_embedding IS NOT NULL
    RETURN size(n.name_embedding) AS embedding ORDER BY n.created_at DESC LIMIT ${EXAMINED}`,
};

/** Graphiti, of Zep: episodes from which a language model extracts entities and facts; a fact is an edge with a time of validity. */
export const graphiti: Layout = {
  name: "graphiti",
  title: "Graphiti",
  marks: { labels: ["Episodic", "Entity"] },
  probe: {
    index: { neo4j: "node_name_and_summary", falkordb: "Entity" },
    // As Graphiti itself searches: by the distance to every embedding.
    vector: {
      neo4j: `MATCH (q:Entity) WHERE q.name_embedding IS NOT NULL WITH q LIMIT 1 MATCH (n:Entity) WHERE n.name_embedding IS NOT NULL
        WITH n, vector.similarity.cosine(n.name_embedding, q.name_embedding) AS score ORDER BY score DESC LIMIT 10 RETURN count(n) AS found`,
      falkordb: `MATCH (q:Entity) WHERE q.name_embedding IS NOT NULL WITH q LIMIT 1 MATCH (n:Entity) WHERE n.name_embedding IS NOT NULL
        WITH n, vec.cosineDistance(n.name_embedding, q.name_embedding) AS distance ORDER BY distance LIMIT 10 RETURN count(n) AS found`,
    },
  },
  measures: [
    {
      name: "memories",
      type: "agent-memory",
      fields: ["memories", "totalMemories", "episodes"],
      cost: "cheap",
      needs: EPISODES,
      count: ({ labels, types }) => {
        const [episodic, semantic] = [labels.get("Episodic") ?? 0, types.get("RELATES_TO")];
        const memories = semantic === undefined ? { episodic } : { episodic, semantic };
        return { memories, totalMemories: episodic + (semantic ?? 0), episodes: episodic };
      },
    },
    {
      name: "newest",
      type: "agent-memory",
      fields: ["newestMemoryAge"],
      cost: "cheap",
      needs: EPISODES,
      query: NEWEST_EPISODE,
      remembers: "newestMemoryAge",
      read: ([row], { nowMs }) => defined({ newestMemoryAge: ageOf(row?.["newestMemoryAge"], nowMs) }),
    },
    {
      name: "invalidated",
      type: "agent-memory",
      fields: ["invalidated", "invalidatedShare"],
      cost: "scan",
      needs: FACTS,
      query: RETIRED,
      read: ([row], { catalog }) => {
        const [invalidated, facts] = [Number(row?.["invalidated"] ?? 0), catalog.types.get("RELATES_TO") ?? 0];
        return defined({ invalidated, invalidatedShare: facts === 0 ? undefined : Math.min(1, invalidated / facts) });
      },
    },
    {
      name: "extraction_lag",
      type: "agent-memory",
      fields: ["extractionLag"],
      cost: "scan",
      needs: EPISODES,
      query: {
        falkordb: `MATCH (e:Episodic) WHERE e.created_at > '' WITH max(e.created_at) AS newest, min(e.created_at) AS oldest
          OPTIONAL MATCH ()-[r:RELATES_TO]->() RETURN newest, oldest, max(r.created_at) AS fact`,
        neo4j: `MATCH (e:Episodic) WITH max(e.created_at) AS newest, min(e.created_at) AS oldest
          OPTIONAL MATCH ()-[r:RELATES_TO]->() WITH newest, oldest, max(r.created_at) AS fact
          RETURN newest.epochMillis AS newest, oldest.epochMillis AS oldest, fact.epochMillis AS fact`,
      },
      // Without any fact, nothing was extracted since the oldest episode.
      read: ([row]) => defined({ extractionLag: lagOf(row?.["newest"], row?.["fact"] ?? row?.["oldest"]) }),
    },
    {
      name: "embeddings",
      type: "agent-memory",
      fields: ["embeddingCoverage"],
      cost: "scan",
      needs: { labels: ["Entity"] },
      query: both(
        `MATCH (n:Entity) WITH count(n) AS entities, count(n.name_embedding) AS named OPTIONAL MATCH ()-[r:RELATES_TO]->()
        WITH entities, named, count(r) AS facts, count(r.fact_embedding) AS stated
        RETURN CASE WHEN entities + facts = 0 THEN null ELSE toFloat(named + stated) / (entities + facts) END AS embeddingCoverage`,
      ),
    },
    {
      name: "embedding_dimensions",
      type: "agent-memory",
      fields: ["embeddingDimension", "embeddingMismatch"],
      cost: "scan",
      needs: { labels: ["Entity"] },
      query: NEWEST_EMBEDDINGS,
      read: (rows, { embeddingDimension: expected }) => {
        const found = rows.map(({ embedding }) => (Array.isArray(embedding) ? embedding.length : Number(embedding)));
        const others = found.filter((dimension) => dimension !== expected).length;
        const isCompared = expected !== undefined && found.length > 0;
        return defined({ embeddingDimension: found[0], embeddingMismatch: isCompared ? others / found.length : undefined });
      },
    },
    {
      name: "entity_names",
      type: "agent-memory",
      fields: ["duplicates"],
      cost: "scan",
      needs: { labels: ["Entity"] },
      // Groups are separate memories, which may know the same entity.
      query: both(
        "MATCH (n:Entity) WITH n.group_id AS scope, n.name AS name, count(*) AS same RETURN sum(same) - count(*) AS `duplicates/name`",
      ),
    },
    {
      name: "facts",
      type: "agent-memory",
      fields: ["memoryEfficiency", "commonestShare"],
      cost: "scan",
      needs: FACTS,
      query: both(
        `MATCH ()-[r:RELATES_TO]->() WITH r.group_id AS scope, r.fact AS fact, count(*) AS same
        WITH count(*) AS different, sum(same) AS stored, max(same) AS most
        RETURN CASE WHEN stored = 0 THEN null ELSE toFloat(different) / stored END AS memoryEfficiency,
          CASE WHEN stored = 0 THEN null ELSE toFloat(most) / stored END AS commonestShare`,
      ),
    },
    {
      name: "scopes",
      type: "agent-memory",
      fields: ["scopes"],
      cost: "scan",
      needs: EPISODES,
      query: both("MATCH (e:Episodic) RETURN count(DISTINCT e.group_id) AS scopes"),
    },
    {
      name: "nodes",
      type: "graph",
      fields: ["nodes"],
      cost: "cheap",
      // The labels of a kind of entity overlap with Entity.
      count: (catalog) => ({ nodes: partition(catalog, BASE) }),
    },
    nodeCount,
    edges,
    {
      name: "unreferenced",
      type: "graph",
      fields: ["unreferencedNodes"],
      cost: "scan",
      needs: { labels: ["Entity"], types: ["MENTIONS"] },
      query: both("MATCH (n:Entity) WHERE NOT (n)<-[:MENTIONS]-() RETURN count(n) AS unreferencedNodes"),
    },
    relations((node) => firstOf(node, BASE)),
  ],
};

/** Seconds from the newest fact to the newest episode; 0 if the fact is newer. */
function lagOf(episode: Cell | undefined, fact: Cell | undefined): number | undefined {
  const [raw, derived] = [momentOf(episode), momentOf(fact)];
  return raw === undefined || derived === undefined ? undefined : Math.max(0, raw - derived) / 1_000;
}
