/** What an independent receiver knows of a collection's ticks. */
export interface TickAccount {
  /** Ticks that were due from the first sample to the newest. */
  readonly due: number;
  /** Ticks of which a sample arrived, whatever its outcome. */
  readonly accounted: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Ticks of which a second sample arrived: a crash lost the first, which the receiver had seen, and the tick counts as missed then. */
  readonly twice: number;
  /** Longest time from when a tick was due to its sample, in milliseconds. */
  readonly latestMs: number;
}

export interface ReceivedSample {
  readonly collection: string;
  /** ISO 8601. */
  readonly time: string;
  readonly outcome: string;
  readonly error?: { readonly message: string };
}

/** Whether it stands for a tick at which no process ran. These continue the grid of the process before. */
export const isOfOutage = ({ error, outcome }: ReceivedSample): boolean =>
  outcome === "missed" && error?.message.includes("the collector did not run") === true;

/** A tick runs at most this share of its interval late. */
const MAX_LATENESS = 0.5;
/** This share of the interval is what the clocks may be apart. */
const EARLY = 0.25;
/** Share of a small deviation by which the grid follows it: the wall clock is adjusted while the monotonic one is not. */
const FOLLOW = 0.05;

/**
 * Counts a collection's ticks by the times of its samples alone: in one process they lie on a grid, up to half an interval late. A process
 * that starts has a new grid, which begins at most two intervals behind the newest sample.
 */
export class TickLedger {
  readonly #intervalMs: number;
  readonly #outcomes: Record<string, number> = {};
  /** When processes started of which no sample has arrived, oldest first. */
  #starts: number[] = [];
  #dueMs = Number.NaN;
  #due = 0;
  #accounted = 0;
  #twice = 0;
  #latestMs = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get account(): TickAccount {
    return {
      due: this.#due,
      accounted: this.#accounted,
      outcomes: this.#outcomes,
      twice: this.#twice,
      latestMs: this.#latestMs,
    };
  }

  /** A process has started. @param wallMs before its first tick */
  started(wallMs: number): void {
    this.#starts.push(wallMs);
  }

  /** The next sample that has arrived. */
  add(sample: ReceivedSample): void {
    const { outcome, time } = sample;
    const atMs = Date.parse(time);
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    if (Number.isNaN(this.#dueMs)) this.#take(1, atMs);
    else if (!isOfOutage(sample) && this.#starts[0] !== undefined && atMs > this.#starts[0]) {
      this.#starts = this.#starts.filter((startMs) => startMs >= atMs);
      this.#take(Math.max(1, Math.ceil((atMs - this.#dueMs) / this.#intervalMs - 2 - MAX_LATENESS) + 1), atMs);
    } else {
      const intervals = (atMs - this.#dueMs) / this.#intervalMs;
      const ticks = intervals < 1 && intervals >= 1 - MAX_LATENESS ? 1 : Math.floor(intervals + EARLY);
      if (ticks <= 0) this.#twice += 1;
      // One that is early shows that those before were late. The ticks of an outage have a grid of their own.
      else this.#take(ticks, isOfOutage(sample) ? atMs : Math.min(this.#dueMs + ticks * this.#intervalMs, atMs));
      const lateMs = atMs - this.#dueMs;
      if (ticks > 0) this.#latestMs = Math.max(this.#latestMs, lateMs);
      if (ticks > 0 && lateMs < this.#intervalMs / 10) this.#dueMs += lateMs * FOLLOW;
    }
  }

  #take(ticks: number, dueMs: number): void {
    this.#due += ticks;
    this.#accounted += 1;
    this.#dueMs = dueMs;
  }
}
