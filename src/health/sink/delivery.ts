import type { Counter } from "@opentelemetry/api";
import type { Clock } from "../../clock.ts";
import { untilAborted, Wait } from "../../deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Alert } from "../record.ts";
import { Refused, type Sink, type SinkReport } from "./sink.ts";

/** Alerts that wait at most, and that are remembered for being told again; the oldest goes first. */
const MOST = 1_000;

/** How long one send may take. */
const DEADLINE_MS = 10_000;

/** Waits between tries: the first, and the longest. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** A resolved alert is told again for as long, since the receiver may have missed it. */
const RESOLVED_AGAIN_MS = 300_000;

interface Known {
  readonly alert: Alert;
  /** Undefined while it fires. */
  readonly resolvedMs?: number;
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
  /** By fingerprint, what is told again. */
  readonly #known = new Map<string, Known>();
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

  constructor(sink: Sink, clock: Clock, notifications: Counter) {
    this.sink = sink;
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
      if (this.sink.resendMs !== undefined) this.#remember(alert);
    }
    for (const [fingerprint] of this.#pending) {
      if (this.#pending.size <= MOST) break;
      this.#pending.delete(fingerprint);
      this.#drop(1);
    }
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
    if (this.#pending.size > 0) await this.#send(timeoutMs);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      if (this.#pending.size === 0) {
        if (await this.#idle()) this.#tellAgain();
        continue;
      }
      if (await this.#send(DEADLINE_MS, signal)) waitMs = FIRST_WAIT_MS;
      else {
        // Half of it by chance, so that many collectors do not come back to a receiver all at once.
        await this.#clock.sleepUntil(this.#clock.monotonicMs() + waitMs * (0.5 + Math.random() / 2), signal);
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  }

  /** Waits for something to send; true when it is time to tell the same again. */
  async #idle(): Promise<boolean> {
    this.#wake = new AbortController();
    if (this.#stopping.signal.aborted) return false;
    const { resendMs = LONGEST_IDLE_MS } = this.sink;
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + resendMs, this.#wake.signal);
    return !this.#wake.signal.aborted;
  }

  #tellAgain(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [fingerprint, { alert, resolvedMs }] of this.#known) {
      if (resolvedMs !== undefined && nowMs - resolvedMs > RESOLVED_AGAIN_MS) this.#known.delete(fingerprint);
      else this.#pending.set(fingerprint, alert);
    }
  }

  #remember(alert: Alert): void {
    const resolved = alert.state === "resolved" ? { resolvedMs: this.#clock.monotonicMs() } : {};
    this.#known.delete(alert.fingerprint);
    this.#known.set(alert.fingerprint, { alert, ...resolved });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Sends all that waits; whether it arrived or will never. */
  async #send(timeoutMs: number, stopping?: AbortSignal): Promise<boolean> {
    const alerts = [...this.#pending.values()];
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

/** A sink that remembers is not told again; the wait still ends some time. */
const LONGEST_IDLE_MS = 3_600_000;
