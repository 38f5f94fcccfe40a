import type { Alert } from "../record.ts";

/** The part of an alert that Alertmanager's API and its webhook payload have in common. */
export interface Notification {
  readonly labels: Alert["labels"];
  readonly annotations: Alert["annotations"];
  readonly startsAt: string;
}

/** An alert as receivers show it: once it is resolved, its description says what ended it. */
export function notificationOf({ labels, annotations, startsAt, state, reason }: Alert): Notification {
  return { labels, annotations: state === "resolved" ? { ...annotations, description: reason } : annotations, startsAt };
}

/** Link to the time on the page at which an alert fired. @param externalUrl URL of the page */
export function generatorUrlOf({ startsAt }: Alert, externalUrl: string): string {
  const url = new URL(externalUrl);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  url.hash = `time=${startsAt}`;
  return url.href;
}
