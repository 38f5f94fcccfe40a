import * as z from "zod";
import type { HealthEvent } from "../record.ts";
import { durationSchema } from "../../base/duration.ts";

/** How much a sink takes and when. */
export interface Pace {
  /** Sent in one request at most. */
  readonly batch?: number;
  /** Milliseconds from the beginning of one request to that of the next; the first does not wait. */
  readonly everyMs?: number;
  /** Milliseconds that one request may take. */
  readonly deadlineMs?: number;
}

/** Somewhere that alerts, or all that happens to health, are told. */
export interface Sink<T> {
  readonly name: string;
  /** Where it sends, without credentials or a query: for people. */
  readonly target: string;
  /** Tells the same again after this many milliseconds, for as long as it holds; undefined for a sink that remembers. */
  readonly resendMs?: number;
  readonly pace?: Pace;
  /**
   * Sends all of them at once, in their order.
   *
   * @param signal aborts at the deadline and when the collector stops
   * @throws when it did not arrive; a `Refused` when it never will
   */
  send(items: readonly T[], signal: AbortSignal): Promise<void>;
  /**
   * Asks whether it would take something, without telling it anything that could wake somebody.
   *
   * @returns what was done and what it answered, in words
   * @throws when it would not
   */
  check?(signal: AbortSignal): Promise<string>;
}

/** A sink that is told each transition and each alert as it happened, in order. */
export interface EventSink extends Sink<HealthEvent> {
  /** Events that wait at most; default 2 048. */
  readonly queue?: number;
}

/** What a sink said when it was asked. */
export interface SinkAnswer {
  readonly name: string;
  readonly target: string;
  readonly ok: boolean;
  /** What was done and what came of it, in words. */
  readonly detail: string;
}

/** The other side understood and will not take it, however often it is sent. */
export class Refused extends Error {}

/** How a sink fares. */
export interface SinkReport {
  readonly name: string;
  readonly target: string;
  /** Alerts, or events, that arrived, each time they were sent. */
  readonly sent: number;
  /** Sends that did not arrive. */
  readonly failures: number;
  readonly consecutiveFailures: number;
  /** Those that were given up: refused, or more than the queue holds. */
  readonly dropped: number;
  /** Those that wait to be sent. */
  readonly pending: number;
  /** ISO 8601; null before the first that arrived. */
  readonly lastSuccess: string | null;
  readonly lastError: string | null;
}

/** Empty, as an unset variable leaves it, for none. */
const url = z.union([z.literal(""), z.url({ protocol: /^https?$/ })], { error: "expected an http or https URL, or nothing" }).default("");

const headers = z.record(z.string(), z.string()).default({});

/** `collector.alerts`: where alerts are told. */
export const alertOptions = z.strictObject({
  /** Alertmanager's address; `/api/v2/alerts` is added. */
  alertmanager: z.strictObject({ url, headers, resend: durationSchema.default(60_000) }).prefault({}),
  /** Gets the body of Alertmanager's webhooks, version 4. */
  webhook: z.strictObject({ url, headers }).prefault({}),
});
export type AlertOptions = z.output<typeof alertOptions>;
