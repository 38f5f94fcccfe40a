/** Steps of work between two readings of the clock, which take well below a millisecond. */
const STEPS_PER_CHECK = 65_536;

/** One task's share of a budget. */
export interface Allowance {
  /** Counts steps of work that were done. True once the time has run out. */
  isUsedUp(steps: number): boolean;
}

/** Time shared by several tasks: each may use an equal share of what the previous ones left, so that none can starve the others. */
export class Budget {
  readonly #endMs: number;
  readonly #monotonicMs: () => number;
  #tasks: number;

  /** @param tasks how many tasks share the time */
  constructor(budgetMs: number, tasks: number, monotonicMs: () => number) {
    this.#endMs = monotonicMs() + budgetMs;
    this.#monotonicMs = monotonicMs;
    this.#tasks = tasks;
  }

  /** The share of the next task; undefined if no time is left. */
  next(): Allowance | undefined {
    const nowMs = this.#monotonicMs();
    const leftMs = this.#endMs - nowMs;
    const untilMs = nowMs + leftMs / this.#tasks;
    this.#tasks -= 1;
    if (leftMs <= 0) return undefined;
    let steps = 0;
    return {
      isUsedUp: (more) => {
        steps += more;
        if (steps < STEPS_PER_CHECK) return false;
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
