import type { Alert } from "../record.ts";

/** Somewhere alerts are told outside of this process. */
export interface Sink {
  readonly name: string;
  /** Where it sends, without credentials or a query: for people. */
  readonly target: string;
  /** Tells the same again after this many milliseconds, for as long as it holds; undefined for a sink that remembers. */
  readonly resendMs?: number;
  /**
   * Sends alerts as they are now, all at once.
   *
   * @param signal aborts at the deadline and when the collector stops
   * @throws when it did not arrive; a `Refused` when it never will
   */
  send(alerts: readonly Alert[], signal: AbortSignal): Promise<void>;
}

/** The other side understood and will not take it, however often it is sent. */
export class Refused extends Error {}

/** How a sink fares. */
export interface SinkReport {
  readonly name: string;
  readonly target: string;
  /** Alerts that arrived, each time they were sent. */
  readonly sent: number;
  /** Sends that did not arrive. */
  readonly failures: number;
  readonly consecutiveFailures: number;
  /** Alerts that were given up: refused, or more than the queue holds. */
  readonly dropped: number;
  /** Alerts that wait to be sent. */
  readonly pending: number;
  /** ISO 8601; null before the first that arrived. */
  readonly lastSuccess: string | null;
  readonly lastError: string | null;
}
