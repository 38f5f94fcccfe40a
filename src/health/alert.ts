import { fingerprintOf } from "../base/hash.ts";
import type { Alert } from "./record.ts";
import type { RuleChange } from "./watched-rule.ts";
import { SEVERITY_OF, type Severity, type Status } from "./status.ts";

/** Resolved alerts kept for the API. */
const RESOLVED_KEPT = 100;

/** A rule of a component changed its status. */
interface Change extends RuleChange {
  readonly component: string;
  /** The component whose alert would explain this one. */
  readonly follows: string | undefined;
  /** ISO 8601. */
  readonly time: string;
}

interface Open {
  readonly alert: Alert;
  readonly component: string;
  readonly follows: string | undefined;
  readonly lookbackMs: number;
}

/** The alerts of a collector: at most one open for each component and rule. */
export class AlertStore {
  readonly #identity: Readonly<Record<string, string>>;
  readonly #open = new Map<string, Open>();
  /** Keys of a component's open alerts. */
  readonly #keys = new Map<string, Set<string>>();
  /** When the last alert of a component that others follow was resolved. */
  readonly #overMs = new Map<string, number>();
  #resolved: Alert[] = [];
  /** Fires that were not told because another alert explains them: in all, and of those that are open. */
  #inhibited = 0;
  #inhibitedNow = 0;

  /** @param identity labels that every alert carries: which service and instance it is about */
  constructor(identity: Readonly<Record<string, string>>) {
    this.#identity = identity;
  }

  get inhibited(): number {
    return this.#inhibited;
  }

  /** Firing alerts first, oldest first; then resolved ones, newest first. */
  list(state: "firing" | "resolved" | "all"): readonly Alert[] {
    const firing = state === "resolved" ? [] : [...this.#open.values()].map(({ alert }) => alert);
    return state === "firing" ? firing : [...firing, ...this.#resolved];
  }

  /** Firing alerts of each severity. */
  count(severity: Severity): number {
    let count = 0;
    for (const { alert } of this.#open.values()) if (alert.labels.severity === severity) count += 1;
    return count;
  }

  /**
   * What a change means for alerts: the ones that changed, in the order to tell them, all at once. A change of severity resolves the
   * old label set and fires the new one. Becoming unknown neither fires nor resolves: silence is no recovery.
   */
  follow(change: Change, nowMs: number): readonly Alert[] {
    const { component, rule, status } = change;
    const key = keyOf(component, rule.alert);
    const open = this.#open.get(key);
    if (status === "unknown") return [];
    if (status === undefined) return open ? [this.#resolve(key, open, change, nowMs)] : [];
    if (open?.alert.labels.severity === SEVERITY_OF[status]) return [];
    const changed = open ? [this.#resolve(key, open, change, nowMs)] : [];
    return [...changed, this.#fire(key, change, status, open)];
  }

  /** Keeps the reason and the number of an open alert as they are now. Nobody is told: it is the same alert. */
  refresh(component: string, alertname: string, reason: string, value: number | undefined): void {
    const key = keyOf(component, alertname);
    const open = this.#open.get(key);
    if (!open || open.alert.reason === reason) return;
    const annotations = { ...open.alert.annotations, description: reason };
    this.#open.set(key, { ...open, alert: { ...open.alert, annotations, reason, ...(value === undefined ? {} : { value }) } });
  }

  /** Alerts that their cause does not explain any more: it is over, and they still hold although they see nothing of it now. */
  release(nowMs: number): readonly Alert[] {
    const released: Alert[] = [];
    if (this.#inhibitedNow === 0) return released;
    for (const [key, open] of this.#open) {
      const { alert, follows, lookbackMs } = open;
      if (alert.inhibitedBy === undefined || follows === undefined || this.#firingOf(follows)) continue;
      if (nowMs - (this.#overMs.get(follows) ?? Number.NEGATIVE_INFINITY) < lookbackMs) continue;
      const { inhibitedBy: _, ...told } = alert;
      this.#open.set(key, { ...open, alert: told });
      this.#inhibitedNow -= 1;
      released.push(told);
    }
    return released;
  }

  #fire(key: string, change: Change, status: Status, replaced: Open | undefined): Alert {
    const { component, follows, rule, reason, time, value, lookbackMs } = change;
    const labels = { ...this.#identity, alertname: rule.alert, component, severity: SEVERITY_OF[status] };
    // Who was told the milder one is told the worse one too.
    const wasTold = replaced !== undefined && replaced.alert.inhibitedBy === undefined;
    // And who was told of neither, because of a cause that is only just over, hears of neither yet.
    const inhibitedBy = wasTold ? undefined : (this.#causeOf(follows) ?? replaced?.alert.inhibitedBy);
    if (inhibitedBy !== undefined) {
      this.#inhibited += 1;
      this.#inhibitedNow += 1;
    }
    const alert: Alert = {
      fingerprint: fingerprintOf(labels),
      state: "firing",
      labels,
      annotations: { summary: rule.summary ?? `${component} is ${status}`, description: reason },
      startsAt: time,
      ...(value === undefined ? {} : { value }),
      reason,
      ...(inhibitedBy === undefined ? {} : { inhibitedBy }),
    };
    this.#open.set(key, { alert, component, follows, lookbackMs });
    const keys = this.#keys.get(component) ?? new Set();
    this.#keys.set(component, keys.add(key));
    return alert;
  }

  #resolve(key: string, { alert, component }: Open, { reason, time, value }: Change, nowMs: number): Alert {
    // Its annotations go on to say what was wrong; its reason says why that is over.
    const resolved: Alert = { ...alert, state: "resolved", endsAt: time, ...(value === undefined ? {} : { value }), reason };
    this.#open.delete(key);
    this.#keys.get(component)?.delete(key);
    if (alert.inhibitedBy !== undefined) this.#inhibitedNow -= 1;
    this.#overMs.set(component, nowMs);
    this.#resolved = [resolved, ...this.#resolved].slice(0, RESOLVED_KEPT);
    return resolved;
  }

  /** Fingerprint of the alert that explains one that follows from this component. */
  #causeOf(follows: string | undefined): string | undefined {
    return follows === undefined ? undefined : this.#firingOf(follows)?.fingerprint;
  }

  #firingOf(component: string): Alert | undefined {
    const [key] = this.#keys.get(component) ?? [];
    return key === undefined ? undefined : this.#open.get(key)?.alert;
  }
}

const keyOf = (component: string, alertname: string): string => `${component}\0${alertname}`;
