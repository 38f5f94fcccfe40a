import { SEVERITY_OF, type Severity, type Status, type Trend } from "./status.ts";

/** What a component's check found, with the reason in words. */
export interface Finding {
  readonly status: Status;
  /** One sentence with the numbers it rests on. */
  readonly reason: string;
  /** What the number below measures, such as `successRate`. */
  readonly measure?: string;
  /** The number that decided, in `unit`. */
  readonly value?: number;
  readonly unit?: string;
  /** Which direction of `value` is an improvement; needed for its trend. */
  readonly good?: "low" | "high";
}

/** A component's change from one status to another. */
export interface Transition {
  readonly seq: number;
  readonly time: string;
  readonly component: string;
  readonly from: Status;
  readonly to: Status;
  readonly reason: string;
  readonly value?: number;
  readonly unit?: string;
}

/** One thing that is or was wrong: fires, may change its reason, resolves. */
export interface Alert {
  /** Equal for the same labels. */
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
  /** Fingerprint of the alert that this one only follows from; while it fires, this one is told nobody but the API and the stream. */
  readonly inhibitedBy?: string;
}

/** Something that happened to health, with its number in the journal. */
export type HealthEvent =
  | { readonly seq: number; readonly kind: "transition"; readonly transition: Transition }
  | { readonly seq: number; readonly kind: "alert"; readonly alert: Alert };

/** How loudly an event is told: an alert that is over is good news, whatever it was. */
export function severityOf(event: HealthEvent): Severity {
  if (event.kind === "transition") return SEVERITY_OF[event.transition.to];
  return event.alert.state === "resolved" ? "info" : event.alert.labels.severity;
}

/** A component as it stands. */
export interface ComponentReport {
  readonly component: string;
  readonly status: Status;
  /** When it entered this status. */
  readonly since: string;
  /** When it was last looked at. */
  readonly time: string;
  readonly reason: string;
  /** What it takes to be well again; absent where it is, or where nobody can say. */
  readonly recovery?: string;
  readonly measure?: string;
  readonly value?: number;
  readonly unit?: string;
  /** The number that 95 of 100 looks of the last eight minutes were as good as, or better; in `unit`. */
  readonly p95?: number;
  readonly trend: TrendReport;
  /** Whether it counts towards the overall status. */
  readonly counts: boolean;
}

/** Everything the monitor knows at one moment. */
export interface HealthReport {
  readonly time: string;
  readonly status: Status;
  /** When the overall status was entered. */
  readonly since: string;
  readonly reason: string;
  readonly components: readonly ComponentReport[];
}

/** How a component moves, compared with itself. */
export interface TrendReport {
  readonly direction: Trend;
  /** Of its number, per minute; absent where there is too little to tell. */
  readonly perMinute?: number;
  /** Seconds until its next threshold is reached, if it goes on like this; absent where none lies ahead. */
  readonly reachedInSeconds?: number;
}
