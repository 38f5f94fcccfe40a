/** The value of a histogram's data point. The SDK's type has the same shape. */
export interface HistogramValue {
  readonly buckets: { readonly boundaries: number[]; readonly counts: number[] };
  readonly sum: number;
  readonly count: number;
  readonly min?: number;
  readonly max?: number;
}

/** Counts by bucket; a bucket includes its upper boundary. */
export class Buckets {
  readonly #boundaries: number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(boundaries: number[]) {
    this.#boundaries = boundaries;
    this.#counts = Array.from({ length: boundaries.length + 1 }, () => 0);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  record(value: number): void {
    let bucket = 0;
    while (bucket < this.#boundaries.length && value > (this.#boundaries[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  value(): HistogramValue {
    const buckets = { boundaries: this.#boundaries, counts: [...this.#counts] };
    return { buckets, sum: this.#sum, count: this.#count, min: this.#min, max: this.#max };
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#min = Infinity;
    this.#max = -Infinity;
  }
}
