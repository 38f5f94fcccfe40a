import { hash53, StatementSet, withNumber } from "./statement-set.ts";

/** Four numbers of 32 bits: the halves of the hash, how often the text was added, and the first entity that it belongs to. */
const SLOT = 4;
const [LOW, HIGH, COUNT, ENTITY] = [0, 1, 2, 3];

/**
 * Counts observations: distinct ones, by entity and text, and those with the commonest text. It stores 16 bytes for each distinct text, in a
 * table at most three quarters full. An observation is looked up a second time only where its text also belongs to another entity, so that
 * most cost one look-up, and the parts of a slot are side by side, so that a look-up costs one access to memory.
 */
export class ObservationSet {
  #slots = new Uint32Array(SLOT * 2_048);
  #texts = 0;
  /** Observations whose text belonged to another entity before. */
  readonly #shared = new StatementSet();
  #count = 0;
  #commonest = 0;

  /** Distinct observations. */
  get size(): number {
    return this.#texts + this.#shared.size;
  }

  /** All observations. */
  get count(): number {
    return this.#count;
  }

  /** Observations with the commonest text, whatever entities they belong to. */
  get commonest(): number {
    return this.#commonest;
  }

  add(entity: number, text: string): void {
    const hash = hash53(0, 0, text);
    const [low, high] = [hash >>> 0, Math.floor(hash / 2 ** 32)];
    const slots = this.#slots;
    const slot = slotOf(slots, low, high);
    const count = (slots[slot + COUNT] as number) + 1;
    slots[slot + COUNT] = count;
    this.#count += 1;
    if (count > this.#commonest) this.#commonest = count;
    if (count > 1) {
      if (slots[slot + ENTITY] !== entity) this.#shared.addHash(withNumber(hash, entity));
      return;
    }
    slots[slot + LOW] = low;
    slots[slot + HIGH] = high;
    slots[slot + ENTITY] = entity;
    this.#texts += 1;
    if (this.#texts > (0.75 * slots.length) / SLOT) this.#grow();
  }

  #grow(): void {
    const before = this.#slots;
    const larger = new Uint32Array(2 * before.length);
    for (let n = 0; n < before.length; n += SLOT) {
      if (before[n + COUNT] === 0) continue;
      const slot = slotOf(larger, before[n + LOW] as number, before[n + HIGH] as number);
      for (let part = 0; part < SLOT; part += 1) larger[slot + part] = before[n + part] as number;
    }
    this.#slots = larger;
  }
}

/** Where the slot of a hash starts, or the free one for it. The number of slots is a power of two; a taken slot leads to the next one. */
function slotOf(slots: Uint32Array, low: number, high: number): number {
  const last = slots.length - SLOT;
  let slot = (SLOT * low) & last;
  while (slots[slot + COUNT] !== 0 && (slots[slot + LOW] !== low || slots[slot + HIGH] !== high)) slot = (slot + SLOT) & last;
  return slot;
}
