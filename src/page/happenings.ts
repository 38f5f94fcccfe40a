import type { KnownTransition } from "./model.ts";
import type { Alert, Status } from "./api.ts";

/** Something that happened. */
export interface Happening {
  readonly key: string;
  readonly timeMs: number;
  readonly status: Status;
  /** What became what: `collection:graph is critical`. */
  readonly what: string;
  readonly reason: string;
  /** Identifies a transition. */
  readonly event?: string;
}

/** Severities as the statuses they are told of. */
const STATUS_OF: Readonly<Record<string, Status>> = { info: "healthy", warning: "degraded", error: "unhealthy", critical: "critical" };

/** Transitions and alerts as one list: a transition once, an alert when it fired and when it resolved. */
export function happeningsOf(transitions: readonly KnownTransition[], alerts: readonly Alert[]): readonly Happening[] {
  return [...transitions.map(ofTransition), ...alerts.flatMap(ofAlert)];
}

function ofTransition({ id, time, component, from, to, reason }: KnownTransition): Happening {
  return { key: `t ${id}`, timeMs: Date.parse(time), status: to, what: `${component} is ${to}, was ${from}`, reason, event: id };
}

function ofAlert({ fingerprint, labels, startsAt, endsAt, reason, annotations, inhibitedBy }: Alert): readonly Happening[] {
  const { alertname, component, severity } = labels;
  const key = `a ${fingerprint} ${startsAt}`;
  const fired: Happening = {
    key,
    timeMs: Date.parse(startsAt),
    status: STATUS_OF[severity] ?? "unknown",
    what: `alert ${alertname} fired for ${component} (${severity})${inhibitedBy === undefined ? "" : ", held back: another explains it"}`,
    reason: endsAt === undefined ? reason : annotations.description,
  };
  if (endsAt === undefined) return [fired];
  return [
    fired,
    {
      key: `${key} end`,
      timeMs: Date.parse(endsAt),
      status: "healthy",
      what: `alert ${alertname} resolved for ${component} (${severity})`,
      reason,
    },
  ];
}
