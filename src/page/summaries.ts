import type { Alert } from "../client/api.ts";
import { STATUSES } from "../health/status.ts";

/** What the rules say about their alerts. The summary of a rule without one is made of the component and its status, which the page shows already. */
export function summariesOf(alerts: readonly Pick<Alert, "annotations" | "labels">[]): readonly string[] {
  const isMade = ({ annotations: { summary }, labels: { component } }: Pick<Alert, "annotations" | "labels">): boolean =>
    STATUSES.some((status) => summary === `${component} is ${status}`);
  return [...new Set(alerts.filter((alert) => !isMade(alert)).map(({ annotations }) => annotations.summary))];
}
