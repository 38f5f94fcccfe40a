import * as z from "zod";
import type { Clock } from "../../base/clock.ts";
import type { Alert } from "../record.ts";
import { savedAlert } from "../saved.ts";
import type { Backlog } from "./backlog.ts";
import type { Resend } from "./sink.ts";

/** Pending alerts at most, and resolved ones that are resent. */
const ALERT_LIMIT = 10_000;

/** A resolved alert is resent for this long, as in Prometheus, because the receiver may have missed it. */
const RESEND_RESOLVED_MS = 900_000;

/** An evaluation is on time although it comes this share of an interval early, because its reading was faster than the one before. */
const EARLY_SHARE = 0.1;
const LONGEST_EARLY_MS = 1_000;

/** What a backlog of alerts reads of the collector. */
export interface AlertWatch {
  readonly clock: Clock;
  /** The alerts of these components, or of all, that receivers hold open now, except inhibited ones. */
  readonly open: (components?: readonly string[]) => readonly Alert[];
  /** Whether the condition of a resolved alert holds again, but not for long enough yet. */
  readonly isPending: (alert: Alert) => boolean;
  /** Milliseconds between two evaluations of a component. */
  readonly intervalMs: (component: string) => number;
}

/** An alert to send, as the evaluation at `atMs` left it. */
interface Pending {
  alert: Alert;
  atMs: number;
  /** When it was resolved; undefined for a firing alert. */
  readonly resolvedMs: number | undefined;
}

interface SentFiring {
  /** Time of the evaluation whose result was sent. */
  readonly atMs: number;
  /** When the receiver takes it as ended. */
  readonly expiresMs: number;
}

interface SentResolved {
  readonly alert: Alert;
  readonly atMs: number;
  readonly resolvedMs: number;
}

const savedBacklog = z.object({
  /** In the order to send them; `resolved` is the age of the resolve. */
  pending: z.array(z.object({ alert: savedAlert, age: z.number(), resolved: z.number().optional() })),
  firing: z.array(z.object({ fingerprint: z.string(), age: z.number(), expires: z.number() })),
  resolved: z.array(z.object({ alert: savedAlert, age: z.number(), resolved: z.number() })),
});
type SavedBacklog = z.output<typeof savedBacklog>;

/**
 * The newest state of each alert, by fingerprint. Beyond the limit the oldest is dropped. Times are monotonic.
 *
 * With a `Resend`, an alert is due again at the first evaluation of its component that is at least the delay after the evaluation whose
 * result was sent last: each alert keeps its own time, and none is sent more often than its rule is evaluated.
 */
export class AlertBacklog implements Backlog<Alert> {
  readonly #watch: AlertWatch;
  readonly #presentResend: () => Resend<Alert> | undefined;
  readonly #pending = new Map<string, Pending>();
  /** What `next` gave last, each with the time of its evaluation. */
  #taken: ReadonlyMap<string, { readonly entry: Pending; readonly atMs: number }> = new Map();
  #takenMs = 0;
  /** When a component was last evaluated apart from full assessments, such as at a sample. */
  readonly #evaluatedMs = new Map<string, number>();
  readonly #firing = new Map<string, SentFiring>();
  readonly #resolved = new Map<string, SentResolved>();
  /** Fingerprints of the resolved alerts of a component, so that an evaluation costs what its own alerts cost. */
  readonly #resolvedOf = new Map<string, Set<string>>();

  /** @param resend how the receiver is reminded at present; undefined for one that keeps what it received */
  constructor(watch: AlertWatch, resend: () => Resend<Alert> | undefined) {
    this.#watch = watch;
    this.#presentResend = resend;
  }

  get #resend(): Resend<Alert> | undefined {
    return this.#presentResend();
  }

  get size(): number {
    return this.#pending.size;
  }

  get expiresMs(): number | undefined {
    const nowMs = this.#watch.clock.monotonicMs();
    const ahead = [...this.#firing.values()].map(({ expiresMs }) => expiresMs).filter((expiresMs) => expiresMs > nowMs);
    return ahead.length === 0 ? undefined : Math.min(...ahead);
  }

  add(alerts: readonly Alert[]): number {
    const atMs = this.#watch.clock.monotonicMs();
    for (const alert of alerts) {
      const { fingerprint, state } = alert;
      this.#pending.delete(fingerprint);
      this.#pending.set(fingerprint, { alert, atMs, resolvedMs: state === "resolved" ? atMs : undefined });
      if (state === "resolved") this.#firing.delete(fingerprint);
      else this.#forgetResolved(fingerprint);
    }
    const excess = Math.max(0, this.#pending.size - ALERT_LIMIT);
    for (const { alert } of this.#pending.values().take(excess)) {
      this.#pending.delete(alert.fingerprint);
      // It still has to reach a receiver that is reminded.
      if (this.#resend && alert.state === "firing") this.#firing.set(alert.fingerprint, { atMs, expiresMs: Number.NEGATIVE_INFINITY });
    }
    return excess;
  }

  resend(components: readonly string[] | undefined): void {
    if (this.#pending.size + this.#firing.size + this.#resolved.size === 0) return;
    const nowMs = this.#watch.clock.monotonicMs();
    if (components) for (const name of components) this.#evaluatedMs.set(name, nowMs);
    else this.#forgetOldEvaluations(nowMs);
    // A full assessment does not evaluate what its own evaluations keep up to date.
    const isEvaluated = ({ labels }: Alert): boolean => components !== undefined || !this.#evaluatedMs.has(labels.component);
    for (const alert of this.#watch.open(components)) if (isEvaluated(alert)) this.#resendFiring(alert, nowMs);
    const fingerprints = components ? components.flatMap((name) => [...(this.#resolvedOf.get(name) ?? [])]) : this.#resolved.keys();
    for (const sent of [...fingerprints].map((each) => this.#resolved.get(each) as SentResolved))
      if (isEvaluated(sent.alert)) this.#resendResolved(sent, nowMs);
  }

  next(limit: number): readonly Alert[] {
    this.#takenMs = this.#watch.clock.monotonicMs();
    this.#taken = new Map(
      this.#pending
        .entries()
        .take(limit)
        .map(([fingerprint, entry]) => [fingerprint, { entry, atMs: entry.atMs }]),
    );
    return [...this.#taken.values()].map(({ entry }) => entry.alert);
  }

  remove(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      const { fingerprint } = alert;
      const taken = this.#taken.get(fingerprint);
      if (!taken) continue;
      const isUnchanged = this.#pending.get(fingerprint) === taken.entry;
      if (isUnchanged) this.#pending.delete(fingerprint);
      if (this.#resend && isUnchanged) this.#remember(alert, taken.atMs, taken.entry.resolvedMs, this.#resend);
    }
  }

  save(nowMs: number): SavedBacklog {
    const since = (ms: number): number => nowMs - ms;
    return {
      pending: [...this.#pending.values()].map(({ alert, atMs, resolvedMs }) => ({
        alert,
        age: since(atMs),
        ...(resolvedMs === undefined ? {} : { resolved: since(resolvedMs) }),
      })),
      // JSON has no infinite numbers; what has expired may have expired now.
      firing: [...this.#firing].map(([fingerprint, { atMs, expiresMs }]) => ({
        fingerprint,
        age: since(atMs),
        expires: since(Math.max(expiresMs, atMs)),
      })),
      resolved: [...this.#resolved.values()].map(({ alert, atMs, resolvedMs }) => ({
        alert,
        age: since(atMs),
        resolved: since(resolvedMs),
      })),
    };
  }

  restore(saved: unknown, savedMs: number): void {
    const { data } = savedBacklog.safeParse(saved);
    if (!data) return;
    for (const { alert, age, resolved } of data.pending)
      this.#pending.set(alert.fingerprint, {
        alert,
        atMs: savedMs - age,
        resolvedMs: resolved === undefined ? undefined : savedMs - resolved,
      });
    if (!this.#resend) return;
    for (const { fingerprint, age, expires } of data.firing)
      this.#firing.set(fingerprint, { atMs: savedMs - age, expiresMs: savedMs - expires });
    for (const { alert, age, resolved } of data.resolved)
      this.#rememberResolved({ alert, atMs: savedMs - age, resolvedMs: savedMs - resolved });
  }

  #forgetOldEvaluations(nowMs: number): void {
    for (const [name, atMs] of this.#evaluatedMs) if (nowMs - atMs >= this.#watch.intervalMs(name)) this.#evaluatedMs.delete(name);
  }

  #resendFiring(alert: Alert, nowMs: number): void {
    const { fingerprint } = alert;
    const pending = this.#pending.get(fingerprint);
    const sent = this.#firing.get(fingerprint);
    // One that waits for its receiver is sent as it is by then.
    if (pending?.alert.state === "firing") Object.assign(pending, { alert, atMs: nowMs });
    else if (!pending && sent && this.#isDue(sent.atMs, alert, nowMs))
      this.#pending.set(fingerprint, { alert, atMs: nowMs, resolvedMs: undefined });
  }

  #resendResolved({ alert, atMs, resolvedMs }: SentResolved, nowMs: number): void {
    const { fingerprint } = alert;
    // The condition holds again: from now on there is another alert with these labels.
    if (nowMs - resolvedMs >= RESEND_RESOLVED_MS || this.#watch.isPending(alert)) this.#forgetResolved(fingerprint);
    else if (!this.#pending.has(fingerprint) && this.#isDue(atMs, alert, nowMs))
      this.#pending.set(fingerprint, { alert, atMs: nowMs, resolvedMs });
  }

  #isDue(sentMs: number, { labels }: Alert, nowMs: number): boolean {
    const intervalMs = this.#watch.intervalMs(labels.component);
    const waitMs = Math.max(this.#resend?.delayMs ?? Number.POSITIVE_INFINITY, intervalMs);
    return nowMs - sentMs >= waitMs - Math.min(LONGEST_EARLY_MS, EARLY_SHARE * intervalMs);
  }

  #remember(alert: Alert, atMs: number, resolvedMs: number | undefined, resend: Resend<Alert>): void {
    if (resolvedMs === undefined) {
      this.#firing.set(alert.fingerprint, { atMs, expiresMs: this.#takenMs + resend.lifetimeMs(alert) });
      return;
    }
    this.#rememberResolved({ alert, atMs, resolvedMs });
  }

  #rememberResolved(sent: SentResolved): void {
    const { fingerprint, labels } = sent.alert;
    this.#resolved.set(fingerprint, sent);
    this.#resolvedOf.set(labels.component, (this.#resolvedOf.get(labels.component) ?? new Set<string>()).add(fingerprint));
    for (const oldest of this.#resolved.keys().take(Math.max(0, this.#resolved.size - ALERT_LIMIT))) this.#forgetResolved(oldest);
  }

  #forgetResolved(fingerprint: string): void {
    const component = this.#resolved.get(fingerprint)?.alert.labels.component;
    this.#resolved.delete(fingerprint);
    if (component === undefined) return;
    const others = this.#resolvedOf.get(component);
    others?.delete(fingerprint);
    if (others?.size === 0) this.#resolvedOf.delete(component);
  }
}
