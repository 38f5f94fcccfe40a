import { createHash } from "node:crypto";
import type { Alert } from "./record.ts";
import type { RuleChange } from "./rule.ts";
import { SEVERITY_OF, type Severity } from "./status.ts";

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
}

/** The alerts of a collector: at most one open for each component and rule. */
export class AlertBook {
  readonly #identity: Readonly<Record<string, string>>;
  readonly #open = new Map<string, Open>();
  #resolved: Alert[] = [];

  /** @param identity labels that every alert carries: which service and instance it is about */
  constructor(identity: Readonly<Record<string, string>>) {
    this.#identity = identity;
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
  follow(change: Change): readonly Alert[] {
    const { component, rule, status } = change;
    const key = `${component}\0${rule.alert}`;
    const open = this.#open.get(key);
    if (status === "unknown") return [];
    if (status === undefined) return open ? [this.#resolve(key, open, change), ...this.#release(component)] : [];
    if (open?.alert.labels.severity === SEVERITY_OF[status]) return [];
    const changed = open ? [this.#resolve(key, open, change)] : [];
    return [...changed, this.#fire(key, change, status)];
  }

  #fire(key: string, { component, follows, rule, reason, time, value }: Change, status: keyof typeof SEVERITY_OF): Alert {
    const labels = { ...this.#identity, alertname: rule.alert, component, severity: SEVERITY_OF[status] };
    const cause = follows === undefined ? undefined : this.#firingOf(follows);
    const alert: Alert = {
      fingerprint: fingerprintOf(labels),
      state: "firing",
      labels,
      annotations: { summary: rule.summary ?? `${component} is ${status}`, description: reason },
      startsAt: time,
      ...(value === undefined ? {} : { value }),
      reason,
      ...(cause ? { inhibitedBy: cause.fingerprint } : {}),
    };
    this.#open.set(key, { alert, component, follows });
    return alert;
  }

  #resolve(key: string, { alert }: Open, { reason, time, value }: Change): Alert {
    const resolved: Alert = { ...alert, state: "resolved", endsAt: time, ...(value === undefined ? {} : { value }), reason };
    this.#open.delete(key);
    this.#resolved = [resolved, ...this.#resolved].slice(0, RESOLVED_KEPT);
    return resolved;
  }

  /** Alerts that nothing explains any more, now that this component has none: they are told after all. */
  #release(component: string): readonly Alert[] {
    if (this.#firingOf(component)) return [];
    const released: Alert[] = [];
    for (const [key, open] of this.#open) {
      if (open.follows !== component || open.alert.inhibitedBy === undefined) continue;
      const { inhibitedBy: _, ...alert } = open.alert;
      this.#open.set(key, { ...open, alert });
      released.push(alert);
    }
    return released;
  }

  #firingOf(component: string): Alert | undefined {
    for (const open of this.#open.values()) if (open.component === component) return open.alert;
    return undefined;
  }
}

/** Equal for equal labels, whatever their order; 16 hexadecimal digits, as Alertmanager's fingerprints have. */
function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(pairs)).digest("hex").slice(0, 16);
}
