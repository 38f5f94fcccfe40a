import type { SourceRule } from "../../sample/source-rule.ts";

/** The health rules of a store, by sample type. docs/runbooks has a page for each. */
export const STORE_RULES: Readonly<Record<string, readonly SourceRule[]>> = {
  "agent-memory": [
    {
      name: "VitalsExtractionLag",
      field: "extractionLag",
      above: 900,
      // One episode of which nothing is worth remembering, after a quiet night, is no lag.
      while: { field: "unextractedEpisodes", above: 5 },
      for: "10m",
      keep_firing_for: "1m",
      status: "unhealthy",
      summary: "episodes arrive and no memories are extracted from them",
    },
    {
      name: "VitalsMemoryStale",
      field: "relativeMemoryAge",
      above: 3,
      clear: 1,
      keep_firing_for: "1m",
      status: "unhealthy",
      summary: "nothing was written for three times the usual pause",
    },
    {
      name: "VitalsMemoriesInvalidated",
      field: "invalidatedRise",
      above: 0.1,
      clear: 0.05,
      while: { field: "invalidated", above: 20 },
      for: "1m",
      keep_firing_for: "10m",
      summary: "many memories were retired within a day",
    },
    {
      name: "VitalsEmbeddingsMissing",
      field: "embeddingCoverage",
      below: 0.99,
      for: "10m",
      keep_firing_for: "1m",
      summary: "items without an embedding are not found, or make every search fail",
    },
    {
      name: "VitalsEmbedderChanged",
      field: "embeddingMismatch",
      above: 0,
      keep_firing_for: "10m",
      status: "unhealthy",
      summary: "new embeddings have another size than the old ones, so that searches fail or find nothing",
    },
    {
      name: "VitalsEmbeddingsRepeated",
      field: "commonestEmbeddingShare",
      above: 0.2,
      keep_firing_for: "10m",
      status: "unhealthy",
      summary: "different texts have one and the same embedding, such as that of a placeholder",
    },
    {
      name: "VitalsPlaceholdersStored",
      field: "recentCommonestShare",
      above: 0.2,
      keep_firing_for: "10m",
      summary: "one text is stored again and again in place of content",
    },
    {
      name: "VitalsMemoriesRepeated",
      field: "commonestShare",
      above: 0.2,
      while: { field: "totalMemories", above: 100 },
      for: "10m",
      keep_firing_for: "10m",
      summary: "a large part of the memories is one and the same text",
    },
    {
      name: "VitalsProbeFailing",
      field: "failedRetrievals",
      above: 1,
      keep_firing_for: "0s",
      status: "unhealthy",
      summary: "retrievals as an agent makes them fail, or find nothing",
    },
  ],
  graph: [
    {
      name: "VitalsOrphans",
      field: "orphanShare",
      above: 0.05,
      clear: 0.04,
      while: { field: "orphanNodes", above: 10 },
      for: "10m",
      keep_firing_for: "10m",
      summary: "nodes without an edge accumulate",
    },
  ],
  "graph-service": [
    {
      name: "VitalsIndexOffline",
      field: "offlineIndexes",
      above: 0,
      // An index that is being built is soon done.
      for: "5m",
      keep_firing_for: "1m",
      summary: "queries cannot use an index, because it is being built or has failed",
    },
  ],
};
