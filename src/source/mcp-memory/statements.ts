import type { MemoryInsights } from "../../sample/agent-memory.ts";

export type MemoryType = keyof NonNullable<MemoryInsights["memories"]>;

/** What the stored statements come to. */
export interface StatementTotals {
  readonly memories: Readonly<Record<MemoryType, number>>;
  readonly distinct: number;
  readonly bytes: number;
}

/**
 * Counts statements as they are read, without keeping them: of each only a 53-bit hash stays, so that among a million distinct
 * statements the chance of a single one being taken for another is about one in twenty thousand.
 */
export class Statements {
  readonly #memories: Record<MemoryType, number> = { procedural: 0, semantic: 0, episodic: 0 };
  readonly #seen = new Set<number>();
  #bytes = 0;

  /** @param identity what makes it the same statement as another @param text what is remembered */
  add(type: MemoryType, identity: string, text: string): void {
    this.#memories[type] += 1;
    this.#seen.add(hash53(identity));
    this.#bytes += Buffer.byteLength(text);
  }

  totals(): StatementTotals {
    return { memories: this.#memories, distinct: this.#seen.size, bytes: this.#bytes };
  }
}

/** Two FNV-like 32-bit hashes side by side, cut to what a number holds exactly (after cyrb53, public domain). */
function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}
