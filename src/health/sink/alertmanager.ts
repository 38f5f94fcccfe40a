import type { Clock } from "../../base/clock.ts";
import type { Alert } from "../record.ts";
import { post, shown } from "./post.ts";
import type { Sink } from "./sink.ts";

/** A firing alert is told to end after so many times the time between two tellings: as Prometheus does, so that a few may be lost. */
const ENDS_AFTER_RESENDS = 4;

export interface AlertmanagerOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds between two tellings of what still holds. */
  readonly resend: number;
}

/** Alertmanager's API v2. What fires is told again with `endsAt` kept ahead; what resolved is told again for a while. */
export function alertmanagerSink({ url, headers, resend }: AlertmanagerOptions, clock: Clock): Sink<Alert> {
  const target = `${url.replace(/\/$/, "")}/api/v2/alerts`;
  return {
    name: "alertmanager",
    target: shown(target),
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
      return "took an empty list of alerts";
    },
  };
}

function bodyOf({ labels, annotations, startsAt, endsAt }: Alert, later: string): object {
  return { labels, annotations, startsAt, endsAt: endsAt ?? later };
}
