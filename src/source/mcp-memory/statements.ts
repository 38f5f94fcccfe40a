import type { MemoryInsights } from "../../sample/types/agent-memory.ts";
import type { Span } from "./name-table.ts";

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

const HIGH_PRIME = 2_654_435_761;
const LOW_PRIME = 1_597_334_677;

/**
 * How many different statements were added, of which only 53-bit hashes are kept: eight bytes each in a table at most three quarters
 * full, a third of what a Set of as many numbers takes. Among a million different statements the chance of a single one being taken
 * for another is about one in twenty thousand.
 */
export class StatementSet {
  /** Zero where a place is free. */
  #table = new Float64Array(2_048);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a statement made of a text and the numbers of two names. */
  add(a: number, b: number, text: Span): void {
    // A hash of zero would look like a free place.
    if (!insert(this.#table, hash53(a, b, text) || 1)) return;
    this.#size += 1;
    if (this.#size > 0.75 * this.#table.length) this.#grow();
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#table.length);
    for (const hash of this.#table) if (hash !== 0) insert(larger, hash);
    this.#table = larger;
  }
}

/** False when it is there already. Tables are a power of two long, and a place that is taken sends on to the next. */
function insert(table: Float64Array, hash: number): boolean {
  const last = table.length - 1;
  let place = hash & last;
  while (table[place] !== 0) {
    if (table[place] === hash) return false;
    place = (place + 1) & last;
  }
  table[place] = hash;
  return true;
}

/** Two FNV-like 32-bit hashes side by side, cut to what a number holds exactly (after cyrb53, public domain). */
function hash53(a: number, b: number, { bytes, start, end }: Span): number {
  let high = mixed(mixed(0xdeadbeef, a, HIGH_PRIME), b, HIGH_PRIME);
  let low = mixed(mixed(0x41c6ce57, a, LOW_PRIME), b, LOW_PRIME);
  for (let i = start; i < end; i += 1) {
    high = Math.imul(high ^ (bytes[i] as number), HIGH_PRIME);
    low = Math.imul(low ^ (bytes[i] as number), LOW_PRIME);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}

/** A number of 32 bits folded into a hash; the shift keeps numbers that lie close from cancelling each other. */
function mixed(hash: number, number: number, prime: number): number {
  const product = Math.imul(hash ^ number, prime);
  return product ^ (product >>> 15);
}
