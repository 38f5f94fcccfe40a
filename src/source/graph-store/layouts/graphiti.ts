import type { Cell } from "../../../store/store.ts";
import { SINCE_MS, SLOT_MS } from "../silence.ts";
import { ageOf, defined, momentOf, partition, type Layout } from "../layout.ts";
import { both, edges, firstOf, nodeCount, relations, silenceIn, STATEMENT_SHARES } from "./common.ts";

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

/** When episodes were written, in slots of ten minutes: the start of the text where times are text. */
const PAUSES = {
  falkordb: `MATCH (e:Episodic) WHERE e.created_at > '' WITH e.created_at AS newest ORDER BY newest DESC LIMIT 1
    OPTIONAL MATCH (w:Episodic) WHERE w.created_at > $since RETURN newest, collect(DISTINCT left(w.created_at, 15)) AS slots`,
  neo4j: `MATCH (e:Episodic) WHERE e.created_at IS NOT NULL WITH e.created_at AS newest ORDER BY newest DESC LIMIT 1
    OPTIONAL MATCH (w:Episodic) WHERE w.created_at > datetime($since)
    RETURN newest.epochMillis AS newest, collect(DISTINCT w.created_at.epochMillis / ${SLOT_MS}) AS slots`,
};

/** The newest texts with an embedding that are compared, and how many different ones there have to be. */
const EMBEDDINGS = 50;
const MIN_EMBEDDINGS = 20;

/** The newest facts, of which few are equal unless a placeholder is stored. */
const FACTS_COMPARED = 50;
const newestFacts = (hasTime: string): string =>
  `MATCH ()-[r:RELATES_TO]->() WHERE ${hasTime} WITH r ORDER BY r.created_at DESC LIMIT ${FACTS_COMPARED}
    WITH r.fact AS fact, count(*) AS same WITH max(same) AS most, sum(same) AS facts
    RETURN CASE WHEN facts < ${FACTS_COMPARED} THEN null ELSE toFloat(most) / facts END AS recentCommonestShare`;

/** Facts whose end has come: `expired_at` is when Graphiti retired them. */
const RETIRED = {
  falkordb: "MATCH ()-[r:RELATES_TO]->() WHERE r.expired_at > '' RETURN count(r) AS invalidated",
  neo4j: "MATCH ()-[r:RELATES_TO]->() WHERE r.expired_at IS NOT NULL RETURN count(r) AS invalidated",
};

/** How many embeddings are examined: enough to see a change, and few enough to send. */
const EXAMINED = 20;

/** Sizes of the newest embeddings, and of the oldest one: what searches compare with each other. */
const NEWEST_EMBEDDINGS = {
  falkordb: `MATCH (o:Entity) WHERE o.created_at > '' AND o.name_embedding IS NOT NULL WITH o ORDER BY o.created_at LIMIT 1 WITH o.name_embedding AS oldest
    MATCH (n:Entity) WHERE n.created_at > '' AND n.name_embedding IS NOT NULL
    WITH oldest, n ORDER BY n.created_at DESC LIMIT ${EXAMINED} RETURN oldest, collect(n.name_embedding) AS newest`,
  neo4j: `MATCH (o:Entity) WHERE o.created_at IS NOT NULL AND o.name_embedding IS NOT NULL WITH o ORDER BY o.created_at LIMIT 1
    WITH size(o.name_embedding) AS oldest MATCH (n:Entity) WHERE n.created_at IS NOT NULL AND n.name_embedding IS NOT NULL
    WITH oldest, n ORDER BY n.created_at DESC LIMIT ${EXAMINED} RETURN oldest, collect(size(n.name_embedding)) AS newest`,
};

const sizeOf = (cell: Cell | undefined): number => (Array.isArray(cell) ? cell.length : Number(cell));

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
      fields: ["extractionLag", "unextractedEpisodes", "oldestMemoryAge"],
      cost: "scan",
      needs: EPISODES,
      query: {
        falkordb: `MATCH (e:Episodic) WHERE e.created_at > '' WITH max(e.created_at) AS newest, min(e.created_at) AS oldest
          OPTIONAL MATCH ()-[r:RELATES_TO]->() WITH newest, oldest, max(r.created_at) AS fact
          OPTIONAL MATCH (l:Episodic) WHERE l.created_at > coalesce(fact, '') RETURN newest, oldest, fact, count(l) AS late`,
        neo4j: `MATCH (e:Episodic) WITH max(e.created_at) AS newest, min(e.created_at) AS oldest
          OPTIONAL MATCH ()-[r:RELATES_TO]->() WITH newest, oldest, max(r.created_at) AS fact
          OPTIONAL MATCH (l:Episodic) WHERE fact IS NULL OR l.created_at > fact WITH newest, oldest, fact, count(l) AS late
          RETURN newest.epochMillis AS newest, oldest.epochMillis AS oldest, fact.epochMillis AS fact, late`,
      },
      // Without any fact, nothing was extracted since the oldest episode.
      read: ([row], { nowMs }) => {
        const extractionLag = lagOf(row?.["newest"], row?.["fact"] ?? row?.["oldest"]);
        const oldest = defined({ oldestMemoryAge: ageOf(row?.["oldest"], nowMs) });
        return extractionLag === undefined ? oldest : { ...oldest, extractionLag, unextractedEpisodes: Number(row?.["late"] ?? 0) };
      },
    },
    {
      name: "pauses",
      type: "agent-memory",
      fields: ["usualGap", "relativeMemoryAge"],
      cost: "scan",
      needs: EPISODES,
      query: PAUSES,
      parameters: ({ nowMs }) => ({ since: new Date(nowMs - SINCE_MS).toISOString() }),
      read: ([row], { nowMs }) => silenceIn(row?.["slots"], row?.["newest"], nowMs),
    },
    {
      name: "embedding_repeats",
      type: "agent-memory",
      fields: ["commonestEmbeddingShare"],
      cost: "scan",
      needs: { labels: ["Entity"] },
      // Entities of one name, such as those of two groups, have the same embedding for a reason.
      query: both(
        `MATCH (n:Entity) WHERE n.name_embedding IS NOT NULL WITH n ORDER BY n.created_at DESC LIMIT ${EMBEDDINGS} WITH DISTINCT n.name AS name, n.name_embedding AS embedding
        WITH embedding, count(*) AS same WITH max(same) AS most, sum(same) AS names
        RETURN CASE WHEN names < ${MIN_EMBEDDINGS} THEN null ELSE toFloat(most) / names END AS commonestEmbeddingShare`,
      ),
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
      read: ([row], { embeddingDimension: configured }) => {
        const sizes = Array.isArray(row?.["newest"]) ? row["newest"].map(sizeOf) : [];
        if (sizes[0] === undefined) return {};
        const expected = configured ?? sizeOf(row?.["oldest"]);
        return { embeddingDimension: sizes[0], embeddingMismatch: sizes.filter((size) => size !== expected).length / sizes.length };
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
        ${STATEMENT_SHARES}`,
      ),
    },
    {
      name: "newest_facts",
      type: "agent-memory",
      fields: ["recentCommonestShare"],
      cost: "scan",
      needs: FACTS,
      query: {
        falkordb: newestFacts("r.created_at > ''"),
        neo4j: newestFacts("r.created_at IS NOT NULL"),
      },
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
