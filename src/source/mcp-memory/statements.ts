import type { MemoryInsights } from "../../sample/types/agent-memory.ts";
import { ObservationSet } from "./observation-set.ts";
import { StatementSet } from "./statement-set.ts";

/** Types of memory that a memory file can hold. */
export type MemoryType = Extract<keyof NonNullable<MemoryInsights["memories"]>, "procedural" | "semantic" | "episodic">;

/** Totals over all statements of a memory file. */
export interface StatementTotals {
  readonly memories: Readonly<Record<MemoryType, number>>;
  /** Statements that differ from each other. */
  readonly distinct: number;
  /** UTF-8 bytes of all statements. */
  readonly bytes: number;
}

/** How often observations repeat. */
export interface RepeatTotals {
  readonly observations: number;
  /** Observations with the commonest text, whatever entities they belong to. */
  readonly commonest: number;
}

/** Counts statements as they are read, without storing them. Entities are identified by their numbers. */
export class Statements {
  readonly #memories: Record<MemoryType, number> = { procedural: 0, semantic: 0, episodic: 0 };
  readonly #observed = new ObservationSet();
  readonly #related = new StatementSet();
  #bytes = 0;

  addObservation(type: MemoryType, entity: number, observation: string): void {
    this.#memories[type] += 1;
    this.#bytes += Buffer.byteLength(observation);
    this.#observed.add(entity, observation);
  }

  /** @param bytes size of the relation, which reads as a sentence of three words */
  addRelation(from: number, type: string, to: number, bytes: number): void {
    this.#memories.semantic += 1;
    this.#bytes += bytes;
    this.#related.add(from, to, type);
  }

  totals(): StatementTotals {
    return { memories: this.#memories, distinct: this.#observed.size + this.#related.size, bytes: this.#bytes };
  }

  repeats(): RepeatTotals {
    return { observations: this.#observed.count, commonest: this.#observed.commonest };
  }
}
