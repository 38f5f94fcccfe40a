import { SEVERITY_OF, type Severity, type Status, type Trend } from "./status.ts";

/** What a check found. */
export interface Finding {
  readonly status: Status;
  /** One sentence, with the numbers it is based on. */
  readonly reason: string;
  /** What `value` measures, such as `successRate`. */
  readonly measure?: string;
  /** The number that the finding is based on, in `unit`. */
  readonly value?: number;
  readonly unit?: string;
  /** Which direction of `value` is an improvement; without it the value has no trend. */
  readonly good?: "low" | "high";
}

/** A component's change from one status to another. */
export interface Transition {
  readonly time: string;
  readonly component: string;
  readonly from: Status;
  readonly to: Status;
  readonly reason: string;
  readonly value?: number;
  readonly unit?: string;
}

/** A problem that exists or existed. While it fires its reason and value are kept current. */
export interface Alert {
  /** Identifies the set of labels, as in Alertmanager. */
  readonly fingerprint: string;
  readonly state: "firing" | "resolved";
  readonly labels: { readonly alertname: string; readonly component: string; readonly severity: Severity } & Readonly<
    Record<string, string>
  >;
  readonly annotations: { readonly summary: string; readonly description: string };
  readonly startsAt: string;
  /** Present exactly when resolved. */
  readonly endsAt?: string;
  readonly value?: number;
  readonly reason: string;
  /** Fingerprint of the alert that explains this one. While present, the alert is shown by the API and the stream but sent to no sink. */
  readonly inhibitedBy?: string;
}

/** Something that happened to health. */
export type HealthEvent =
  | { readonly kind: "transition"; readonly transition: Transition }
  | { readonly kind: "alert"; readonly alert: Alert };

/** Severity of the log record of an event: a resolved alert is information, whatever its severity was. */
export function severityOf(event: HealthEvent): Severity {
  if (event.kind === "transition") return SEVERITY_OF[event.transition.to];
  return event.alert.state === "resolved" ? "info" : event.alert.labels.severity;
}

/** A component at one time. */
export interface ComponentReport {
  readonly component: string;
  readonly status: Status;
  /** When it entered this status. */
  readonly since: string;
  /** When it was last evaluated. */
  readonly time: string;
  readonly reason: string;
  /** What ends its status, in words that follow "recovers when"; absent while none of its rules has a status. */
  readonly recovery?: string;
  readonly measure?: string;
  readonly value?: number;
  readonly unit?: string;
  /** 95 of 100 evaluations of the last eight minutes were at least as good as this; in `unit`. */
  readonly p95?: number;
  readonly trend: TrendReport;
  /** Whether it affects the overall status now; a suspended component does not. */
  readonly affectsOverall: boolean;
}

/** All components and the overall status at one time. */
export interface HealthReport {
  readonly time: string;
  readonly status: Status;
  /** When the overall status was entered. */
  readonly since: string;
  readonly reason: string;
  readonly components: readonly ComponentReport[];
}

/** How a component's number moves, compared with itself. */
export interface TrendReport {
  readonly direction: Trend;
  /** Slope of the number per minute; absent with too little data. */
  readonly perMinute?: number;
  /** Seconds until the next threshold is reached at this slope; absent where none lies ahead. */
  readonly reachedInSeconds?: number;
}
