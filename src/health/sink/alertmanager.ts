import type { Clock } from "../../base/clock.ts";
import type { Alert } from "../record.ts";
import { post, withoutSecrets } from "./post.ts";
import type { Sink } from "./sink.ts";

/** A firing alert ends after this many resend intervals, as in Prometheus, so that a few lost requests do not resolve it. */
const ENDS_AFTER_RESENDS = 4;

export interface AlertmanagerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds after which firing alerts are resent. */
  readonly resend: number;
}

/** Alertmanager's API v2. Firing alerts are resent with an `endsAt` in the future; resolved ones are resent for a while. */
export function alertmanagerSink({ url, headers, resend }: AlertmanagerOptions, clock: Clock): Sink<Alert> {
  const target = `${url.replace(/\/$/, "")}/api/v2/alerts`;
  return {
    name: "alertmanager",
    target: withoutSecrets(target),
    resendMs: resend,
    send: (alerts, signal) => {
      const endsAt = new Date(clock.wallMs() + ENDS_AFTER_RESENDS * resend).toISOString();
      return post(
        target,
        alerts.map((alert) => bodyOf(alert, endsAt)),
        headers,
        signal,
      );
    },
    check: async (signal) => {
      await post(target, [], headers, signal);
      return "accepted an empty list of alerts";
    },
  };
}

function bodyOf({ labels, annotations, startsAt, endsAt }: Alert, ifFiring: string): object {
  return { labels, annotations, startsAt, endsAt: endsAt ?? ifFiring };
}
