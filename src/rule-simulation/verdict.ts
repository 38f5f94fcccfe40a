import type { Alert } from "../health/record.ts";
import { momentText } from "./timestamp.ts";
import type { Run, Told } from "./simulation.ts";
import type { ExpectedAlert, ExpectedEvent, ExpectedLook, TestOptions } from "./options.ts";

/** Something that was expected and did not come, or came and was not expected. */
export interface Mismatch {
  /** Keys that lead to the expectation, from the test on. */
  readonly path: readonly PropertyKey[];
  readonly expected: string;
  readonly found: readonly string[];
}

/** Moments that a test looks at. */
export const momentsOf = ({ expect = [], timeline = [] }: TestOptions): readonly number[] => [
  ...expect.map(({ at }) => at),
  ...timeline.map(({ at }) => at),
];

/** What of a run is not as expected; nothing where all is. */
export function mismatchesOf(test: TestOptions, run: Run): readonly Mismatch[] {
  const looks = (test.expect ?? []).flatMap((expected, n) => [...lookMismatches(expected, ["expect", n], run)]);
  if (test.timeline === undefined && test.quiet === undefined) return looks;
  return [...looks, ...timelineMismatches(test.timeline ?? [], run.told)];
}

function* lookMismatches(expected: ExpectedLook, path: readonly PropertyKey[], run: Run): Generator<Mismatch> {
  const { at, component, status, reason, alerts } = expected;
  const look = run.looks.get(at);
  if (!look) throw new Error(`the run was not looked at after ${at} ms`);
  const { report } = look;
  const stands = component === "overall" ? report : report.components.find((each) => each.component === component);
  const when = `at ${momentText(at)}`;
  if (stands && status !== undefined && stands.status !== status)
    yield { path: [...path, "status"], expected: `${when} ${component} is ${status}`, found: [`it is ${stands.status}: ${stands.reason}`] };
  if (stands && reason && !reason.fits(stands.reason))
    yield { path: [...path, "reason"], expected: `${when} the reason of ${component} has ${reason.text}`, found: [stands.reason] };
  if (!alerts) return;
  const firing = look.alerts.filter(({ labels }) => component === undefined || labels.component === component);
  const { missing, rest } = pair(alerts, firing, fits);
  for (const [n, each] of missing) {
    const found = firing.filter(({ labels }) => labels.alertname === each.alert);
    yield {
      path: [...path, "alerts", n],
      expected: `${when} ${words(each)} fires`,
      found: (found.length > 0 ? found : firing).map(alertWords),
    };
  }
  // What was shown of those that are missing is not told again.
  const others = rest.filter(({ labels }) => !missing.some(([, { alert }]) => alert === labels.alertname));
  if (others.length === 0) return;
  const none = `${when} ${alerts.length === 0 ? "no alert" : "no other alert"} fires`;
  yield { path: [...path, "alerts"], expected: none, found: others.map(alertWords) };
}

function* timelineMismatches(expected: readonly ExpectedEvent[], told: readonly Told[]): Generator<Mismatch> {
  const { missing, rest } = pair(expected, told, (event, each) => isAt(event, each) && isTold(event, each));
  for (const [n, event] of missing) {
    const near = told.filter(({ alert }) => alert.labels.alertname === (event.fired ?? event.resolved));
    yield { path: ["timeline", n], expected: eventWords(event), found: (near.length > 0 ? near : told).map(toldWords) };
  }
  const others = rest.filter(({ alert }) => !missing.some(([, { fired, resolved }]) => alert.labels.alertname === (fired ?? resolved)));
  if (others.length === 0) return;
  const [key, none] = expected.length === 0 ? ["quiet", "nothing is told"] : ["timeline", "nothing else is told"];
  yield { path: [key], expected: none, found: others.map(toldWords) };
}

/** Pairs each of the expected with one of the found that fits, whatever their order; those that say most choose first. */
function pair<E extends object, F>(
  expected: readonly E[],
  found: readonly F[],
  fit: (expected: E, found: F) => boolean,
): { readonly missing: readonly (readonly [number, E])[]; readonly rest: readonly F[] } {
  const rest = [...found];
  const says = (each: E): number => Object.values(each).filter((value) => value !== undefined).length;
  const missing = [...expected.entries()]
    .toSorted(([, a], [, b]) => says(b) - says(a))
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

/** Written moments are whole milliseconds. */
const isAt = ({ at }: ExpectedEvent, { atMs }: Told): boolean => Math.floor(atMs) === at;

function isTold({ fired, resolved, component, severity, reason }: ExpectedEvent, { alert }: Told): boolean {
  if (alert.state !== (fired === undefined ? "resolved" : "firing")) return false;
  return fits({ alert: fired ?? resolved ?? "", component, severity, reason }, alert);
}

function words({ alert, component, severity, reason, inhibited }: ExpectedAlert): string {
  const of = component === undefined ? "" : ` of ${component}`;
  const how = inhibited === undefined ? "" : inhibited ? ", inhibited" : ", not inhibited";
  return `${alert}${of}${severity === undefined ? "" : `, ${severity}`}${how}${reason ? `, for a reason with ${reason.text}` : ""}`;
}

function eventWords({ at, fired, resolved, ...rest }: ExpectedEvent): string {
  return `at ${momentText(at)} ${words({ ...rest, alert: fired ?? resolved ?? "" })} ${fired === undefined ? "resolves" : "fires"}`;
}

const alertWords = ({ labels, reason, inhibitedBy }: Alert): string =>
  `${labels.alertname} of ${labels.component}, ${labels.severity}${inhibitedBy === undefined ? "" : ", inhibited"}: ${reason}`;

const toldWords = ({ atMs, alert }: Told): string =>
  `at ${momentText(atMs)} ${alert.state === "firing" ? "fired" : "resolved"} ${alertWords(alert)}`;
