import type { Clock } from "../../base/clock.ts";
import type { Alert } from "../record.ts";
import { generatorUrlOf, notificationOf } from "./notification.ts";
import { post, urlWithPath } from "./post.ts";
import type { Sink } from "./sink.ts";

/** A firing alert ends after this many resends, as in Prometheus, so that a few lost requests do not resolve it. */
const ENDS_AFTER_RESENDS = 4;

/** A request takes no longer than this and, down to a second, no longer than the resend delay: a hanging one is repeated in time. */
const LONGEST_REQUEST_MS = 10_000;
const SHORTEST_DEADLINE_MS = 1_000;

export interface AlertmanagerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds after which an alert is resent. */
  readonly resend: number;
}

/** What the sink needs to know besides its options. */
export interface AlertmanagerContext {
  readonly clock: Clock;
  /** Milliseconds between two evaluations of a component. */
  readonly intervalMs: (component: string) => number;
  /** URL of the page; empty if it is not known. */
  readonly externalUrl: string;
}

/**
 * Alertmanager's API v2, by Prometheus' alert generator specification: firing alerts are resent with an `endsAt` in the future, resolved
 * ones are resent for a while.
 */
export function alertmanagerSink({ url, headers, resend }: AlertmanagerOptions, context: AlertmanagerContext): Sink<Alert> {
  const { clock, intervalMs, externalUrl } = context;
  const target = urlWithPath(`${url.replace(/\/$/, "")}/api/v2/alerts`);
  const lifetimeMs = ({ labels }: Alert): number => ENDS_AFTER_RESENDS * Math.max(resend, intervalMs(labels.component));
  const bodyOf = (alert: Alert): object => ({
    ...notificationOf(alert, externalUrl),
    endsAt: alert.endsAt ?? new Date(clock.wallMs() + lifetimeMs(alert)).toISOString(),
    ...(externalUrl === "" ? {} : { generatorURL: generatorUrlOf(alert, externalUrl) }),
  });
  return {
    name: "alertmanager",
    target: target.shown,
    resend: { delayMs: resend, lifetimeMs },
    pace: { deadlineMs: Math.min(LONGEST_REQUEST_MS, Math.max(SHORTEST_DEADLINE_MS, resend)) },
    send: (alerts, signal) => post(target, alerts.map(bodyOf), headers, signal),
    check: async (signal) => {
      await post(target, [], headers, signal);
      return "accepted an empty list of alerts";
    },
  };
}
