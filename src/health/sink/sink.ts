import * as z from "zod";
import type { HealthEvent } from "../record.ts";
import { durationSchema } from "../../base/duration.ts";
import { isVitalsError, type VitalsError } from "../../base/errors.ts";
import { headersSchema } from "../../base/header.ts";
import { optionalUrl } from "../../base/url.ts";

/** How much is sent to a sink at once, and how often. */
export interface Pace {
  /** Maximum number of items in one request. Default: 256. */
  readonly batch?: number;
  /** Minimum milliseconds between the starts of two requests; the first does not wait. Default: 0. */
  readonly everyMs?: number;
  /** Deadline of one request in milliseconds. Default: 10 000. */
  readonly deadlineMs?: number;
}

/** How a receiver is reminded of alerts. Times are in milliseconds. */
export interface Resend<T> {
  /** Time after which an item is sent again, at the next evaluation. */
  readonly delayMs: number;
  /** How long the receiver takes a firing item to last after each send. */
  lifetimeMs(item: T): number;
}

/** A destination of alerts or of all health events. */
export interface Sink<T> {
  /** Identifies it in statistics, metrics and logs; unique in a collector. */
  readonly name: string;
  /** Where it sends, for people: without credentials and query. */
  readonly target: string;
  /** Alerts are resent; undefined for a receiver that keeps what it received. */
  readonly resend?: Resend<T>;
  /** How much is sent at once, and how often. Default: that of `Pace`. */
  readonly pace?: Pace;
  /**
   * Sends these items in one request, in order.
   *
   * @param items at least one, oldest first
   * @param signal aborts at the deadline and when the collector stops
   * @throws when they were not delivered, to be called again with them; a VitalsError with code `sink_refused` when they never will be
   *   accepted, so that they are dropped
   */
  send(items: readonly T[], signal: AbortSignal): Promise<void>;
  /**
   * Checks whether the receiver would accept something, without sending anything that could notify a person.
   *
   * @param signal aborts at the deadline: the check should end then
   * @returns one phrase for people: what was sent and how the receiver responded
   * @throws when the receiver would not accept it
   */
  check?(signal: AbortSignal): Promise<string>;
}

/** A sink that receives each transition and each alert as it happens, in order. */
export interface EventSink extends Sink<HealthEvent> {
  /** Maximum number of pending events. Default: 2 048. */
  readonly queue?: number;
  /** Whether it receives what happens during the start-up grace as well, as a log does, which sends no notification. Default: false. */
  readonly duringStartup?: boolean;
}

/** Result of the check of one sink. */
export interface SinkAnswer {
  /** Name of the sink. */
  readonly name: string;
  /** Where it sends, without credentials and query. */
  readonly target: string;
  /** Whether the receiver would accept alerts. */
  readonly ok: boolean;
  /** What was sent and how the receiver responded, or why it failed. */
  readonly detail: string;
}

/**
 * Whether an error of `send` says that the receiver will never accept these items: a VitalsError with code `sink_refused`. Checks the
 * code, not the class, so that it holds across two copies of this package.
 */
export function isSinkRefusal(error: unknown): error is VitalsError & { readonly code: "sink_refused" } {
  return isVitalsError(error) && error.code === "sink_refused";
}

/** Statistics of a sink since the start. */
export interface SinkReport {
  /** Name of the sink. */
  readonly name: string;
  /** Where it sends, without credentials and query. */
  readonly target: string;
  /** Items delivered; an item that was resent counts each time. */
  readonly sent: number;
  /** Requests that failed. */
  readonly failures: number;
  /** Requests that failed since the last success. */
  readonly consecutiveFailures: number;
  /** Items dropped: refused by the receiver, or beyond the limit of the queue. */
  readonly dropped: number;
  /** Items that are not delivered yet. */
  readonly pending: number;
  /** ISO 8601; null before the first success. */
  readonly lastSuccess: string | null;
  /** One bounded line without secrets; null before the first failure. */
  readonly lastError: string | null;
}

const url = optionalUrl("; set them in headers").default("");

const headers = headersSchema.default({});

/** `collector.alerts`: where alerts are sent. */
export const alertOptions = z.strictObject({
  /** Alertmanager's base URL; `/api/v2/alerts` is appended. */
  alertmanager: z
    .strictObject({
      /** Default: empty, and nothing is sent. */
      url,
      /** Sent with each request, such as `Authorization`. Default: none. */
      headers,
      /** Time after which a firing alert is sent again. Default: 1 m. */
      resend: durationSchema.default(60_000),
    })
    .prefault({}),
  /** Receives Alertmanager's webhook payload, version 4. */
  webhook: z
    .strictObject({
      /** Default: empty, and nothing is sent. */
      url,
      /** Sent with each request, such as `Authorization`. Default: none. */
      headers,
    })
    .prefault({}),
});
export type AlertOptions = z.output<typeof alertOptions>;
