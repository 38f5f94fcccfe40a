import { quantile } from "./quantile.ts";
import { trendOf, type Trend } from "./trend.ts";

/** Capacity and spacing: 48 numbers at least ten seconds apart are eight minutes. */
const CAPACITY = 48;
const SPACING_MS = 10_000;

/** The latest numbers of one quantity, for its trend and its quantiles. */
export class TrendRecord {
  readonly #atMs: number[] = [];
  readonly #values: number[] = [];

  /** Adds a number, unless it is undefined or the last one was added less than ten seconds ago. */
  add(value: number | undefined, nowMs: number): void {
    if (value === undefined || nowMs - (this.#atMs.at(-1) ?? Number.NEGATIVE_INFINITY) < SPACING_MS) return;
    this.#atMs.push(nowMs);
    this.#values.push(value);
    if (this.#values.length <= CAPACITY) return;
    this.#atMs.shift();
    this.#values.shift();
  }

  /** The `q`-quantile of the numbers; undefined of none. */
  quantile(q: number): number | undefined {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted.length === 0 ? undefined : quantile(sorted, q);
  }

  /** Undefined with fewer than eight numbers. */
  get trend(): Trend | undefined {
    return trendOf({ atMs: this.#atMs, values: this.#values });
  }
}
