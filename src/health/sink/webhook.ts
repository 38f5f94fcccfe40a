import type { Alert } from "../record.ts";
import { generatorUrlOf, notificationOf } from "./notification.ts";
import { post, reach, urlWithSecretPath } from "./post.ts";
import type { Sink } from "./sink.ts";

export interface WebhookOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Go's zero time, which receivers of Alertmanager's webhooks expect as the end of a firing alert. */
const ZERO_TIME = "0001-01-01T00:00:00Z";

/**
 * Any receiver of Alertmanager's webhooks: its payload in version 4, with all alerts that changed together.
 *
 * @param externalUrl URL of the page; empty if it is not known
 */
export function webhookSink({ url: href, headers }: WebhookOptions, externalUrl: string): Sink<Alert> {
  const url = urlWithSecretPath(href);
  return {
    name: "webhook",
    target: url.shown,
    send: (alerts, signal) => post(url, bodyOf(alerts, externalUrl), headers, signal),
    // Receivers turn any post into a message, even one of an empty list.
    check: async (signal) => `HEAD returned ${await reach(url, headers, signal)}; nothing was posted, because a post could notify a person`,
  };
}

function bodyOf(alerts: readonly Alert[], externalUrl: string): object {
  const sent = alerts.map((alert) => ({
    status: alert.state,
    ...notificationOf(alert, externalUrl),
    endsAt: alert.endsAt ?? ZERO_TIME,
    generatorURL: externalUrl === "" ? "" : generatorUrlOf(alert, externalUrl),
    fingerprint: alert.fingerprint,
  }));
  return {
    version: "4",
    // A single group, as Alertmanager names it when nothing is grouped.
    groupKey: "{}:{}",
    truncatedAlerts: 0,
    status: alerts.some(({ state }) => state === "firing") ? "firing" : "resolved",
    receiver: "otel-vitals",
    groupLabels: {},
    commonLabels: common(sent.map(({ labels }) => labels)),
    commonAnnotations: common(sent.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    alerts: sent,
  };
}

/** The entries that all of them have. */
function common(all: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const [first = {}, ...rest] = all;
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => rest.every((each) => each[name] === value)));
}
