import type { MemoryInsights } from "../../sample/agent-memory.ts";
import type { Span } from "./name-table.ts";
import { StatementSet } from "./statement-set.ts";

export type MemoryType = keyof NonNullable<MemoryInsights["memories"]>;

/** What the stored statements come to. */
export interface StatementTotals {
  readonly memories: Readonly<Record<MemoryType, number>>;
  readonly distinct: number;
  readonly bytes: number;
}

/** Counts statements as they are read, without keeping them. Names are known by their numbers. */
export class Statements {
  readonly #memories: Record<MemoryType, number> = { procedural: 0, semantic: 0, episodic: 0 };
  readonly #observed = new StatementSet();
  readonly #related = new StatementSet();
  #bytes = 0;

  addObservation(type: MemoryType, entity: number, observation: Span): void {
    this.#memories[type] += 1;
    this.#bytes += observation.end - observation.start;
    this.#observed.add(entity, 0, observation);
  }

  /** @param bytes what a relation weighs: it reads as a sentence of three words */
  addRelation(from: number, type: Span, to: number, bytes: number): void {
    this.#memories.semantic += 1;
    this.#bytes += bytes;
    this.#related.add(from, to, type);
  }

  totals(): StatementTotals {
    return { memories: this.#memories, distinct: this.#observed.size + this.#related.size, bytes: this.#bytes };
  }
}
