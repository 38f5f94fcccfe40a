import type { Level } from "./condition.ts";

/** What a rule sees when it looks. */
export interface Observation {
  /** Undefined where nothing was measured: silence. */
  readonly value: number | undefined;
  /** What to say instead of the number: `the breaker is open after 5 consecutive failures`. */
  readonly words?: string;
  /** What else to say, such as the last error. */
  readonly detail?: string;
  /** The number to show, where `value` is only a rank. */
  readonly shown?: Measured;
}

/** A number of a component as it is shown. */
export interface Measured {
  readonly measure?: string;
  readonly value?: number;
  readonly unit?: string;
  readonly good?: "low" | "high";
}

/** Watches one number of a component, as plain data and a way to ask for the number. */
export interface Rule {
  /** Name of the alert it raises. */
  readonly alert: string;
  /** The number in words: `p95 of cpuUtilization over 1m`. */
  readonly what: string;
  /** The number in one word, such as `successRate`. */
  readonly measure: string;
  readonly unit: string;
  /** Which direction is an improvement. */
  readonly good?: "low" | "high";
  /** One line about what it means; default: the component and its status. */
  readonly summary?: string;
  readonly levels: readonly Level[];
  /** How far back its number looks; default: not at all. */
  readonly windowMs?: number;
  /** It measures absence: that it finds nothing wrong does not make a component healthy of which nothing was ever heard. */
  readonly isAboutSilence?: true;
  observe(nowMs: number): Observation;
}
