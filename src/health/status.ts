/** A component's status. `unknown`: there is no data to judge it by. */
export type Status = "unknown" | "healthy" | "degraded" | "unhealthy" | "critical";

/** In the order that answers and metrics list them. */
export const STATUSES: readonly Status[] = ["unknown", "healthy", "degraded", "unhealthy", "critical"];

/** Severity of an alert, by the names of OpenTelemetry's log severities. */
export type Severity = "info" | "warning" | "error" | "critical";

/** Mildest first. */
export const SEVERITIES: readonly Severity[] = ["info", "warning", "error", "critical"];

/** Positive when `a` is worse than `b`. */
export const compareSeverity = (a: Severity, b: Severity): number => SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);

/** How a component moves, compared with itself, never with another. `unknown`: too little data. */
export type Trend = "improving" | "degrading" | "stable" | "unknown";

const RANK: Readonly<Record<Status, number>> = { healthy: 0, unknown: 1, degraded: 2, unhealthy: 3, critical: 4 };

/** How bad a status is; a lower rank is better. */
export const rankOf = (status: Status): number => RANK[status];

/** Positive when `a` is worse than `b`. Unknown is worse than healthy and better than degraded. */
export const compareStatus = (a: Status, b: Status): number => RANK[a] - RANK[b];

/** The worst of them; `unknown` of none. */
export function worstStatus(statuses: Iterable<Status>): Status {
  let worst: Status | undefined;
  for (const status of statuses) if (worst === undefined || compareStatus(status, worst) > 0) worst = status;
  return worst ?? "unknown";
}

/** Severity of the alerts and log records about a status. */
export const SEVERITY_OF: Readonly<Record<Status, Severity>> = {
  healthy: "info",
  unknown: "warning",
  degraded: "warning",
  unhealthy: "error",
  critical: "critical",
};

/** The shape of each status, as a path in a square of 16 by 16. */
export const SHAPE: Readonly<Record<Status, string>> = {
  healthy: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2Z",
  degraded: "M8 1.5 15 14H1Z",
  unhealthy: "M8 .8 15.2 8 8 15.2.8 8Z",
  critical: "M4.4 1.6 8 5.2l3.6-3.6 2.8 2.8L10.8 8l3.6 3.6-2.8 2.8L8 10.8l-3.6 3.6-2.8-2.8L5.2 8 1.6 4.4Z",
  unknown: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2Zm0 2a4 4 0 1 1 0 8 4 4 0 1 1 0-8Z",
};
