import type { Alert } from "../health/record.ts";
import { timestampText } from "./timestamp.ts";
import type { Notification, Run } from "./simulation.ts";
import type { ExpectedAlert, ExpectedEvent, ExpectedState, TestOptions } from "./options.ts";

/** An expectation that a run did not meet. */
export interface Mismatch {
  /** Path of the expectation inside its test. */
  readonly path: readonly PropertyKey[];
  readonly expected: string;
  readonly found: readonly string[];
}

/** The times at which a test needs a snapshot, in milliseconds since the start of the run. */
export const snapshotTimesOf = ({ expect = [], timeline = [] }: TestOptions): readonly number[] => [
  ...expect.map(({ at }) => at),
  ...timeline.map(({ at }) => at),
];

/** The expectations of a test that a run did not meet. */
export function mismatchesOf(test: TestOptions, run: Run): readonly Mismatch[] {
  const states = (test.expect ?? []).flatMap((expected, n) => [...stateMismatches(expected, ["expect", n], run)]);
  if (test.timeline === undefined && test.quiet === undefined) return states;
  return [...states, ...timelineMismatches(test.timeline ?? [], run.notifications)];
}

function* stateMismatches(expected: ExpectedState, path: readonly PropertyKey[], run: Run): Generator<Mismatch> {
  const { at, component, status, reason, alerts } = expected;
  const snapshot = run.snapshots.get(at);
  if (!snapshot) throw new Error(`the run has no snapshot at ${at} ms`);
  const { report } = snapshot;
  const actual = component === "overall" ? report : report.components.find((each) => each.component === component);
  const when = `at ${timestampText(at)}`;
  if (actual && status !== undefined && actual.status !== status)
    yield { path: [...path, "status"], expected: `${when} ${component} is ${status}`, found: [`${actual.status}: ${actual.reason}`] };
  if (actual && reason && !reason.fits(actual.reason))
    yield { path: [...path, "reason"], expected: `${when} the reason of ${component} matches ${reason.text}`, found: [actual.reason] };
  if (!alerts) return;
  const firing = snapshot.alerts.filter(({ labels }) => component === undefined || labels.component === component);
  const { missing, rest } = pair(alerts, firing, fits);
  for (const [n, each] of missing) {
    const found = firing.filter(({ labels }) => labels.alertname === each.alert);
    yield {
      path: [...path, "alerts", n],
      expected: `${when} ${describe(each)} is firing`,
      found: (found.length > 0 ? found : firing).map(alertText),
    };
  }
  // Alerts shown beside a missing one are not reported again.
  const others = rest.filter(({ labels }) => !missing.some(([, { alert }]) => alert === labels.alertname));
  if (others.length === 0) return;
  const none = `${when} no ${alerts.length === 0 ? "alert" : "other alert"} is firing`;
  yield { path: [...path, "alerts"], expected: none, found: others.map(alertText) };
}

function* timelineMismatches(expected: readonly ExpectedEvent[], notifications: readonly Notification[]): Generator<Mismatch> {
  const { missing, rest } = pair(expected, notifications, (event, each) => isAt(event, each) && isOf(event, each));
  for (const [n, event] of missing) {
    const near = notifications.filter(({ alert }) => alert.labels.alertname === (event.fired ?? event.resolved));
    yield { path: ["timeline", n], expected: eventText(event), found: (near.length > 0 ? near : notifications).map(notificationText) };
  }
  const others = rest.filter(({ alert }) => !missing.some(([, { fired, resolved }]) => alert.labels.alertname === (fired ?? resolved)));
  if (others.length === 0) return;
  const [key, none] = expected.length === 0 ? ["quiet", "no alert fires or resolves"] : ["timeline", "no other alert fires or resolves"];
  yield { path: [key], expected: none, found: others.map(notificationText) };
}

/** Pairs each expected item with a found one that fits, in any order; the most specific expectations choose first. */
function pair<E extends object, F>(
  expected: readonly E[],
  found: readonly F[],
  fit: (expected: E, found: F) => boolean,
): { readonly missing: readonly (readonly [number, E])[]; readonly rest: readonly F[] } {
  const rest = [...found];
  const specificity = (each: E): number => Object.values(each).filter((value) => value !== undefined).length;
  const missing = [...expected.entries()]
    .toSorted(([, a], [, b]) => specificity(b) - specificity(a))
    .filter(([, each]) => {
      const at = rest.findIndex((one) => fit(each, one));
      if (at !== -1) rest.splice(at, 1);
      return at === -1;
    });
  return { missing: missing.toSorted(([a], [b]) => a - b), rest };
}

const fits = ({ alert, component, severity, reason, inhibited }: ExpectedAlert, { labels, reason: why, inhibitedBy }: Alert): boolean =>
  labels.alertname === alert &&
  (component === undefined || labels.component === component) &&
  (severity === undefined || labels.severity === severity) &&
  (reason === undefined || reason.fits(why)) &&
  (inhibited === undefined || inhibited === (inhibitedBy !== undefined));

/** Written timestamps are whole milliseconds. */
const isAt = ({ at }: ExpectedEvent, { atMs }: Notification): boolean => Math.floor(atMs) === at;

function isOf({ fired, resolved, component, severity, reason }: ExpectedEvent, { alert }: Notification): boolean {
  if (alert.state !== (fired === undefined ? "resolved" : "firing")) return false;
  return fits({ alert: fired ?? resolved ?? "", component, severity, reason }, alert);
}

function describe({ alert, component, severity, reason, inhibited }: ExpectedAlert): string {
  const properties = [
    ...(severity === undefined ? [] : [severity]),
    ...(inhibited === undefined ? [] : [inhibited ? "inhibited" : "not inhibited"]),
    ...(reason === undefined ? [] : [`reason matches ${reason.text}`]),
  ];
  return `${alert}${component === undefined ? "" : ` of ${component}`}${properties.length === 0 ? "" : ` (${properties.join(", ")})`}`;
}

function eventText({ at, fired, resolved, ...rest }: ExpectedEvent): string {
  return `at ${timestampText(at)} ${describe({ ...rest, alert: fired ?? resolved ?? "" })} ${fired === undefined ? "resolves" : "fires"}`;
}

const alertText = ({ labels, reason, inhibitedBy }: Alert): string =>
  `${labels.alertname} of ${labels.component} (${labels.severity}${inhibitedBy === undefined ? "" : ", inhibited"}): ${reason}`;

function notificationText({ atMs, alert }: Notification): string {
  const { labels, reason, state } = alert;
  const verb = state === "firing" ? "fires" : "resolves";
  return `at ${timestampText(atMs)} ${labels.alertname} of ${labels.component} (${labels.severity}) ${verb}: ${reason}`;
}
