/** Steps of work between two looks at the clock: well below a millisecond. */
const STEPS_BETWEEN_LOOKS = 65_536;

/** One piece of work's part of a budget. */
export interface Allowance {
  /** Notes steps of work just done. True once the time is up. */
  isUsedUp(steps: number): boolean;
}

/** Time that several pieces of work share: each may use an equal part of what those before it left, so none can starve all others. */
export class Budget {
  readonly #endMs: number;
  readonly #monotonicMs: () => number;
  #pieces: number;

  /** @param pieces how many pieces of work will ask */
  constructor(budgetMs: number, pieces: number, monotonicMs: () => number) {
    this.#endMs = monotonicMs() + budgetMs;
    this.#monotonicMs = monotonicMs;
    this.#pieces = pieces;
  }

  /** The next piece's part; undefined when nothing is left. */
  next(): Allowance | undefined {
    const nowMs = this.#monotonicMs();
    const leftMs = this.#endMs - nowMs;
    const untilMs = nowMs + leftMs / this.#pieces;
    this.#pieces -= 1;
    if (leftMs <= 0) return undefined;
    let steps = 0;
    return {
      isUsedUp: (more) => {
        steps += more;
        if (steps < STEPS_BETWEEN_LOOKS) return false;
        steps = 0;
        return this.#monotonicMs() > untilMs;
      },
    };
  }
}

/** A measure, and whether it is exact. */
export interface Measured {
  readonly value: number;
  readonly exact: boolean;
}
