import type { MemoryInsights } from "../../sample/types/agent-memory.ts";

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

/** Counts statements as they are read, without storing them. Entities are identified by their numbers. */
export class Statements {
  readonly #memories: Record<MemoryType, number> = { procedural: 0, semantic: 0, episodic: 0 };
  readonly #observed = new StatementSet();
  readonly #related = new StatementSet();
  #bytes = 0;

  addObservation(type: MemoryType, entity: number, observation: string): void {
    this.#memories[type] += 1;
    this.#bytes += Buffer.byteLength(observation);
    this.#observed.add(entity, 0, observation);
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
}

/**
 * Counts distinct statements. It stores only 53-bit hashes, eight bytes each in a table at most three quarters full: a third of what a
 * Set of the hashes takes, and a tenth of what a Set of the statements takes. Among a million distinct statements the probability that
 * two of them share a hash is about one in twenty thousand.
 */
export class StatementSet {
  /** Zero marks a free slot. */
  #slots = new Float64Array(2_048);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a statement that consists of a text and two numbers. */
  add(a: number, b: number, text: string): void {
    // A hash of zero would look like a free slot.
    if (!insert(this.#slots, hash53(a, b, text) || 1)) return;
    this.#size += 1;
    if (this.#size > 0.75 * this.#slots.length) this.#grow();
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#slots.length);
    for (const hash of this.#slots) if (hash !== 0) insert(larger, hash);
    this.#slots = larger;
  }
}

/** False if the hash is already there. The number of slots is a power of two; a taken slot leads to the next one. */
function insert(slots: Float64Array, hash: number): boolean {
  const last = slots.length - 1;
  let slot = hash & last;
  while (slots[slot] !== 0) {
    if (slots[slot] === hash) return false;
    slot = (slot + 1) & last;
  }
  slots[slot] = hash;
  return true;
}

const HIGH_PRIME = 2_654_435_761;
const LOW_PRIME = 1_597_334_677;

/** Two FNV-like 32-bit hashes side by side, cut to the 53 bits that a number holds exactly (after cyrb53, public domain). */
export function hash53(a: number, b: number, text: string): number {
  let high = mixed(mixed(0xdeadbeef, a, HIGH_PRIME), b, HIGH_PRIME);
  let low = mixed(mixed(0x41c6ce57, a, LOW_PRIME), b, LOW_PRIME);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, HIGH_PRIME);
    low = Math.imul(low ^ unit, LOW_PRIME);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}

/** Folds a 32-bit number into a hash; the shift prevents numbers that differ little from cancelling each other. */
function mixed(hash: number, number: number, prime: number): number {
  const product = Math.imul(hash ^ number, prime);
  return product ^ (product >>> 15);
}
