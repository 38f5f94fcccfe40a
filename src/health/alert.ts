import { fingerprintOf } from "../base/hash.ts";
import type { Alert } from "./record.ts";
import type { RuleChange } from "./watched-rule.ts";
import { SEVERITY_OF, type Severity, type Status } from "./status.ts";

/** Resolved alerts kept for the API. */
const RESOLVED_LIMIT = 100;

/** A change of a rule's status, with the component it belongs to. */
interface Change extends RuleChange {
  readonly component: string;
  /** The component whose alert explains this one's. */
  readonly dependsOn: string | undefined;
  /** ISO 8601. */
  readonly time: string;
}

/** How an alert ends. */
type Resolution = Pick<Change, "reason" | "time" | "value">;

interface OpenAlert {
  readonly alert: Alert;
  readonly component: string;
  readonly dependsOn: string | undefined;
  readonly lookbackMs: number;
}

/** The alerts of a collector: at most one open alert for each component and rule. */
export class AlertStore {
  readonly #identity: Readonly<Record<string, string>>;
  readonly #open = new Map<string, OpenAlert>();
  /** Keys of a component's open alerts. */
  readonly #keys = new Map<string, Set<string>>();
  /** Monotonic time at which the last alert of a component was resolved. */
  readonly #resolvedMs = new Map<string, number>();
  #resolved: readonly Alert[] = [];
  /** Alerts that fired inhibited: in total, and of those that are open. */
  #inhibited = 0;
  #openInhibited = 0;

  /** @param identity labels that every alert carries, such as service and instance */
  constructor(identity: Readonly<Record<string, string>>) {
    this.#identity = identity;
  }

  /** Alerts that fired while another one explained them, since the start. */
  get inhibited(): number {
    return this.#inhibited;
  }

  /** Firing alerts first, oldest first; then resolved ones, newest first. */
  list(state: "firing" | "resolved" | "all"): readonly Alert[] {
    const firing = state === "resolved" ? [] : [...this.#open.values()].map(({ alert }) => alert);
    return state === "firing" ? firing : [...firing, ...this.#resolved];
  }

  /** Firing alerts of a severity. */
  count(severity: Severity): number {
    let count = 0;
    for (const { alert } of this.#open.values()) if (alert.labels.severity === severity) count += 1;
    return count;
  }

  /**
   * Applies a change of a rule's status; the alerts that changed, in the order to send them, as one group. A change of severity resolves
   * the old label set and fires the new one. Becoming unknown neither fires nor resolves: missing data is no recovery.
   */
  apply(change: Change, nowMs: number): readonly Alert[] {
    const { component, rule, status } = change;
    const key = keyOf(component, rule.alert);
    const open = this.#open.get(key);
    if (status === "unknown") return [];
    if (status === undefined) return open ? [this.#resolve(key, open, change, nowMs)] : [];
    if (open?.alert.labels.severity === SEVERITY_OF[status]) return [];
    const changed = open ? [this.#resolve(key, open, change, nowMs)] : [];
    return [...changed, this.#fire(key, change, status, open)];
  }

  /** Updates the reason and the number of an open alert. It stays the same alert, so nothing is sent. */
  update(component: string, alertname: string, reason: string, value: number | undefined): void {
    const key = keyOf(component, alertname);
    const open = this.#open.get(key);
    if (!open || open.alert.reason === reason) return;
    const annotations = { ...open.alert.annotations, description: reason };
    this.#open.set(key, { ...open, alert: { ...open.alert, annotations, reason, ...(value === undefined ? {} : { value }) } });
  }

  /** Resolves every open alert of a removed component; those alerts. */
  remove(component: string, reason: string, time: string, nowMs: number): readonly Alert[] {
    const resolved = [...(this.#keys.get(component) ?? [])].map((key) =>
      this.#resolve(key, this.#open.get(key) as OpenAlert, { reason, time, value: undefined }, nowMs),
    );
    this.#keys.delete(component);
    this.#resolvedMs.delete(component);
    return resolved;
  }

  /** Ends the inhibition of alerts whose cause was resolved so long ago that they cannot be its aftermath; those alerts. */
  releaseInhibited(nowMs: number): readonly Alert[] {
    const released: Alert[] = [];
    if (this.#openInhibited === 0) return released;
    for (const [key, open] of this.#open) {
      const { alert, dependsOn, lookbackMs } = open;
      if (alert.inhibitedBy === undefined || dependsOn === undefined || this.#firingOf(dependsOn)) continue;
      if (nowMs - (this.#resolvedMs.get(dependsOn) ?? Number.NEGATIVE_INFINITY) < lookbackMs) continue;
      const { inhibitedBy: _, ...uninhibited } = alert;
      this.#open.set(key, { ...open, alert: uninhibited });
      this.#openInhibited -= 1;
      released.push(uninhibited);
    }
    return released;
  }

  #fire(key: string, change: Change, status: Status, replaced: OpenAlert | undefined): Alert {
    const { component, dependsOn, rule, reason, time, value, lookbackMs } = change;
    const labels = { ...this.#identity, alertname: rule.alert, component, severity: SEVERITY_OF[status] };
    // An escalation is sent if the milder alert was, and inhibited if the milder alert was, even when its cause has just been resolved.
    const wasSent = replaced !== undefined && replaced.alert.inhibitedBy === undefined;
    const inhibitedBy = wasSent ? undefined : (this.#causeOf(dependsOn) ?? replaced?.alert.inhibitedBy);
    if (inhibitedBy !== undefined) {
      this.#inhibited += 1;
      this.#openInhibited += 1;
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
    this.#open.set(key, { alert, component, dependsOn, lookbackMs });
    const keys = this.#keys.get(component) ?? new Set();
    this.#keys.set(component, keys.add(key));
    return alert;
  }

  #resolve(key: string, { alert, component }: OpenAlert, { reason, time, value }: Resolution, nowMs: number): Alert {
    // The annotations keep saying what was wrong; the reason says why the alert ended.
    const resolved: Alert = { ...alert, state: "resolved", endsAt: time, ...(value === undefined ? {} : { value }), reason };
    this.#open.delete(key);
    this.#keys.get(component)?.delete(key);
    if (alert.inhibitedBy !== undefined) this.#openInhibited -= 1;
    this.#resolvedMs.set(component, nowMs);
    this.#resolved = [resolved, ...this.#resolved].slice(0, RESOLVED_LIMIT);
    return resolved;
  }

  /** Fingerprint of the firing alert that explains one of a component that depends on this one. */
  #causeOf(dependsOn: string | undefined): string | undefined {
    return dependsOn === undefined ? undefined : this.#firingOf(dependsOn)?.fingerprint;
  }

  #firingOf(component: string): Alert | undefined {
    const [key] = this.#keys.get(component) ?? [];
    return key === undefined ? undefined : this.#open.get(key)?.alert;
  }
}

const keyOf = (component: string, alertname: string): string => `${component}\0${alertname}`;
