import type { KnownTransition } from "./model.ts";
import type { Alert, Status } from "./api.ts";

/** A line of the event list. */
export interface EventEntry {
  readonly key: string;
  readonly timeMs: number;
  readonly status: Status;
  /** What changed: `collection:graph changed from healthy to critical`. */
  readonly what: string;
  readonly reason: string;
  /** Id of a transition; undefined for an alert. */
  readonly event?: string;
  /** Name of the alert that fired; undefined otherwise. */
  readonly alert?: string;
}

/** The status whose shape and colour a severity has. */
const STATUS_OF: Readonly<Record<string, Status>> = { info: "healthy", warning: "degraded", error: "unhealthy", critical: "critical" };

/** Transitions and alerts in one list: one entry for a transition, one for an alert that fired, one more when it resolved. */
export function entriesOf(transitions: readonly KnownTransition[], alerts: readonly Alert[]): readonly EventEntry[] {
  return [...transitions.map(transitionEntry), ...alerts.flatMap(alertEntries)];
}

function transitionEntry({ id, time, component, from, to, reason }: KnownTransition): EventEntry {
  return {
    key: `t ${id}`,
    timeMs: Date.parse(time),
    status: to,
    what: `${component} changed from ${from} to ${to}`,
    reason,
    event: id,
  };
}

function alertEntries({ fingerprint, labels, startsAt, endsAt, reason, annotations, inhibitedBy }: Alert): readonly EventEntry[] {
  const { alertname, component, severity } = labels;
  const key = `a ${fingerprint} ${startsAt}`;
  const fired: EventEntry = {
    key,
    timeMs: Date.parse(startsAt),
    status: STATUS_OF[severity] ?? "unknown",
    what: `alert ${alertname} fired for ${component} (${severity})${inhibitedBy === undefined ? "" : ", suppressed: caused by another alert"}`,
    reason: endsAt === undefined ? reason : annotations.description,
    alert: alertname,
  };
  if (endsAt === undefined) return [fired];
  // The milder alert of the same problem still fires, so that nothing is healthy yet.
  const milder = /^improved to severity=(\w+)/.exec(reason)?.[1];
  return [
    fired,
    {
      key: `${key} end`,
      timeMs: Date.parse(endsAt),
      status: milder === undefined ? "healthy" : (STATUS_OF[milder] ?? "unknown"),
      what: `alert ${alertname} ${milder === undefined ? "resolved" : `improved to ${milder}`} for ${component} (${severity})`,
      reason,
    },
  ];
}
