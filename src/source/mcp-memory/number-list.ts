/**
 * A growing list of whole numbers from 0 to below 2^32. An ordinary array takes eight bytes for each and is copied by the garbage
 * collector: 100 MB more for a million entities with four relations each.
 */
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

  /** The numbers themselves, not a copy of them. */
  values(): Uint32Array {
    return this.#numbers.subarray(0, this.#length);
  }
}
