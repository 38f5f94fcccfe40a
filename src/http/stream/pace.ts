/** Of the time between two samples, how much earlier one may come: ticks are never quite on time. */
const EARLY = 0.1;

/** Samples a second for one client, over all its collections together. */
export class Pace {
  readonly #betweenMs: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(maxRate: number) {
    this.#betweenMs = 1_000 / maxRate;
  }

  /** Whether a sample may be sent now. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs - this.#betweenMs * EARLY;
  }

  /** A sample was sent. The next is due at its place on the grid, so that coming early is no gain for ever. */
  spend(nowMs: number): void {
    this.#dueMs = Math.max(this.#dueMs, nowMs) + this.#betweenMs;
  }
}
