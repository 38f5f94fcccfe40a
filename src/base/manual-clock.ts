import type { Clock } from "./clock.ts";

/** When a `ManualClock` starts. */
export interface ManualClockOptions {
  /** Wall time at the start, in milliseconds since the Unix epoch. Default: 2026-01-01T00:00:00Z. */
  readonly wallMs?: number;
  /** Monotonic time at the start, in milliseconds. Default: 1 000 000. */
  readonly monotonicMs?: number;
}

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

const START = { wallMs: Date.UTC(2026, 0, 1), monotonicMs: 1_000_000 };

/** A clock for tests: time passes only when the test advances it, so a simulated hour takes milliseconds. */
export class ManualClock implements Required<Clock> {
  readonly #sleepers = new Set<Sleeper>();
  #monotonicMs: number;
  #wallOffsetMs: number;
  #suspendedMs = 0;

  /** @param options times at the start */
  constructor({ wallMs = START.wallMs, monotonicMs = START.monotonicMs }: ManualClockOptions = {}) {
    this.#monotonicMs = monotonicMs;
    this.#wallOffsetMs = wallMs - monotonicMs;
  }

  /** As in `Clock`. */
  wallMs(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  /** As in `Clock`: grows by `advance` and `block` only. */
  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** As in `Clock`: the sum of all `suspend`. */
  suspendedMs(): number {
    return this.#suspendedMs;
  }

  /** As in `Clock`: resolves when the test has advanced to `monotonicMs`, or as soon as `signal` aborts. */
  sleepUntil(monotonicMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || monotonicMs <= this.#monotonicMs) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { untilMs: monotonicMs, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /**
   * Lets `ms` milliseconds pass. Wakes each sleeper at its time, earliest first, and lets the promises it settles run before time goes on.
   * Work that waits for real input or output is not waited for.
   */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#monotonicMs + ms;
    await settle();
    for (let next = this.#earliest(targetMs); next; next = this.#earliest(targetMs)) {
      this.#monotonicMs = Math.max(this.#monotonicMs, next.untilMs);
      next.wake();
      await settle();
    }
    this.#monotonicMs = Math.max(this.#monotonicMs, targetMs);
  }

  /** Lets `ms` milliseconds pass at once without waking anyone, as when the event loop is blocked. */
  block(ms: number): void {
    this.#monotonicMs += ms;
  }

  /** Suspends the process for `ms` milliseconds: the wall clock runs on, monotonic time stands still, and no sleeper wakes. */
  suspend(ms: number): void {
    this.#suspendedMs += ms;
    this.#wallOffsetMs += ms;
  }

  /** Steps the wall clock by `ms` milliseconds, forwards or backwards, as NTP or an operator does. Monotonic time is unaffected. */
  stepWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  #earliest(untilMs: number): Sleeper | undefined {
    let earliest: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.untilMs <= untilMs && (!earliest || sleeper.untilMs < earliest.untilMs)) earliest = sleeper;
    }
    return earliest;
  }
}

/** Lets everything run that waits for a settled promise. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
