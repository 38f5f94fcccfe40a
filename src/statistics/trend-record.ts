import { quantile } from "./quantile.ts";
import { trendOf, type Trend } from "./trend.ts";

/** At most so many numbers, no closer than this: eight minutes. */
const MOST = 48;
const APART_MS = 10_000;

/** The newest numbers of one thing, for its trend and its p95. */
export class TrendRecord {
  readonly #atMs: number[] = [];
  readonly #values: number[] = [];

  /** Keeps the number, if there is one and the last one is old enough. */
  add(value: number | undefined, nowMs: number): void {
    if (value === undefined || nowMs - (this.#atMs.at(-1) ?? Number.NEGATIVE_INFINITY) < APART_MS) return;
    this.#atMs.push(nowMs);
    this.#values.push(value);
    if (this.#values.length <= MOST) return;
    this.#atMs.shift();
    this.#values.shift();
  }

  /** The `q`-quantile of the numbers kept; undefined where there is none. */
  quantile(q: number): number | undefined {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted.length === 0 ? undefined : quantile(sorted, q);
  }

  /** Undefined where there is too little to tell. */
  get trend(): Trend | undefined {
    return trendOf({ atMs: this.#atMs, values: this.#values });
  }
}
