import { RunningTime } from "./suspension.ts";

/**
 * The only source of time. Durations, schedules and windows use `monotonicMs`, which never steps; `wallMs` is only for timestamps that
 * are shown. Tests inject a simulated clock, so that no test sleeps.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; may step in both directions. */
  wallMs(): number;
  /** Milliseconds since an arbitrary origin, with fractions; never steps, and stands still while the process is suspended. */
  monotonicMs(): number;
  /**
   * Milliseconds that the process has been suspended for so far, which `monotonicMs` leaves out. Default: never suspended.
   */
  suspendedMs?(): number;
  /** Resolves once `monotonicMs()` has reached the given time, or as soon as `signal` aborts; never rejects. */
  sleepUntil(monotonicMs: number, signal: AbortSignal): Promise<void>;
}

/** Monotonic time that runs on while the process is suspended, in milliseconds: for rates of what happens outside of the process. */
export const elapsedMs = (clock: Clock): number => clock.monotonicMs() + (clock.suspendedMs?.() ?? 0);

/** Node's timers take a signed 32-bit delay; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const running = new RunningTime();

/**
 * The machine's clock. Its monotonic time stands still while the process or the machine is suspended. Its timers do not keep the process
 * alive: that is up to the program.
 */
export const systemClock: Required<Clock> = {
  wallMs: () => Date.now(),
  monotonicMs: () => running.nowMs,
  suspendedMs: () => running.suspendedMs,
  async sleepUntil(monotonicMs, signal) {
    let remaining = monotonicMs - running.nowMs;
    if (remaining <= 0 || signal.aborted) return;
    const woken = running.expectWake(monotonicMs);
    // After a suspension the timer fires too early; whether it was one, the next poll for events may have to decide.
    for (; (remaining > 0 || running.isDoubtful) && !signal.aborted; remaining = monotonicMs - running.nowMs) {
      await sleep(running.isDoubtful ? 0 : Math.min(remaining, MAX_TIMER_MS), signal);
    }
    woken();
  },
};

/**
 * Settles like `work`, and keeps the process alive until then. What waits on a clock alone has to be awaited like this: the clock's timers
 * do not keep the process alive, which would exit in the middle of the `await` if there is nothing else to do.
 */
export async function keepAlive<T>(work: Promise<T>): Promise<T> {
  const hold = setInterval(() => {}, MAX_TIMER_MS);
  try {
    return await work;
  } finally {
    clearInterval(hold);
  }
}

/**
 * Resolves after the next poll for events. After a suspension or a block many timers are due at once, and so is what arrived meanwhile:
 * responses that a deadline must not cut off, and the ends of connections that the next request must not reuse.
 */
function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    // Rounded up, because Node truncates fractions, and a sleep that ends early would only be followed by another.
    const timer = setTimeout(() => setImmediate(done), Math.ceil(delayMs)).unref();
    signal.addEventListener("abort", done, { once: true });
  });
}
