import type { Change } from "./change.ts";
import type { Rule } from "./rule.ts";
import { mirrored, type SavedChange, type SavedPace } from "./saved.ts";
import { compareSeverity, type Severity } from "./status.ts";

/** A change that waits, with its severity and the monotonic time since which it does. */
export interface WaitingChange {
  readonly change: Change;
  readonly severity: Severity;
  readonly sinceMs: number;
  /** Whether the value of its rule is past the threshold. */
  readonly isBad: boolean;
}

/** Fires and resolves of one rule that were not sent. */
export interface SuppressedCount {
  readonly component: string;
  readonly alertname: string;
  readonly count: number;
}

/**
 * Limits how often an alert fires: one whose condition returns soon after it was resolved waits until the quiet time since its last fire has
 * passed. If the condition ends earlier, a fire and a resolve count as suppressed.
 */
export class AlertPace {
  readonly #quietMs: (isSent: boolean) => number;
  /** Rules that fired before a restart, when fires were sent. */
  readonly #restored = new Set<string>();
  /** By rule, the monotonic time at which it last fired with a severity. */
  readonly #firedMs = new Map<string, Map<Severity, number>>();
  readonly #waiting = new Map<string, { change: Change; readonly severity: Severity; readonly sinceMs: number; isBad: boolean }>();
  readonly #suppressed = new Map<string, SuppressedCount>();
  /** By rule, the severities that waited until a worse one came, and have not fired since. */
  readonly #overtaken = new Map<string, Set<Severity>>();

  /** @param quietMs milliseconds from one fire to the next, read each time; `isSent`: whether the rule fired before a restart */
  constructor(quietMs: (isSent: boolean) => number) {
    this.#quietMs = quietMs;
  }

  get suppressed(): Iterable<SuppressedCount> {
    return this.#suppressed.values();
  }

  fired(rule: string, severity: Severity, nowMs: number): void {
    this.#firedMs.set(rule, (this.#firedMs.get(rule) ?? new Map<Severity, number>()).set(severity, nowMs));
    this.#overtaken.get(rule)?.delete(severity);
  }

  /** Forgets what fired, except before a restart. */
  clear(): void {
    for (const rule of this.#firedMs.keys()) if (!this.#restored.has(rule)) this.#firedMs.delete(rule);
  }

  /** Makes a change to this severity wait, if it fired with it too recently. */
  waits(rule: string, severity: Severity, change: Change, nowMs: number): boolean {
    if (this.#isFree(rule, severity, nowMs)) return false;
    this.#waiting.set(rule, { change, severity, sinceMs: nowMs, isBad: true });
    this.#overtaken.get(rule)?.delete(severity);
    return true;
  }

  /**
   * The rule's status changed again: it no longer waits. What waited counts as suppressed, unless the problem has become worse: it may still
   * get as mild again, and fire then.
   *
   * @param severity the present one; undefined when the problem has ended
   */
  settle({ component, rule: { alert: alertname } }: Change, rule: string, severity: Severity | undefined): void {
    const waited = this.#waiting.get(rule)?.severity;
    this.#waiting.delete(rule);
    const overtaken = this.#overtaken.get(rule) ?? new Set<Severity>();
    if (waited !== undefined) overtaken.add(waited);
    const isWaitedFor = (each: Severity): boolean => severity !== undefined && compareSeverity(each, severity) <= 0;
    const lost = [...overtaken].filter((each) => !isWaitedFor(each));
    for (const each of lost) overtaken.delete(each);
    if (overtaken.size > 0) this.#overtaken.set(rule, overtaken);
    else this.#overtaken.delete(rule);
    if (lost.length === 0) return;
    const count = (this.#suppressed.get(rule)?.count ?? 0) + 2 * lost.length;
    this.#suppressed.set(rule, { component, alertname, count });
  }

  /** The present reason and number of a rule that waits. @param isBad whether its value is past the threshold now */
  update(rule: string, { reason, value, isBad }: Pick<Change, "reason" | "value"> & { readonly isBad: boolean }): void {
    const waiting = this.#waiting.get(rule);
    if (!waiting) return;
    waiting.change = { ...waiting.change, reason, value };
    waiting.isBad = isBad;
  }

  /** The changes that wait. */
  get waiting(): readonly WaitingChange[] {
    return [...this.#waiting.values()];
  }

  /** The changes that need not wait any longer. One that recovers is not worth a notification, and goes on waiting for its end. */
  due(nowMs: number): readonly Change[] {
    return [...this.#waiting].flatMap(([rule, { change, severity, isBad }]) => {
      if (!isBad || !this.#isFree(rule, severity, nowMs)) return [];
      this.#waiting.delete(rule);
      return [change];
    });
  }

  /** Forgets a rule of a removed component. */
  forget(rule: string): void {
    this.#firedMs.delete(rule);
    this.#waiting.delete(rule);
    this.#suppressed.delete(rule);
    this.#overtaken.delete(rule);
    this.#restored.delete(rule);
  }

  /** Every rule it knows. */
  get rules(): ReadonlySet<string> {
    return new Set([...this.#firedMs.keys(), ...this.#waiting.keys(), ...this.#suppressed.keys()]);
  }

  #isFree(rule: string, severity: Severity, nowMs: number): boolean {
    return nowMs - (this.#firedMs.get(rule)?.get(severity) ?? Number.NEGATIVE_INFINITY) >= this.#quietMs(this.#restored.has(rule));
  }

  /** @param nowMs the time that ages are counted from */
  save(nowMs: number): SavedPace {
    return {
      fired: [...this.#firedMs].flatMap(([rule, fired]) =>
        mirrored(fired, nowMs).map(([severity, age]) => [rule, severity, age] as [string, Severity, number]),
      ),
      waiting: this.waiting.map(({ change, severity, sinceMs, isBad }) => ({
        change: savedOf(change, nowMs),
        severity,
        sinceMs: nowMs - sinceMs,
        isBad,
      })),
      overtaken: [...this.#overtaken].map(([rule, severities]) => [rule, [...severities]]),
    };
  }

  /**
   * Continues from what was saved.
   *
   * @param savedMs the monotonic time at which it was saved
   * @param ruleOf the rule of a change; a change without one is left out
   * @param keyOf identifies the rule of a change
   */
  restore(
    { fired, waiting, overtaken }: SavedPace,
    savedMs: number,
    ruleOf: (change: SavedChange) => Rule | undefined,
    keyOf: (change: Change) => string,
  ): void {
    for (const [rule, severity, age] of fired) {
      this.fired(rule, severity, savedMs - age);
      this.#restored.add(rule);
    }
    for (const { change: saved, severity, sinceMs, isBad } of waiting) {
      const rule = ruleOf(saved);
      if (!rule) continue;
      const change = restoredChange(saved, rule, savedMs);
      this.#waiting.set(keyOf(change), { change, severity, sinceMs: savedMs - sinceMs, isBad });
    }
    for (const [rule, severities] of overtaken) this.#overtaken.set(rule, new Set(severities));
  }
}

function savedOf({ rule: { alert }, failingSinceMs, ...change }: Change, nowMs: number): SavedChange {
  return { ...change, alert, ...(failingSinceMs === undefined ? {} : { failingSinceMs: nowMs - failingSinceMs }) };
}

function restoredChange(saved: SavedChange, rule: Rule, savedMs: number): Change {
  // JSON leaves out what is undefined.
  const { component, dependsOn, failingSinceMs, lookbackMs, reason, status, time, value } = saved;
  return {
    component,
    lookbackMs,
    reason,
    time,
    status,
    value,
    dependsOn,
    rule,
    failingSinceMs: failingSinceMs === undefined ? undefined : savedMs - failingSinceMs,
  };
}
