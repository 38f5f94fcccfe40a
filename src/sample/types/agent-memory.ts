import { duration, gauge, oneOf, total, upDownCounter } from "../field.ts";
import { defineSampleType, type Values } from "../sample-type.ts";

/**
 * The memory of an agent. A memory is one stored statement: an observation, a relation, a row. Two observations are the same statement if
 * entity and text are equal, two relations if both ends and the type are. The size of a relation is that of the sentence of its three words,
 * `from type to`.
 */
export const agentMemory = defineSampleType("agent-memory", {
  totalMemories: total("memories", "{memory}", { description: "Number of memories." }),
  memories: upDownCounter("agent.memory.count", "{memory}", {
    description: "Number of memories, by type.",
    by: [oneOf("agent.memory.type", "procedural", "semantic", "episodic")],
  }),
  memoryEfficiency: gauge("agent.memory.efficiency", "1", {
    max: 1,
    good: "high",
    description:
      "Distinct statements divided by all statements. Two observations are the same if entity and text are equal, two relations if ends and type are.",
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
  retrievalDuration: duration("agent.memory.retrieval.duration", { good: "low", description: "Duration of an actual retrieval." }),
});
export type MemoryInsights = Values<typeof agentMemory>;
