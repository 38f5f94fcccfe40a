/**
 * The only source of time. Durations, schedules and windows use `monotonicMs`, which never steps; `wallMs` is only for timestamps that
 * are shown. Tests inject a simulated clock, so that no test sleeps.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; may step in both directions. */
  wallMs(): number;
  /** Milliseconds since an arbitrary origin, with fractions; never steps. */
  monotonicMs(): number;
  /** Resolves once `monotonicMs()` has reached the given time, or as soon as `signal` aborts; never rejects. */
  sleepUntil(monotonicMs: number, signal: AbortSignal): Promise<void>;
}

/** Node's timers take a signed 32-bit delay; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers do not keep the process alive: that is up to the program. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleepUntil(monotonicMs, signal) {
    let remaining = monotonicMs - performance.now();
    while (remaining > 0 && !signal.aborted) {
      await sleep(Math.min(remaining, MAX_TIMER_MS), signal);
      remaining = monotonicMs - performance.now();
    }
  },
};

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    // Rounded up, because Node truncates fractions, and a sleep that ends early would only be followed by another.
    const timer = setTimeout(done, Math.ceil(delayMs)).unref();
    signal.addEventListener("abort", done, { once: true });
  });
}
