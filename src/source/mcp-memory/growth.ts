const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Count {
  readonly atMs: number;
  readonly count: number;
}

/** How a number changes over an hour, from one count kept for each minute. */
export class Growth {
  #counts: Count[] = [];

  /** Keeps a count, if the last one kept is a minute old. */
  record(count: number, nowMs: number): void {
    const last = this.#counts.at(-1);
    if (last && nowMs - last.atMs < MINUTE_MS) return;
    this.#counts.push({ atMs: nowMs, count });
    // The newest count that is at least an hour old is the base; those before it serve nothing.
    const base = this.#counts.findLastIndex(({ atMs }) => nowMs - atMs >= HOUR_MS);
    if (base > 0) this.#counts = this.#counts.slice(base);
  }

  /** Relative change since an hour ago, or since the start once a minute has passed; undefined before, and from zero. */
  rate(count: number, nowMs: number): number | undefined {
    const base = this.#counts.findLast(({ atMs }) => nowMs - atMs >= HOUR_MS) ?? this.#counts[0];
    if (!base || base.count === 0 || nowMs - base.atMs < MINUTE_MS) return undefined;
    return (count - base.count) / base.count;
  }
}
