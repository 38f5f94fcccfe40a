import * as z from "zod";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { durationSchema } from "../../base/duration.ts";
import { agentMemory } from "../../sample/types/agent-memory.ts";
import { graphMetrics } from "../../sample/types/graph.ts";
import { defineSource, reading } from "../source.ts";
import type { Unmeasured } from "../unmeasured.ts";
import { MeasureWorker } from "./measure-worker.ts";
import { MemoryFile } from "./memory-file.ts";

const options = z.strictObject({
  /** The memory server's JSONL file: its `MEMORY_FILE_PATH`. `~` at its start is the home directory. */
  path: z.string().min(1),
  /** Entity types, case-insensitive, whose observations are episodic or procedural; all others are semantic. */
  memory_types: z
    .strictObject({
      episodic: z.array(z.string()).default(["event", "meeting"]),
      procedural: z.array(z.string()).default(["skill"]),
    })
    .prefault({}),
  /** Maximum size of the file; a larger one fails the reading. */
  max_bytes: z
    .int()
    .min(1)
    .default(256 * 1024 * 1024),
  /** Time from the start of a reading after which clustering, diameter, centrality and modularity are no longer computed and absent. */
  budget: durationSchema.default(1_800),
  /** Minimum time between two measurements of these four, which are absent in between. Default: they are measured at each change. */
  expensive_interval: durationSchema.optional(),
});

/** What a memory file has no place for, by what it would have to store. */
const NOT_STORED: Readonly<Record<string, readonly string[]>> = {
  times: ["newestMemoryAge", "oldestMemoryAge", "usualGap", "relativeMemoryAge"],
  "episodes, or items that wait": ["episodes", "extractionLag", "unextractedEpisodes", "pending", "ingestions"],
  "times of validity": ["invalidated", "invalidatedShare", "invalidatedRise", "expired"],
  embeddings: ["embeddingCoverage", "embeddingDimension", "embeddingMismatch", "commonestEmbeddingShare"],
  scopes: ["scopes"],
};

const unmeasured: readonly Unmeasured[] = Object.entries(NOT_STORED).flatMap(([what, fields]) =>
  fields.map((field) => ({ type: agentMemory.name, field, reason: `a memory file stores no ${what}` })),
);

/** A path with the home directory in place of a `~` at its start, as a shell expands it. */
const withHome = (path: string): string => (/^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path);

/** The file of the Model Context Protocol's memory server, parsed in a worker thread once for each change. */
export const mcpMemory = defineSource({
  kind: "mcp-memory",
  options,
  open({ path, memory_types, max_bytes, budget, expensive_interval }, { baseDir, clock }) {
    const worker = new MeasureWorker();
    const request = { path: resolve(baseDir, withHome(path)), shownPath: path, types: memory_types, maxBytes: max_bytes, budgetMs: budget };
    return new MemoryFile(request, worker.measure, {
      clock,
      expensiveIntervalMs: expensive_interval ?? 0,
      close: () => worker[Symbol.asyncDispose](),
    });
  },
  unmeasured: () => unmeasured,
  saveState: (file: MemoryFile) => file.saveState(),
  restoreState: (file: MemoryFile, state, ageMs) => file.restoreState(state, ageMs),
  readings: ({ expensive_interval: everyMs = 0 }) => [
    reading(agentMemory, (file: MemoryFile) => file.insights(), { intervalMs: 5_000 }),
    reading(graphMetrics, (file: MemoryFile) => file.graph(), {
      intervalMs: 2_000,
      measuredEveryMs: {
        diameter: everyMs,
        clusteringCoefficient: everyMs,
        averageCentrality: everyMs,
        modularity: everyMs,
        exact: everyMs,
      },
    }),
  ],
});
