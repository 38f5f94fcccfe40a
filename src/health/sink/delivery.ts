import type { Counter } from "@opentelemetry/api";
import type { Clock } from "../../base/clock.ts";
import { untilAborted, Deadline } from "../../base/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import type { Backlog } from "./backlog.ts";
import { Refused, type Sink, type SinkReport } from "./sink.ts";

/** Sent in one request, unless the sink says otherwise. */
const MOST_AT_ONCE = 256;

/** How long one send may take, unless the sink says otherwise. */
const DEADLINE_MS = 10_000;

/** Waits between tries: the first, and the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** A clock wants to know when a sleep ends. */
const LONGEST_IDLE_MS = 3_600_000;

/** Brings what waits to one sink, in its order, again and again until it has arrived: a sink that was away misses nothing that still holds. */
export class Delivery<T> {
  readonly sink: Sink<T>;
  readonly #clock: Clock;
  readonly #notifications: Counter;
  readonly #backlog: Backlog<T>;
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  /** When the last send began. */
  #beganMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #report: Omit<SinkReport, "name" | "target" | "pending"> = {
    sent: 0,
    failures: 0,
    consecutiveFailures: 0,
    dropped: 0,
    lastSuccess: null,
    lastError: null,
  };

  constructor(sink: Sink<T>, backlog: Backlog<T>, clock: Clock, notifications: Counter) {
    this.sink = sink;
    this.#backlog = backlog;
    this.#clock = clock;
    this.#notifications = notifications;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Takes what changed together. */
  tell(items: readonly T[]): void {
    const dropped = this.#backlog.add(items);
    if (dropped > 0) this.#drop(dropped);
    this.#wake.abort();
  }

  report(): SinkReport {
    return { name: this.sink.name, target: this.sink.target, ...this.#report, pending: this.#backlog.size };
  }

  /** Sends what waits once more, and ends. Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping.abort(new Error("the collector is stopping"));
    this.#wake.abort();
    await this.#running;
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    // A sink that takes nothing now is not asked again.
    while (this.#backlog.size > 0 && (await this.#send(endMs - this.#clock.monotonicMs())));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { resendMs = Number.POSITIVE_INFINITY } = this.sink;
    let againMs = this.#clock.monotonicMs() + resendMs;
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      if (this.#clock.monotonicMs() >= againMs) {
        this.#backlog.repeat();
        againMs = this.#clock.monotonicMs() + resendMs;
      }
      if (this.#backlog.size === 0) await this.#idle(againMs);
      else if (await this.#sendInTime(signal)) waitMs = FIRST_WAIT_MS;
      else {
        // Half of it by chance, so that many collectors do not come back to a receiver all at once.
        await this.#clock.sleepUntil(this.#clock.monotonicMs() + waitMs * (0.5 + Math.random() / 2), signal);
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  }

  /** Waits for something to send. */
  async #idle(untilMs: number): Promise<void> {
    this.#wake = new AbortController();
    if (this.#stopping.signal.aborted) return;
    await this.#clock.sleepUntil(Math.min(untilMs, this.#clock.monotonicMs() + LONGEST_IDLE_MS), this.#wake.signal);
  }

  /** Sends once it is time; what comes meanwhile goes with it. */
  async #sendInTime(stopping: AbortSignal): Promise<boolean> {
    const { everyMs = 0, deadlineMs = DEADLINE_MS } = this.sink.pace ?? {};
    await this.#clock.sleepUntil(this.#beganMs + everyMs, stopping);
    return !stopping.aborted && this.#send(deadlineMs, stopping);
  }

  /** Sends what waits longest; whether it arrived or never will. */
  async #send(timeoutMs: number, stopping?: AbortSignal): Promise<boolean> {
    this.#beganMs = this.#clock.monotonicMs();
    const items = this.#backlog.next(this.sink.pace?.batch ?? MOST_AT_ONCE);
    const expired = (): Error => new Error(`no answer within ${timeoutMs} ms`);
    using wait = new Deadline(this.#clock, this.#clock.monotonicMs() + timeoutMs, expired);
    const abort = (): void => wait.end(new Error("the collector is stopping"));
    stopping?.addEventListener("abort", abort, { once: true });
    try {
      await untilAborted(this.sink.send(items, wait.signal), wait.signal);
      this.#backlog.settle(items);
      this.#count("success", items.length);
      const lastSuccess = new Date(this.#clock.wallMs()).toISOString();
      this.#report = { ...this.#report, sent: this.#report.sent + items.length, consecutiveFailures: 0, lastSuccess };
      return true;
    } catch (error) {
      // A stop is nobody's failure: what waits is tried once more.
      if (stopping?.aborted) return false;
      const { failures, consecutiveFailures } = this.#report;
      const lastError = messageOf(error);
      this.#report = { ...this.#report, failures: failures + 1, consecutiveFailures: consecutiveFailures + 1, lastError };
      this.#count("failed", items.length);
      if (!(error instanceof Refused)) return false;
      this.#backlog.settle(items);
      this.#drop(items.length);
      return true;
    } finally {
      stopping?.removeEventListener("abort", abort);
    }
  }

  #drop(count: number): void {
    this.#report = { ...this.#report, dropped: this.#report.dropped + count };
    this.#count("dropped", count);
  }

  #count(outcome: "success" | "failed" | "dropped", count: number): void {
    this.#notifications.add(count, { "vitals.sink.name": this.sink.name, "vitals.outcome": outcome });
  }
}
