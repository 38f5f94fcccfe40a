import type { Alert } from "../record.ts";
import { post, reach, shown } from "./post.ts";
import type { Sink } from "./sink.ts";

export interface WebhookOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What Go prints for no moment; receivers of Alertmanager's webhooks expect it of an alert that fires. */
const NO_MOMENT = "0001-01-01T00:00:00Z";

/** Any receiver of Alertmanager's webhooks: its body in version 4, with all alerts that changed together. */
export function webhookSink({ url, headers }: WebhookOptions): Sink<Alert> {
  return {
    name: "webhook",
    target: shown(url),
    send: (alerts, signal) => post(url, bodyOf(alerts), headers, signal),
    // Receivers make messages of what is posted, even of an empty list.
    check: async (signal) => `answered ${await reach(url, headers, signal)} to HEAD; nothing was posted, because that could page somebody`,
  };
}

function bodyOf(alerts: readonly Alert[]): object {
  const commonLabels = common(alerts.map(({ labels }) => labels));
  const commonAnnotations = common(alerts.map(({ annotations }) => annotations));
  return {
    version: "4",
    // One group of everything, as Alertmanager has it where nothing is grouped.
    groupKey: "{}:{}",
    truncatedAlerts: 0,
    status: alerts.some(({ state }) => state === "firing") ? "firing" : "resolved",
    receiver: "otel-vitals",
    groupLabels: {},
    commonLabels,
    commonAnnotations,
    externalURL: "",
    alerts: alerts.map(({ state, labels, annotations, startsAt, endsAt, fingerprint }) => ({
      status: state,
      labels,
      annotations,
      startsAt,
      endsAt: endsAt ?? NO_MOMENT,
      generatorURL: "",
      fingerprint,
    })),
  };
}

/** What all of them have in common. */
function common(all: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> {
  const [first = {}, ...rest] = all;
  return Object.fromEntries(Object.entries(first).filter(([name, value]) => rest.every((each) => each[name] === value)));
}
