import { createHash } from "node:crypto";
import type { Alert, Transition } from "./record.ts";
import { SEVERITY_OF, type Severity } from "./status.ts";

/** Resolved alerts kept for the API. */
const RESOLVED_KEPT = 100;

/** Name of the alert that a component's own status raises; rules bring names of their own. */
const ALERT_NAME = "VitalsComponentStatus";

/** The alerts of a collector: at most one open for each component. */
export class AlertBook {
  readonly #identity: Readonly<Record<string, string>>;
  readonly #firing = new Map<string, Alert>();
  #resolved: Alert[] = [];

  /** @param identity labels that every alert carries: which service and instance it is about */
  constructor(identity: Readonly<Record<string, string>>) {
    this.#identity = identity;
  }

  /** Firing alerts first, oldest first; then resolved ones, newest first. */
  list(state: "firing" | "resolved" | "all"): readonly Alert[] {
    const firing = state === "resolved" ? [] : [...this.#firing.values()];
    return state === "firing" ? firing : [...firing, ...this.#resolved];
  }

  /** Firing alerts of each severity. */
  count(severity: Severity): number {
    let count = 0;
    for (const alert of this.#firing.values()) if (alert.labels.severity === severity) count += 1;
    return count;
  }

  /**
   * What a transition means for alerts: the ones that changed, in the order to tell them. A change of severity resolves the old
   * label set and fires the new one. Becoming unknown resolves nothing, because silence is no recovery.
   */
  follow(transition: Transition): readonly Alert[] {
    const { component, to } = transition;
    const open = this.#firing.get(component);
    if (to === "unknown" && open) return [];
    if (to === "healthy") return open ? [this.#resolve(open, transition)] : [];
    if (open?.labels.severity === SEVERITY_OF[to]) return [];
    const changed = open ? [this.#resolve(open, transition)] : [];
    return [...changed, this.#fire(transition)];
  }

  #fire({ component, to, reason, time, value }: Transition): Alert {
    const labels = { ...this.#identity, alertname: ALERT_NAME, component, severity: SEVERITY_OF[to] };
    const alert: Alert = {
      fingerprint: fingerprintOf(labels),
      state: "firing",
      labels,
      annotations: { summary: `${component} is ${to}`, description: reason },
      startsAt: time,
      ...(value === undefined ? {} : { value }),
      reason,
    };
    this.#firing.set(component, alert);
    return alert;
  }

  #resolve(open: Alert, { component, reason, time, value }: Transition): Alert {
    const resolved: Alert = { ...open, state: "resolved", endsAt: time, ...(value === undefined ? {} : { value }), reason };
    this.#firing.delete(component);
    this.#resolved = [resolved, ...this.#resolved].slice(0, RESOLVED_KEPT);
    return resolved;
  }
}

/** Equal for equal labels, whatever their order; 16 hexadecimal digits, as Alertmanager's fingerprints have. */
function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(pairs)).digest("hex").slice(0, 16);
}
