import type { Meter } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import type { Alert, HealthEvent, Transition } from "./record.ts";

/** Where the monitor records what happens. */
export interface HealthLog {
  transition(transition: Transition): void;
  /** Alerts that changed together. */
  alerts(alerts: readonly Alert[]): void;
  /** What sinks are to receive of these: during the start-up grace nothing, and at its end what is still wrong. */
  send(events: readonly HealthEvent[]): void;
  /** These components, or all, were evaluated, and what changed was recorded. */
  evaluated?(components: readonly string[] | undefined): void;
}

export interface MonitorSettings {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly log: HealthLog;
  /** Transitions kept per component. */
  readonly history: number;
  /** Labels that every alert carries. */
  readonly identity: Readonly<Record<string, string>>;
  /** A rule that worsens within this time of improving has its recovery holds extended to as much. Milliseconds. */
  readonly flapping: number;
  /** Time between two full assessments, in milliseconds. Default: there is none. */
  readonly interval?: number;
  /** How long after the start sinks wait, in milliseconds. Default: 0. */
  readonly startupGrace?: number;
  /** Names of informational components, besides those whose spec says so. Default: none. */
  readonly informational?: readonly string[];
}
