import { agentMemory } from "../sample/types/agent-memory.ts";
import { graphMetrics } from "../sample/types/graph.ts";
import { graphService } from "../sample/types/graph-service.ts";
import type { Field } from "../sample/field.ts";
import type { SampleType } from "../sample/sample-type.ts";

/** One line of an audit: a number of a sample type, under the name that limits and reports use. */
export interface Item {
  readonly name: string;
  /** What the memory holds, or what may be wrong with it. */
  readonly section: "holds" | "findings";
  readonly type: SampleType;
  readonly field: string;
  /** The value of the field's axis that is taken. Default: the field is a single number. */
  readonly part?: string;
  /** The number is 1 without the field: what is missing of a share. Default: false. */
  readonly isComplement?: boolean;
  /** Zero is not usual, such as for the share of the commonest of any texts. Default: every number but zero is marked. */
  readonly isNeverZero?: boolean;
  /** A field that says how the number is made up. Default: none. */
  readonly parts?: string;
  /** What was measured, in few words. */
  readonly meaning: string;
}

const memory = { type: agentMemory } as const;
const graph = { type: graphMetrics } as const;

/** Everything that an audit reports, in its order. */
export const ITEMS: readonly Item[] = [
  {
    name: "memories",
    section: "holds",
    ...memory,
    field: "totalMemories",
    parts: "memories",
    meaning: "stored statements: observations, relations, facts",
  },
  { name: "episodes", section: "holds", ...memory, field: "episodes", meaning: "raw items from which memories are extracted" },
  { name: "scopes", section: "holds", ...memory, field: "scopes", meaning: "users, groups or graphs that have memories" },
  { name: "nodes", section: "holds", ...graph, field: "nodeCount", parts: "nodes", meaning: "nodes of the graph" },
  { name: "edges", section: "holds", ...graph, field: "edgeCount", parts: "edges", meaning: "edges of the graph, repeated ones included" },
  { name: "islands", section: "holds", ...graph, field: "connectedComponents", meaning: "parts of the graph that no edge connects" },
  { name: "newest", section: "holds", ...memory, field: "newestMemoryAge", meaning: "time since the newest write" },
  { name: "oldest", section: "holds", ...memory, field: "oldestMemoryAge", meaning: "time since the oldest write that is stored" },
  {
    name: "duplicates",
    section: "findings",
    ...memory,
    field: "duplicates",
    part: "hash",
    meaning: "statements that repeat another one, without the first",
  },
  {
    name: "duplicate-share",
    section: "findings",
    ...memory,
    field: "memoryEfficiency",
    isComplement: true,
    meaning: "share of the statements that repeat another one",
  },
  {
    name: "duplicate-names",
    section: "findings",
    ...memory,
    field: "duplicates",
    part: "name",
    meaning: "entities with the name of another one, without the first",
  },
  {
    name: "commonest",
    section: "findings",
    ...memory,
    field: "commonestShare",
    isNeverZero: true,
    meaning: "share of the texts that equal the commonest one",
  },
  {
    name: "missing-embeddings",
    section: "findings",
    ...memory,
    field: "embeddingCoverage",
    isComplement: true,
    meaning: "share of what is searched by embedding and has none",
  },
  {
    name: "mismatched-embeddings",
    section: "findings",
    ...memory,
    field: "embeddingMismatch",
    meaning: "share of the newest embeddings with another size than the oldest",
  },
  {
    name: "equal-embeddings",
    section: "findings",
    ...memory,
    field: "commonestEmbeddingShare",
    isNeverZero: true,
    meaning: "share of different texts with one and the same embedding",
  },
  { name: "invalidated", section: "findings", ...memory, field: "invalidated", meaning: "memories marked as no longer true" },
  {
    name: "invalidated-share",
    section: "findings",
    ...memory,
    field: "invalidatedShare",
    meaning: "share of the memories that can be invalidated, and are",
  },
  { name: "unextracted", section: "findings", ...memory, field: "unextractedEpisodes", meaning: "episodes newer than the newest memory" },
  { name: "orphans", section: "findings", ...graph, field: "orphanNodes", meaning: "nodes without an edge to another node" },
  { name: "orphan-share", section: "findings", ...graph, field: "orphanShare", meaning: "share of the nodes without an edge" },
  {
    name: "unreferenced",
    section: "findings",
    ...graph,
    field: "unreferencedNodes",
    meaning: "entities without an observation, or that no episode mentions",
  },
  {
    name: "skipped",
    section: "findings",
    ...memory,
    field: "skippedLines",
    parts: "skippedByReason",
    meaning: "lines of the file that could not be read, as a whole or in part",
  },
  {
    name: "offline-indexes",
    section: "findings",
    type: graphService,
    field: "offlineIndexes",
    meaning: "indexes that queries cannot use",
  },
];

/** The sample types that an audit reads. */
export const AUDITED_TYPES: readonly SampleType[] = [agentMemory, graphMetrics, graphService];

/** The field of an item. */
export function fieldOf({ name, type, field }: Item): Field {
  const found = type.fields[field];
  if (!found) throw new Error(`audit item ${name}: sample type ${type.name} has no field ${field}`);
  return found;
}
