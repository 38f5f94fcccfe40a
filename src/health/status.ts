/** What can be said of a component, best last but for `unknown`, which says that nothing can be. */
export type Status = "unknown" | "healthy" | "degraded" | "unhealthy" | "critical";

export const STATUSES: readonly Status[] = ["unknown", "healthy", "degraded", "unhealthy", "critical"];

/** Severity of an alert, as OpenTelemetry's log severities name them. */
export type Severity = "info" | "warning" | "error" | "critical";

/** How a component moves: compared with itself, never with another. `unknown` where there is too little to tell. */
export type Trend = "improving" | "degrading" | "stable" | "unknown";

const RANK: Readonly<Record<Status, number>> = { healthy: 0, unknown: 1, degraded: 2, unhealthy: 3, critical: 4 };

/** How bad a status is; a lower rank is better. */
export const rankOf = (status: Status): number => RANK[status];

/** Positive when `a` is worse than `b`. Not knowing is worse than healthy and better than known to be bad. */
export const compareStatus = (a: Status, b: Status): number => RANK[a] - RANK[b];

/** The worst of them; `unknown` of none. */
export function worstStatus(statuses: Iterable<Status>): Status {
  let worst: Status | undefined;
  for (const status of statuses) if (worst === undefined || compareStatus(status, worst) > 0) worst = status;
  return worst ?? "unknown";
}

/** How loudly a status is told. */
export const SEVERITY_OF: Readonly<Record<Status, Severity>> = {
  healthy: "info",
  unknown: "warning",
  degraded: "warning",
  unhealthy: "error",
  critical: "critical",
};
