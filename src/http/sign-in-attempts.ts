import type { Clock } from "../base/clock.ts";

/** Wrong tokens that a client may send at once, and the time until it may send another one. */
const BURST = 10;
const REFILL_MS = 6_000;

/** Clients whose attempts are remembered. One that is forgotten may start again. */
const MAX_CLIENTS = 10_000;

interface Account {
  readonly left: number;
  readonly atMs: number;
}

/** Limits how often each client may try to sign in: ten wrong tokens at once, then one every six seconds. */
export class SignInAttempts {
  readonly #clock: Clock;
  readonly #accounts = new Map<string, Account>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until a client may try again; 0 if it may now. */
  waitMs(address: string): number {
    const { left } = this.#accountOf(address);
    return left >= 1 ? 0 : (1 - left) * REFILL_MS;
  }

  /** Counts a wrong token. */
  failed(address: string): void {
    const { left, atMs } = this.#accountOf(address);
    this.#accounts.delete(address);
    const [oldest] = this.#accounts.keys();
    if (oldest !== undefined && this.#accounts.size >= MAX_CLIENTS) this.#accounts.delete(oldest);
    this.#accounts.set(address, { left: left - 1, atMs });
  }

  /** Forgets the wrong tokens of a client that knows the right one. */
  succeeded(address: string): void {
    this.#accounts.delete(address);
  }

  #accountOf(address: string): Account {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#accounts.get(address);
    return { left: known ? Math.min(BURST, known.left + (nowMs - known.atMs) / REFILL_MS) : BURST, atMs: nowMs };
  }
}
