import type { Counter } from "@opentelemetry/api";
import type { Clock } from "../../clock.ts";
import { untilAborted, Wait } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Alert } from "../record.ts";
import { Refused, type Sink, type SinkReport } from "./sink.ts";

/** Alerts that wait at most; the oldest goes first. */
const MOST_WAITING = 10_000;

/** Alerts in one request. */
const MOST_AT_ONCE = 256;

/** How long one send may take. */
const DEADLINE_MS = 10_000;

/** Waits between tries: the first, and the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** A clock wants to know when a sleep ends. */
const LONGEST_IDLE_MS = 3_600_000;

/** A resolved alert is told again for as long, since the receiver may have missed it. */
const RESOLVED_AGAIN_MS = 300_000;

interface Resolved {
  readonly alert: Alert;
  readonly atMs: number;
}

/**
 * Brings alerts to one sink: in the order they changed, each as it stands when it is sent, again and again until it has arrived. So a
 * sink that was away misses nothing that still holds, and what has fired and resolved in the meantime is told as resolved.
 */
export class Delivery {
  readonly sink: Sink;
  readonly #clock: Clock;
  readonly #notifications: Counter;
  /** By fingerprint, what has not arrived yet. */
  readonly #pending = new Map<string, Alert>();
  /** What fires and may be told, as it is now. */
  readonly #firing: () => readonly Alert[];
  /** By fingerprint, what was resolved lately and is told again. */
  readonly #resolved = new Map<string, Resolved>();
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | undefined;
  #report: Omit<SinkReport, "name" | "target" | "pending"> = {
    sent: 0,
    failures: 0,
    consecutiveFailures: 0,
    dropped: 0,
    lastSuccess: null,
    lastError: null,
  };

  /** @param firing what fires and may be told, as it is now: for a sink that is told again */
  constructor(sink: Sink, clock: Clock, notifications: Counter, firing: () => readonly Alert[]) {
    this.sink = sink;
    this.#firing = firing;
    this.#clock = clock;
    this.#notifications = notifications;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Takes alerts that changed; they are sent together. */
  tell(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      this.#pending.delete(alert.fingerprint);
      this.#pending.set(alert.fingerprint, alert);
      if (alert.state === "resolved" && this.sink.resendMs !== undefined)
        this.#resolved.set(alert.fingerprint, { alert, atMs: this.#clock.monotonicMs() });
    }
    dropOldest(this.#resolved, MOST_WAITING);
    const dropped = dropOldest(this.#pending, MOST_WAITING);
    if (dropped > 0) this.#drop(dropped);
    this.#wake.abort();
  }

  report(): SinkReport {
    return { name: this.sink.name, target: this.sink.target, ...this.#report, pending: this.#pending.size };
  }

  /** Sends what waits once more, and ends. Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping.abort(new Error("the collector is stopping"));
    this.#wake.abort();
    await this.#running;
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    // A sink that takes nothing now is not asked again.
    while (this.#pending.size > 0 && (await this.#send(endMs - this.#clock.monotonicMs())));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { resendMs = Number.POSITIVE_INFINITY } = this.sink;
    let againMs = this.#clock.monotonicMs() + resendMs;
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      if (this.#clock.monotonicMs() >= againMs) {
        this.#tellAgain();
        againMs = this.#clock.monotonicMs() + resendMs;
      }
      if (this.#pending.size === 0) await this.#idle(againMs);
      else if (await this.#send(DEADLINE_MS, signal)) waitMs = FIRST_WAIT_MS;
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

  #tellAgain(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [fingerprint, { alert, atMs }] of this.#resolved) {
      if (nowMs - atMs > RESOLVED_AGAIN_MS) this.#resolved.delete(fingerprint);
      else this.#pending.set(fingerprint, alert);
    }
    for (const alert of this.#firing()) this.#pending.set(alert.fingerprint, alert);
  }

  /** Sends what waits longest; whether it arrived or never will. */
  async #send(timeoutMs: number, stopping?: AbortSignal): Promise<boolean> {
    const alerts = [...this.#pending.values().take(MOST_AT_ONCE)];
    const expired = (): Error => new Error(`no answer within ${timeoutMs} ms`);
    using wait = new Wait(this.#clock, this.#clock.monotonicMs() + timeoutMs, expired);
    const abort = (): void => wait.end(new Error("the collector is stopping"));
    stopping?.addEventListener("abort", abort, { once: true });
    try {
      await untilAborted(this.sink.send(alerts, wait.signal), wait.signal);
      this.#settle(alerts);
      this.#count("success", alerts.length);
      const lastSuccess = new Date(this.#clock.wallMs()).toISOString();
      this.#report = { ...this.#report, sent: this.#report.sent + alerts.length, consecutiveFailures: 0, lastSuccess };
      return true;
    } catch (error) {
      // A stop is nobody's failure: what waits is tried once more.
      if (stopping?.aborted) return false;
      const { failures, consecutiveFailures } = this.#report;
      const lastError = messageOf(error);
      this.#report = { ...this.#report, failures: failures + 1, consecutiveFailures: consecutiveFailures + 1, lastError };
      this.#count("failed", alerts.length);
      if (!(error instanceof Refused)) return false;
      this.#settle(alerts);
      this.#drop(alerts.length);
      return true;
    } finally {
      stopping?.removeEventListener("abort", abort);
    }
  }

  /** What has changed since it was sent still waits. */
  #settle(alerts: readonly Alert[]): void {
    for (const alert of alerts) if (this.#pending.get(alert.fingerprint) === alert) this.#pending.delete(alert.fingerprint);
  }

  #drop(count: number): void {
    this.#report = { ...this.#report, dropped: this.#report.dropped + count };
    this.#count("dropped", count);
  }

  #count(outcome: "success" | "failed" | "dropped", count: number): void {
    this.#notifications.add(count, { "vitals.sink.name": this.sink.name, "vitals.outcome": outcome });
  }
}

/** @returns how many had to go */
function dropOldest(waiting: Map<string, unknown>, most: number): number {
  const tooMany = Math.max(0, waiting.size - most);
  for (const key of waiting.keys().take(tooMany)) waiting.delete(key);
  return tooMany;
}
