import type { Alert } from "../record.ts";

/** The part of an alert that Alertmanager's API and its webhook payload have in common. */
export interface Notification {
  readonly labels: Alert["labels"];
  readonly annotations: Alert["annotations"];
  readonly startsAt: string;
}

/** Alerts whose names start like this are the product's, and each has a runbook. */
const OF_THE_PRODUCT = /^Vitals[A-Z]/;

/**
 * An alert as receivers show it: once it is resolved, its description says what ended it.
 *
 * @param externalUrl URL of the page, which serves the runbooks; empty if it is not known
 */
export function notificationOf({ labels, annotations, startsAt, state, reason }: Alert, externalUrl: string): Notification {
  const hasRunbook = externalUrl !== "" && OF_THE_PRODUCT.test(labels.alertname);
  const link = hasRunbook ? { runbook_url: new URL(`runbooks/${labels.alertname}`, folderOf(externalUrl)).href } : {};
  return { labels, annotations: { ...annotations, ...(state === "resolved" ? { description: reason } : {}), ...link }, startsAt };
}

/** Link to the time on the page at which an alert fired. @param externalUrl URL of the page */
export function generatorUrlOf({ startsAt }: Alert, externalUrl: string): string {
  const url = folderOf(externalUrl);
  url.hash = `time=${startsAt}`;
  return url.href;
}

/** The page's URL, ending in a slash. */
function folderOf(externalUrl: string): URL {
  const url = new URL(externalUrl);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
