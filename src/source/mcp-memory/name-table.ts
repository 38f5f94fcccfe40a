/** A run of bytes within others: UTF-8 text that was never made a string. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Numbers names from 0 in the order they are first seen. Names are kept as bytes, one after the other, and looked for by hash: a Map of
 * strings takes three times the memory, and a string for each time a name is read.
 */
export class NameTable {
  /** By place, the number of a name and 1; zero where a place is free. A power of two long. */
  #places = new Uint32Array(1_024);
  /** By number: hash, and where the name ends. */
  readonly #hashes = new NumberList();
  readonly #ends = new NumberList();
  #names = new Uint8Array(16_384);

  get size(): number {
    return this.#hashes.length;
  }

  /** The number of a name; the next one where it is new. */
  numberOf({ bytes, start, end }: Span): number {
    const hash = hash32(bytes, start, end);
    const last = this.#places.length - 1;
    let place = hash & last;
    for (let known = this.#places[place] as number; known !== 0; known = this.#places[place] as number) {
      if (this.#hashes.at(known - 1) === hash && this.#is(known - 1, bytes, start, end)) return known - 1;
      place = (place + 1) & last;
    }
    this.#places[place] = this.size + 1;
    this.#keep(hash, bytes.subarray(start, end));
    if (this.size > 0.5 * this.#places.length) this.#grow();
    return this.size - 1;
  }

  nameOf(number: number): string {
    return decoder.decode(this.#names.subarray(this.#startOf(number), this.#ends.at(number)));
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : this.#ends.at(number - 1);
  }

  #is(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#startOf(number);
    if (this.#ends.at(number) - from !== end - start) return false;
    for (let i = start; i < end; i += 1) if (bytes[i] !== this.#names[from + i - start]) return false;
    return true;
  }

  #keep(hash: number, name: Uint8Array): void {
    const start = this.#startOf(this.size);
    const end = start + name.length;
    if (end > this.#names.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#names);
      this.#names = larger;
    }
    this.#names.set(name, start);
    this.#hashes.push(hash);
    this.#ends.push(end);
  }

  #grow(): void {
    const places = new Uint32Array(2 * this.#places.length);
    const last = places.length - 1;
    for (let number = 0; number < this.size; number += 1) {
      let place = this.#hashes.at(number) & last;
      while (places[place] !== 0) place = (place + 1) & last;
      places[place] = number + 1;
    }
    this.#places = places;
  }
}

/** FNV-1a (Fowler, Noll and Vo), with the upper half mixed into the lower, from which places are taken. */
function hash32(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** A list of numbers from 0 to below 2^32 that grows: four bytes each, where an array of them would take more and be moved about. */
export class NumberList {
  #numbers = new Uint32Array(1_024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length] = number;
    this.#length += 1;
  }

  at(index: number): number {
    return this.#numbers[index] as number;
  }

  set(index: number, number: number): void {
    this.#numbers[index] = number;
  }
}

/** How many there are of each type. */
export class TypeCounts {
  readonly #types = new NameTable();
  readonly #counts = new NumberList();

  add(type: Span): void {
    const number = this.#types.numberOf(type);
    if (number === this.#counts.length) this.#counts.push(0);
    this.#counts.set(number, this.#counts.at(number) + 1);
  }

  /** As plain data. A type called `__proto__` would name no property of a plain object, so it is told in brackets. */
  totals(): Record<string, number> {
    const counted: Record<string, number> = {};
    for (let number = 0; number < this.#types.size; number += 1) {
      const type = this.#types.nameOf(number);
      counted[type === "__proto__" ? "(__proto__)" : type] = this.#counts.at(number);
    }
    return counted;
  }
}
