import { duration, gauge, oneOf, total, upDownCounter } from "../field.ts";
import { defineSampleType, type Values } from "../sample-type.ts";

/** What an agent remembers. A memory is one stored statement: an observation, a relation, a row. */
export const agentMemory = defineSampleType("agent-memory", {
  totalMemories: total("memories", "{memory}", { description: "All memories." }),
  memories: upDownCounter("agent.memory.count", "{memory}", {
    description: "Memories of each type.",
    by: [oneOf("agent.memory.type", "procedural", "semantic", "episodic")],
  }),
  memoryEfficiency: gauge("agent.memory.efficiency", "1", { max: 1, good: "high", description: "Distinct statements / statements." }),
  memoryGrowthRate: gauge("agent.memory.growth_rate", "1", {
    min: -1,
    description: "Relative change of the number of memories over the last hour, or since start once a minute has passed.",
  }),
  averageMemorySize: gauge("agent.memory.size.mean", "By", { description: "Mean size of a statement in UTF-8." }),
  compressionRatio: gauge("agent.memory.compression_ratio", "1", {
    min: 1,
    description: "Raw size / gzip size of a sample of up to 1 MiB.",
  }),
  retrievalDuration: duration("agent.memory.retrieval.duration", { good: "low", description: "Time of a retrieval really made." }),
});
export type MemoryInsights = Values<typeof agentMemory>;
