import { counter, duration, gauge, oneOf, total, upDownCounter } from "../field.ts";
import { defineSampleType, type Values } from "../sample-type.ts";

/**
 * The memory of an agent. A memory is one stored statement: an observation, a relation, a fact, a row. Two observations are the same
 * statement if entity and text are equal, two relations if both ends and the type are. The size of a relation is that of the sentence of its
 * three words, `from type to`. An episode is a raw item, such as a message or a document, from which memories are extracted; a store that
 * keeps episodes may count them as episodic memories as well.
 */
export const agentMemory = defineSampleType("agent-memory", {
  totalMemories: total("memories", "{memory}", { description: "Number of memories." }),
  memories: upDownCounter("agent.memory.count", "{memory}", {
    description:
      "Number of memories, by type. A message is a part of a conversation, stored as it was; other is a memory whose type the store does not record.",
    by: [oneOf("agent.memory.type", "procedural", "semantic", "episodic", "message", "other")],
  }),
  newestMemoryAge: gauge("agent.memory.newest.age", "s", {
    good: "low",
    description: "Time since the newest write of a memory or an episode.",
  }),
  oldestMemoryAge: gauge("agent.memory.oldest.age", "s", {
    description: "Time since the oldest write of a memory or an episode that is stored.",
  }),
  usualGap: gauge("agent.memory.write.gap.usual", "s", {
    description:
      "Usual longest pause between two writes, in the two weeks before the newest one and without the hours of the week in which nothing is written; at least 15 min, and at least a day while less than a week is known.",
  }),
  // Beside the age, because a rule judges one field and cannot divide.
  relativeMemoryAge: gauge("agent.memory.newest.age.relative", "1", {
    good: "low",
    description: "Time since the newest write, in the hours of the week in which something is usually written, divided by the usual pause.",
  }),
  episodes: upDownCounter("agent.memory.episode.count", "{episode}", {
    description: "Number of episodes: raw items, such as messages and documents, from which memories are extracted.",
  }),
  // Measured against the newest episode and not against now: in a quiet team nothing is written, and nothing is late.
  extractionLag: gauge("agent.memory.extraction.lag", "s", {
    good: "low",
    description: "Time from the newest memory that was extracted to the newest episode; 0 if the memory is newer.",
  }),
  unextractedEpisodes: upDownCounter("agent.memory.episode.unextracted.count", "{episode}", {
    good: "low",
    description: "Episodes that are newer than the newest memory that was extracted.",
  }),
  pending: upDownCounter("agent.memory.ingestion.pending", "{item}", {
    good: "low",
    description: "Items that wait to become memories, or are being processed.",
  }),
  ingestions: counter("agent.memory.ingestions", "{ingestion}", {
    description: "Ingestions that ended, by outcome; no_facts is one that reported success and extracted nothing.",
    by: [oneOf("agent.memory.ingestion.outcome", "success", "no_facts", "failure", "other")],
  }),
  writes: counter("agent.memory.writes", "{write}", {
    description: "Memories created, updated and deleted, as the store counts them.",
    by: [oneOf("agent.memory.write.operation", "created", "updated", "deleted")],
  }),
  invalidated: upDownCounter("agent.memory.invalidated.count", "{memory}", {
    description: "Memories that are stored and marked as no longer true; they are part of the number of memories.",
  }),
  // Beside the count, because a rule judges one field and cannot divide, and because not every memory can be invalidated.
  invalidatedShare: gauge("agent.memory.invalidated.share", "1", {
    max: 1,
    good: "low",
    description: "Share of the memories that can be invalidated, such as facts, that are.",
  }),
  invalidatedRise: gauge("agent.memory.invalidated.share.rise", "1", {
    max: 1,
    good: "low",
    description: "How far the share of invalidated memories is above its lowest value of the last day, or since the collector started.",
  }),
  expired: upDownCounter("agent.memory.expired.count", "{memory}", {
    description: "Memories that are stored although their time to live has passed or they are marked as deleted.",
  }),
  embeddingCoverage: gauge("agent.memory.embedding.coverage", "1", {
    max: 1,
    good: "high",
    description: "Share of the stored items that are searched by their embedding and have one.",
  }),
  embeddingDimension: gauge("agent.memory.embedding.dimension", "{dimension}", {
    description: "Number of dimensions of the newest stored embedding.",
  }),
  // A share and not the expected number: a rule judges one field, and a store of two sizes has no single number to compare.
  embeddingMismatch: gauge("agent.memory.embedding.mismatch", "1", {
    max: 1,
    good: "low",
    description:
      "Share of the embeddings examined whose number of dimensions differs from the configured one, or where none is configured, from that of the oldest embedding.",
  }),
  commonestEmbeddingShare: gauge("agent.memory.embedding.commonest.share", "1", {
    max: 1,
    good: "low",
    description:
      "Share of different texts, among the newest that have an embedding, whose embedding is equal to the commonest one; absent for fewer than 20.",
  }),
  scopes: upDownCounter("agent.memory.scope.count", "{scope}", {
    description: "Number of scopes that have memories: users, groups or graphs, whichever the store separates memories by.",
  }),
  memoryEfficiency: gauge("agent.memory.efficiency", "1", {
    max: 1,
    good: "high",
    description:
      "Distinct statements divided by all statements. Two observations are the same if entity and text are equal, two relations if ends and type are.",
  }),
  duplicates: upDownCounter("agent.memory.duplicate.count", "{memory}", {
    good: "low",
    description:
      "Stored items that repeat another one, without the first of each, by what is equal: the name of an entity, the hash of a statement, or the embedding. An item can repeat another in several ways.",
    by: [oneOf("agent.memory.duplicate.kind", "name", "hash", "embedding")],
  }),
  commonestShare: gauge("agent.memory.commonest.share", "1", {
    max: 1,
    good: "low",
    description: "Share of the texts that are equal to the commonest one; a placeholder that is stored in place of content raises it.",
  }),
  recentCommonestShare: gauge("agent.memory.commonest.share.recent", "1", {
    max: 1,
    good: "low",
    description:
      "Share of the newest 50 texts that are equal to the commonest of them; where the store has no times, of the texts added in the last hour, and of 50 at least, that are equal to the commonest text. Absent for fewer.",
  }),
  memoryGrowthRate: gauge("agent.memory.growth_rate", "1", {
    min: -1,
    description: "Relative change of the number of memories over the last hour (since the start, if it is less than an hour ago).",
  }),
  averageMemorySize: gauge("agent.memory.size.mean", "By", {
    description: "Mean size of a statement, encoded as UTF-8; of a relation, of its two ends and its type with a space between them.",
  }),
  compressionRatio: gauge("agent.memory.compression_ratio", "1", {
    description:
      "Raw size divided by gzip size, of an excerpt of up to 1 MiB; below 1 for a file that gzip makes larger, such as a tiny one.",
  }),
  skippedLines: total("skippedByReason", "{line}", { good: "low", description: "Number of lines skipped, as a whole or in part." }),
  skippedByReason: upDownCounter("agent.memory.lines.skipped", "{line}", {
    good: "low",
    description:
      "Lines of the memory file that were skipped, by reason: text that is not JSON, neither an entity nor a relation, some of its observations (the rest was read), too long, or of another type.",
    by: [oneOf("agent.memory.skip.reason", "not_json", "not_a_record", "observation", "too_long", "other_type")],
  }),
  retrievals: counter("agent.memory.retrievals", "{retrieval}", {
    description: "Retrievals that the collector made as a probe, by outcome; empty is one that found nothing.",
    by: [oneOf("agent.memory.retrieval.outcome", "success", "empty", "failure")],
  }),
  failedRetrievals: gauge("agent.memory.retrieval.failed", "{retrieval}", {
    good: "low",
    description: "Retrievals as a probe that failed or found nothing, in a row up to the newest one; 0 if that found something.",
  }),
  retrievalDuration: duration("agent.memory.retrieval.duration", { good: "low", description: "Duration of an actual retrieval." }),
});
/** Values of a sample of `agentMemory`; see docs/metrics.md for the unit of each. */
export type MemoryInsights = Values<typeof agentMemory>;
