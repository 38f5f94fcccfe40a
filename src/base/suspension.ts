/**
 * A span in which the process did not run is a suspension from this length on. A shorter one is indistinguishable from a machine that is
 * busy with other processes.
 */
export const MIN_SUSPENSION_MS = 1_000;

/** What is known about the process and the event loop of this thread. Times are cumulative milliseconds. */
export interface ProcessTimes {
  /** Time since an arbitrary origin. About 0.1 µs. */
  readonly nowMs: () => number;
  /** Time that the event loop has waited for events. About 0.05 µs. */
  readonly idleMs: () => number;
  /** CPU time used. About 1 µs. */
  readonly cpuMs: () => number;
  /** Calls a function whenever a signal continues the process, at the next poll for events. */
  readonly onContinued: (listener: () => void) => void;
  /** Calls a function once after a poll for events. */
  readonly afterPoll: (act: () => void) => void;
}

const processTimes: ProcessTimes = {
  nowMs: () => performance.now(),
  idleMs: () => performance.eventLoopUtilization().idle,
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  onContinued: (listener) => void process.on("SIGCONT", listener),
  // The first one may run before the next poll.
  afterPoll: (act) => void setImmediate(() => setImmediate(act)),
};

/** A time at which a timer wakes the event loop. */
interface Wake {
  readonly atMs: number;
}

/**
 * Time without the spans in which the process was suspended: stopped by a signal, frozen with its container, or asleep with its machine
 * if the machine's clock runs on meanwhile. A blocked event loop is not suspended.
 *
 * - An event loop waits for events until its earliest timer is due. If it waited longer, the process was not running: the excess is a
 *   suspension. Its part before the timer was due cannot be distinguished from normal waiting.
 * - If a suspension starts while the loop runs code, it looks like a block that uses no CPU, as by `execSync`. It is taken for a suspension
 *   until the next poll for events, which delivers the signal that continued the process. Without that signal it was a block, and
 *   its length is added again. Code that blocks without using CPU and measures itself in the same turn of the loop thus finds no time
 *   passed; and a freeze that starts while code runs counts as a block, because it ends without a signal.
 */
export class RunningTime {
  readonly #times: ProcessTimes;
  readonly #wakes = new Set<Wake>();
  #isListening = false;
  #suspendedMs = 0;
  /** Length of the latest suspension while it may have been a block; otherwise 0. */
  #doubtfulMs = 0;
  /** Clock, and waiting of the loop, when time was last read; CPU time at the latest `expectWake`. */
  #readMs: number;
  #readIdleMs: number;
  #cpuMs = 0;

  /** @param times Default: those of this process and thread */
  constructor(times: ProcessTimes = processTimes) {
    this.#times = times;
    this.#readMs = times.nowMs();
    this.#readIdleMs = times.idleMs();
  }

  /** Milliseconds since an arbitrary origin, without suspensions; never steps back. */
  get nowMs(): number {
    const nowMs = this.#times.nowMs();
    const idleMs = this.#times.idleMs();
    if (nowMs - this.#readMs > MIN_SUSPENSION_MS) this.#judge(nowMs - this.#readMs, idleMs - this.#readIdleMs);
    this.#readMs = nowMs;
    this.#readIdleMs = idleMs;
    return nowMs - this.#suspendedMs;
  }

  /** Total length of all suspensions that are certain, in milliseconds. */
  get suspendedMs(): number {
    void this.nowMs;
    return this.#suspendedMs - this.#doubtfulMs;
  }

  /** Whether the latest suspension may turn out to be a block at the next poll: time then jumps forward by its length. */
  get isDoubtful(): boolean {
    return this.#doubtfulMs > 0;
  }

  /** Expects a timer to wake the loop at `atMs`, in time without suspensions, until the returned function is called. */
  expectWake(atMs: number): () => void {
    if (!this.#isListening) this.#times.onContinued(() => this.#continued());
    this.#isListening = true;
    this.#cpuMs = this.#times.cpuMs();
    const wake: Wake = { atMs };
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  /** Finds suspensions in the time since the last reading. */
  #judge(elapsedMs: number, idleMs: number): void {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#wakes) earliestMs = Math.min(earliestMs, atMs);
    const allowedMs = Math.max(0, earliestMs + this.#suspendedMs - this.#readMs);
    const overdueMs = idleMs - allowedMs;
    const stoodStillMs = elapsedMs - Math.max(idleMs, allowedMs) - (this.#times.cpuMs() - this.#cpuMs);
    if (overdueMs > MIN_SUSPENSION_MS) this.#suspendedMs += overdueMs;
    if (stoodStillMs > MIN_SUSPENSION_MS) this.#doubt(stoodStillMs);
  }

  #doubt(ms: number): void {
    this.#suspendedMs += ms;
    this.#doubtfulMs += ms;
    this.#times.afterPoll(() => {
      this.#suspendedMs -= this.#doubtfulMs;
      this.#doubtfulMs = 0;
    });
  }

  #continued(): void {
    void this.nowMs;
    this.#doubtfulMs = 0;
  }
}
