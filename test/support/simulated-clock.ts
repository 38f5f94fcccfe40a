import type { Clock } from "../../src/base/clock.ts";

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** A clock that advances only when a test advances it: a simulated hour takes milliseconds. */
export class SimulatedClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #monotonicMs = 1_000_000;
  #wallOffsetMs = Date.parse("2026-01-01T00:00:00.000Z") - 1_000_000;

  wallMs(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Sets the wall clock forward or back, as an operator or NTP would; monotonic time is not affected. */
  stepWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Advances time without running anything, as when the event loop is blocked. */
  block(ms: number): void {
    this.#monotonicMs += ms;
  }

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

  /** Advances time by `ms`; each sleeper wakes when it is due, and its promises settle before time advances further. */
  async advance(ms: number): Promise<void> {
    const target = this.#monotonicMs + ms;
    await settle();
    for (let next = this.#next(target); next; next = this.#next(target)) {
      this.#monotonicMs = Math.max(this.#monotonicMs, next.untilMs);
      next.wake();
      await settle();
    }
    this.#monotonicMs = Math.max(this.#monotonicMs, target);
  }

  #next(target: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (sleeper.untilMs <= target && (!next || sleeper.untilMs < next.untilMs)) next = sleeper;
    return next;
  }
}

/** Lets pending promises settle. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
