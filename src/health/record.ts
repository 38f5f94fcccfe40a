import { SEVERITY_OF, type Severity, type Status, type Trend } from "./status.ts";

/** What a check found. */
export interface Finding {
  /** The status that the check gives its component. */
  readonly status: Status;
  /** One sentence, with the numbers it is based on. */
  readonly reason: string;
  /** What `value` measures, such as `successRate`. */
  readonly measure?: string;
  /** The number that the finding is based on, in `unit`. */
  readonly value?: number;
  /** UCUM unit of `value`, such as `s`, `By`, `1` for a share, `{thing}` for a count. */
  readonly unit?: string;
  /** Which direction of `value` is an improvement; without it the value has no trend. */
  readonly good?: "low" | "high";
}

/** A component's change from one status to another. */
export interface Transition {
  /** When the status changed, ISO 8601 in UTC. */
  readonly time: string;
  /** Name of the component, such as `collection:machine`. */
  readonly component: string;
  /** The status before. */
  readonly from: Status;
  /** The status from then on. */
  readonly to: Status;
  /** One sentence: the fact, the threshold and the cause. */
  readonly reason: string;
  /** The number that decided, in `unit`; absent where none did. */
  readonly value?: number;
  /** UCUM unit of `value`. */
  readonly unit?: string;
}

/** A problem that exists or existed. While it fires its reason and value are kept current. */
export interface Alert {
  /** Identifies the set of labels, as in Alertmanager. */
  readonly fingerprint: string;
  /** `firing` until its status ends, then `resolved`. */
  readonly state: "firing" | "resolved";
  /** What identifies the alert: `alertname`, the `component` that it is about, its `severity`, and those of `CollectorSettings.identity`. */
  readonly labels: { readonly alertname: string; readonly component: string; readonly severity: Severity } & Readonly<
    Record<string, string>
  >;
  /** For people: a `summary` of one line, and the `description`, which is the reason. */
  readonly annotations: { readonly summary: string; readonly description: string };
  /** When it began to fire, ISO 8601 in UTC. */
  readonly startsAt: string;
  /** Present exactly when resolved. */
  readonly endsAt?: string;
  /** The number that decided; absent where none did. */
  readonly value?: number;
  /** One sentence: the fact, the threshold, the cause and the recovery. */
  readonly reason: string;
  /** Fingerprint of the alert that explains this one. While present, the alert is shown by the API and the stream but sent to no sink. */
  readonly inhibitedBy?: string;
}

/** Something that happened to health, by its `kind`: the `transition` of a component, or an `alert` that fires or is resolved. */
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
  /** Its name, such as `collection:machine` or `process`. */
  readonly component: string;
  /** The worst status of its rules. */
  readonly status: Status;
  /** When it entered this status. */
  readonly since: string;
  /** When it was last evaluated. */
  readonly time: string;
  /** One sentence, with the numbers it is based on. */
  readonly reason: string;
  /** What ends its status, in words that follow "recovers when"; absent while none of its rules has a status. */
  readonly recovery?: string;
  /** What `value` measures, such as `successRate`; absent without a value. */
  readonly measure?: string;
  /** The number that decided, in `unit`; absent where none did. */
  readonly value?: number;
  /** UCUM unit of `value`. */
  readonly unit?: string;
  /** 95 of 100 evaluations of the last eight minutes were at least as good as this; in `unit`. */
  readonly p95?: number;
  /** How `value` moves. */
  readonly trend: TrendReport;
  /** Whether it affects the overall status now; a suspended component does not. */
  readonly affectsOverall: boolean;
}

/** All components and the overall status at one time. */
export interface HealthReport {
  /** When the report was made, ISO 8601 in UTC. */
  readonly time: string;
  /** The worst status of the components that affect it. */
  readonly status: Status;
  /** When the overall status was entered. */
  readonly since: string;
  /** The component that decided, and its reason. */
  readonly reason: string;
  /** Every component. */
  readonly components: readonly ComponentReport[];
}

/** How a component's number moves, compared with itself. */
export interface TrendReport {
  /** Whether the number moves to better or to worse. */
  readonly direction: Trend;
  /** Slope of the number per minute; absent with too little data. */
  readonly perMinute?: number;
  /** Seconds until the next threshold is reached at this slope; absent where none lies ahead. */
  readonly reachedInSeconds?: number;
}
