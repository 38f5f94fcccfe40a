import type { Clock } from "../../src/base/clock.ts";

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** A clock that moves only when a test says so: a simulated hour takes milliseconds. */
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

  /** Sets the wall clock forward or back, as an operator or NTP would; monotonic time goes on as before. */
  stepWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Time passes at once and nothing may run meanwhile, as when the event loop is blocked. */
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

  /** Lets `ms` pass, waking every sleeper at its moment and letting what it does settle before time goes on. */
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

/** Lets everything that waits for a promise go on. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
