import { DIMENSIONS, type GraphitiWriter } from "../engines/graphiti.ts";
import { OF_NODES, type Step } from "./contract.ts";

/** Shares of all facts. */
const OF_FACTS = ["invalidatedShare", "memoryEfficiency", "commonestShare"];
const CLUSTERED = [...OF_NODES, "clusteringCoefficient"];

const facts = (n: number) => ({
  totalMemories: n,
  "memories/semantic": n,
  edgeCount: n,
  "edges/RELATES_TO": n,
  "relations/Entity/RELATES_TO/Entity": n,
});
const episode = { totalMemories: 1, "memories/episodic": 1, episodes: 1, nodeCount: 1, "nodes/Episodic": 1 };
const entity = { nodeCount: 1, "nodes/Entity": 1, unreferencedNodes: 1 };
const alone = { orphanNodes: 1, connectedComponents: 1 };

/** Entities but the last are older than it. */
const OLDER = { age: 600 };

/** The text of a fact that is repeated, and the name of an entity that is. */
const [TWICE, FIRST] = ["stated twice", "entity 1"];

/**
 * One more of everything that Graphiti writes, on top of three entities and one episode that is two hours old.
 *
 * @param other of another group, in the same graph
 */
export const graphitiSteps = (writer: GraphitiWriter, other: GraphitiWriter): readonly Step[] => [
  {
    does: "an entity of a kind, which no episode mentions, without a fact",
    write: () => writer.entities(1, { ...OLDER, labels: ["Person"] }),
    moves: { ...entity, ...alone },
  },
  {
    does: "an episode, an hour newer, from which nothing is extracted",
    write: () => writer.episodes(1, { mentions: 0, age: 3_600 }),
    moves: { ...episode, ...alone, newestMemoryAge: -3_600, extractionLag: 3_600, unextractedEpisodes: 1 },
    also: ["relativeMemoryAge"],
  },
  {
    does: "the first fact, half an hour older than the newest episode",
    write: () => writer.facts(1, { age: 5_400, between: [0, 1] }),
    moves: {
      ...facts(1),
      extractionLag: -1_800,
      unextractedEpisodes: -1,
      orphanNodes: -2,
      leafNodes: 2,
      maxDegree: 1,
      connectedComponents: -1,
      largestComponentSize: 1,
      diameter: 1,
    },
    also: [...OF_NODES, ...OF_FACTS, "modularity", "exact"],
  },
  {
    does: "a fact that is newer than the newest episode",
    write: () => writer.facts(1, { age: 1_800, between: [1, 2], text: TWICE }),
    moves: {
      ...facts(1),
      extractionLag: -1_800,
      unextractedEpisodes: -1,
      commonestShare: -0.5,
      orphanNodes: -1,
      maxDegree: 1,
      connectedComponents: -1,
      largestComponentSize: 1,
      diameter: 1,
    },
    also: OF_NODES,
  },
  {
    does: "a fact is invalidated",
    write: () => writer.invalidate(1),
    moves: { invalidated: 1, invalidatedShare: 0.5 },
  },
  {
    does: "a fact is repeated between two other entities",
    write: () => writer.facts(1, { age: 1_800, between: [0, 1], text: TWICE }),
    moves: facts(1),
    also: OF_FACTS,
  },
  {
    does: "a fact closes a triangle",
    write: () => writer.facts(1, { age: 1_800, between: [2, 0] }),
    moves: { ...facts(1), leafNodes: -2, diameter: -1 },
    also: [...OF_FACTS, "density", "averageCentrality", "clusteringCoefficient"],
  },
  {
    does: "an entity without an embedding",
    write: () => writer.entities(1, { ...OLDER, embedded: false }),
    moves: { ...entity, ...alone },
    also: [...CLUSTERED, "embeddingCoverage"],
  },
  {
    does: "a fact without an embedding",
    write: () => writer.facts(1, { age: 1_800, between: [0, 1], embedded: false }),
    moves: facts(1),
    also: [...OF_FACTS, "embeddingCoverage"],
  },
  {
    does: "an entity with the name of another",
    write: () => writer.entities(1, { ...OLDER, name: FIRST }),
    moves: { ...entity, ...alone, "duplicates/name": 1 },
    also: [...CLUSTERED, "embeddingCoverage"],
  },
  {
    does: "an episode that mentions an entity",
    write: () => writer.episodes(1, { mentions: 1, age: 3_600 }),
    moves: {
      ...episode,
      edgeCount: 1,
      "edges/MENTIONS": 1,
      "relations/Episodic/MENTIONS/Entity": 1,
      unreferencedNodes: -1,
      orphanNodes: -1,
      leafNodes: 2,
    },
    also: [...CLUSTERED, "modularity"],
  },
  {
    does: "a fact makes an entity a leaf",
    write: () => writer.facts(1, { age: 1_800, between: [0, 3] }),
    moves: { ...facts(1), orphanNodes: -1, leafNodes: 1, maxDegree: 1, connectedComponents: -1, largestComponentSize: 1, diameter: 1 },
    also: [...CLUSTERED, ...OF_FACTS, "embeddingCoverage", "modularity"],
  },
  {
    does: "a community of two entities",
    write: () => writer.communities(1, { members: 2 }),
    moves: {
      nodeCount: 1,
      "nodes/Community": 1,
      edgeCount: 2,
      "edges/HAS_MEMBER": 2,
      "relations/Community/HAS_MEMBER/Entity": 2,
      maxDegree: 1,
      largestComponentSize: 1,
    },
    also: [...CLUSTERED, "modularity"],
  },
  {
    does: "an episode of a second group",
    write: () => other.episodes(1, { mentions: 0, age: 3_600 }),
    moves: { ...episode, ...alone, scopes: 1 },
    also: CLUSTERED,
  },
  {
    does: "an entity of the second group with a name of the first, which is no duplicate",
    write: () => other.entities(1, { ...OLDER, name: FIRST }),
    moves: { ...entity, ...alone },
    also: [...CLUSTERED, "embeddingCoverage"],
  },
  {
    does: "another entity of the second group",
    write: () => other.entities(1, OLDER),
    moves: { ...entity, ...alone },
    also: [...CLUSTERED, "embeddingCoverage"],
  },
  {
    does: "a fact of the second group with a text of the first, which is another statement",
    write: () => other.facts(1, { age: 1_800, text: TWICE }),
    moves: { ...facts(1), orphanNodes: -2, leafNodes: 2, connectedComponents: -1 },
    also: [...OF_NODES, ...OF_FACTS, "embeddingCoverage", "modularity"],
  },
  {
    does: "the fact of the leaf is deleted",
    write: () => writer.delete({ facts: 1 }),
    moves: { ...facts(-1), orphanNodes: 1, leafNodes: -1, maxDegree: -1, connectedComponents: 1, largestComponentSize: -1 },
    also: [...CLUSTERED, ...OF_FACTS, "embeddingCoverage", "modularity"],
  },
  {
    does: "an episode of three days ago",
    write: () => writer.episodes(1, { mentions: 0, age: 3 * 86_400 }),
    moves: { ...episode, ...alone, oldestMemoryAge: 3 * 86_400 - 7_200 },
    also: [...CLUSTERED, "usualGap", "relativeMemoryAge"],
  },
  {
    does: "fifty facts, of which half are a placeholder",
    write: async () => {
      await writer.facts(25, { age: 900, between: [0, 1], text: "a placeholder" });
      await writer.facts(25, { age: 900, between: [0, 1] });
    },
    moves: facts(50),
    also: [...OF_FACTS, "embeddingCoverage", "recentCommonestShare"],
  },
  {
    does: "entities enough to compare their embeddings",
    write: () => writer.entities(20, OLDER),
    moves: Object.fromEntries(Object.entries({ ...entity, ...alone }).map(([path, n]) => [path, 20 * n])),
    also: [...CLUSTERED, "embeddingCoverage", "commonestEmbeddingShare"],
  },
  {
    does: "an entity with an embedding of another size",
    write: () => writer.entities(1, { dimensions: DIMENSIONS / 2 }),
    moves: { ...entity, ...alone, embeddingDimension: -DIMENSIONS / 2 },
    also: [...CLUSTERED, "embeddingCoverage", "embeddingMismatch", "commonestEmbeddingShare"],
  },
];
