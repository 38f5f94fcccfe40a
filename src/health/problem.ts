import type { Change } from "./change.ts";
import type { Alert } from "./record.ts";
import type { Status } from "./status.ts";

/** How an alert ends. */
export type Resolution = Pick<Change, "reason" | "time" | "value">;

/** What a rule found wrong with a component, from its first alert until it ends. */
export interface Problem {
  readonly component: string;
  readonly dependsOn: string | undefined;
  readonly lookbackMs: number;
  /** Monotonic time at which its newest alert fired. */
  readonly firedMs: number;
  /** The problem that reported the same outage before it, which inhibits it. */
  readonly report: Report | undefined;
  /** One for each severity it had, mildest first; the last one is its present severity. */
  readonly alerts: readonly Alert[];
}

/** Without empty labels: to Prometheus and Alertmanager they are no labels, and no part of the fingerprint. */
export function labelsOf(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
}

/** A problem that has been sent, or waits to be. */
export interface Report {
  /** Key of the problem. */
  readonly key: string;
  readonly component: string;
  readonly fingerprint: string;
}

/** The alert of the problem's present severity. */
export const presentOf = ({ alerts }: Problem): Alert => alerts.at(-1) as Alert;

/** A problem's alerts are inhibited and released together. */
export const isInhibited = (problem: Problem): boolean => presentOf(problem).inhibitedBy !== undefined;

export const summaryOf = ({ component, rule }: Pick<Change, "component" | "rule">, status: Status): string =>
  rule.summary ?? `${component} is ${status}`;

export function withText(alert: Alert, annotations: Alert["annotations"], value: number | undefined): Alert {
  return { ...alert, annotations, reason: annotations.description, ...(value === undefined ? {} : { value }) };
}

export function withoutInhibition(alert: Alert): Alert {
  const { inhibitedBy: _, ...uninhibited } = alert;
  return uninhibited;
}

/** Identifies a problem. */
export const keyOf = (component: string, alertname: string): string => `${component}\0${alertname}`;

/** Identifies the problem that a change is about. */
export const keyOfChange = ({ component, rule }: Pick<Change, "component" | "rule">): string => keyOf(component, rule.alert);
