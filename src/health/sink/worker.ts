import type { Counter } from "@opentelemetry/api";
import type { Clock } from "../../base/clock.ts";
import { untilAborted, Deadline } from "../../base/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import { duration } from "../../base/quantity.ts";
import type { Backlog } from "./backlog.ts";
import { isSinkRefusal, type Sink, type SinkReport } from "./sink.ts";

/** Items in one request, unless the sink sets another maximum. */
const DEFAULT_BATCH = 256;

/** Deadline of one request, unless the sink sets another. */
const DEFAULT_DEADLINE_MS = 10_000;

/** Waits between retries: the first, doubled each time up to the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Shortest wait between retries while something is about to expire at the receiver. */
const SHORTEST_WAIT_MS = 100;

/** A clock needs an end for every sleep. */
const LONGEST_IDLE_MS = 3_600_000;

export interface WorkerSettings {
  readonly clock: Clock;
  /** Counts what was sent, by outcome. */
  readonly notifications: Counter;
  /** Where the backlog is saved before anything of it is sent. Default: nowhere. */
  readonly log?: BacklogLog | undefined;
}

/** Where the backlogs are saved, so that a restart loses and repeats nothing. */
export interface BacklogLog {
  /** What is pending has changed. */
  changed(): void;
  /** Resolves once it is saved as it is now, or cannot be saved for the time being. Never rejects. */
  saved(): Promise<void>;
}

/** Sends a backlog to one sink in order, with retries until each item is delivered, refused or replaced by a newer state. */
export class SinkWorker<T> {
  #sink: Sink<T>;
  readonly #clock: Clock;
  readonly #notifications: Counter;
  readonly #backlog: Backlog<T>;
  readonly #log: BacklogLog | undefined;
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  /** Aborted to retry at once. */
  #retry = new AbortController();
  #lastSendMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  #report: Omit<SinkReport, "name" | "target" | "pending"> = {
    sent: 0,
    failures: 0,
    consecutiveFailures: 0,
    dropped: 0,
    lastSuccess: null,
    lastError: null,
  };

  constructor(sink: Sink<T>, backlog: Backlog<T>, { clock, notifications, log }: WorkerSettings) {
    this.#sink = sink;
    this.#log = log;
    this.#backlog = backlog;
    this.#clock = clock;
    this.#notifications = notifications;
  }

  get sink(): Sink<T> {
    return this.#sink;
  }

  /** From now on it sends by this sink of the same name, at once if it waits for a retry. A request in flight ends as it began. */
  replace(sink: Sink<T>): void {
    this.#sink = sink;
    this.#retry.abort();
    this.#wake.abort();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Adds items that changed together. */
  enqueue(items: readonly T[]): void {
    const dropped = this.#backlog.add(items);
    if (dropped > 0) this.#drop(dropped);
    this.#log?.changed();
    this.#wake.abort();
  }

  /** Sends again what is due, after these components, or all, were evaluated. */
  evaluated(components: readonly string[] | undefined): void {
    this.#backlog.resend(components);
    if (this.#backlog.size > 0) this.#wake.abort();
  }

  report(): SinkReport {
    return { name: this.#sink.name, target: this.#sink.target, ...this.#report, pending: this.#backlog.size };
  }

  /** What is pending, and what is known of the receiver, as JSON data. */
  save(nowMs: number): unknown {
    return this.#backlog.save(nowMs);
  }

  /** Continues from what was saved at the monotonic time `savedMs`. Call it before `start`. */
  restore(saved: unknown, savedMs: number): void {
    this.#backlog.restore(saved, savedMs);
  }

  /** Ends the loop, and drops what is pending. @returns how many items */
  discard(): number {
    const dropped = this.#backlog.size;
    if (dropped > 0) this.#drop(dropped);
    this.#end("the sink was removed");
    return dropped;
  }

  /** Ends the loop, then sends what is pending within `timeoutMs`; gives up at the first failure. Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    this.#end("the collector is stopping");
    await this.#running;
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    while (this.#backlog.size > 0 && (await this.#send(endMs - this.#clock.monotonicMs())));
  }

  #end(reason: string): void {
    this.#stopping.abort(new Error(reason));
    this.#wake.abort();
    this.#retry.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      if (this.#backlog.size === 0) {
        await this.#idle();
        continue;
      }
      // Before the request, during which the sink can be replaced.
      this.#retry = new AbortController();
      if (await this.#sendPaced(signal)) waitMs = FIRST_WAIT_MS;
      else {
        await this.#clock.sleepUntil(this.#retryMs(waitMs), this.#retry.signal);
        waitMs = this.#retry.signal.aborted ? FIRST_WAIT_MS : Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  }

  /** When to retry: after the wait, or halfway to the time at which the receiver would take something as ended. */
  #retryMs(waitMs: number): number {
    const nowMs = this.#clock.monotonicMs();
    const { expiresMs = Number.POSITIVE_INFINITY } = this.#backlog;
    // Half of the wait is jitter, so that many collectors do not retry at the same time.
    return nowMs + Math.min(waitMs * (0.5 + Math.random() / 2), Math.max(SHORTEST_WAIT_MS, (expiresMs - nowMs) / 2));
  }

  async #idle(): Promise<void> {
    this.#wake = new AbortController();
    if (this.#stopping.signal.aborted) return;
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + LONGEST_IDLE_MS, this.#wake.signal);
  }

  /** Waits for the sink's pace, then sends; items enqueued meanwhile are included. */
  async #sendPaced(stopping: AbortSignal): Promise<boolean> {
    const { everyMs = 0, deadlineMs = DEFAULT_DEADLINE_MS } = this.#sink.pace ?? {};
    await this.#clock.sleepUntil(this.#lastSendMs + everyMs, stopping);
    // Sent before it is saved, it would be sent again after a crash.
    await this.#log?.saved();
    return !stopping.aborted && this.#send(deadlineMs, stopping);
  }

  /** Sends the oldest batch. True when it was delivered or refused, so that the next batch may be sent at once. */
  async #send(timeoutMs: number, stopping?: AbortSignal): Promise<boolean> {
    this.#lastSendMs = this.#clock.monotonicMs();
    const items = this.#backlog.next(this.#sink.pace?.batch ?? DEFAULT_BATCH);
    const expired = (): Error => new Error(`no response within ${duration(timeoutMs)}`);
    using deadline = new Deadline(this.#clock, this.#clock.monotonicMs() + timeoutMs, expired);
    const abort = (): void => deadline.end(new Error("the collector is stopping"));
    stopping?.addEventListener("abort", abort, { once: true });
    try {
      await untilAborted(this.#sink.send(items, deadline.signal), deadline.signal);
      this.#backlog.remove(items);
      this.#log?.changed();
      this.#count("success", items.length);
      const lastSuccess = new Date(this.#clock.wallMs()).toISOString();
      this.#report = { ...this.#report, sent: this.#report.sent + items.length, consecutiveFailures: 0, lastSuccess };
      return true;
    } catch (error) {
      // A send that a stop interrupts is not a failure: its items are sent once more by `stop`.
      if (stopping?.aborted) return false;
      const { failures, consecutiveFailures } = this.#report;
      const lastError = messageOf(error);
      this.#report = { ...this.#report, failures: failures + 1, consecutiveFailures: consecutiveFailures + 1, lastError };
      this.#count("failed", items.length);
      if (!isSinkRefusal(error)) return false;
      this.#backlog.remove(items);
      this.#log?.changed();
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
    this.#notifications.add(count, { "vitals.sink.name": this.#sink.name, "vitals.outcome": outcome });
  }
}
