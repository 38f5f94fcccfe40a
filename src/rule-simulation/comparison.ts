import { componentOf, sourceComponentOf } from "../collector/components.ts";
import type { Plan } from "../collector/resolve.ts";
import type { RecordedAlert, Retained } from "../collector/retained.ts";
import type { Alert } from "../health/record.ts";
import type { Severity } from "../health/status.ts";
import { replayRules } from "./replay.ts";

/** When an alert fired or resolved, and why. */
export interface AlertTime {
  /** Wall-clock time. */
  readonly atMs: number;
  readonly reason: string;
}

/** An alert that fired or resolved: with the configuration under test, in reality, or both. */
export interface ComparedAlert {
  readonly alert: string;
  readonly component: string;
  readonly severity: Severity;
  readonly event: "fired" | "resolved";
  /** Absent if it would not. */
  readonly would?: AlertTime;
  /** Absent if it did not. */
  readonly did?: AlertTime;
  /** What would happen; if nothing would, what did. */
  readonly shown: AlertTime;
}

/** A firing alert. */
export type FiringAlert = Pick<ComparedAlert, "alert" | "component" | "severity">;

/** A rule, component or collection that retained samples cannot show. */
export interface NotReplayed {
  readonly what: string;
  readonly why: string;
  /** How often an alert of it fired in the time shown. */
  readonly fired: number;
}

/** What a configuration would have done with retained samples, beside what happened. */
export interface Comparison {
  /** Wall-clock times: of the first sample, from which windows fill; of what is shown; and of the last sample. */
  readonly firstMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly samples: number;
  readonly collections: readonly string[];
  /** What fires at the start of what is shown: with the configuration under test, and in reality. Empty where no sample is before it. */
  readonly firing: { readonly would: readonly FiringAlert[]; readonly did: readonly FiringAlert[] };
  /** In order of time. */
  readonly alerts: readonly ComparedAlert[];
  readonly notReplayed: readonly NotReplayed[];
  readonly notes: readonly string[];
}

/** Alerts of built-in rules that judge something which samples do not hold. */
const NOT_HELD: readonly (readonly [alert: string, why: string])[] = [
  ["VitalsCollectionIncomplete", "samples do not hold what is missing of a reading"],
  ["VitalsEventLoopSlow", "samples do not hold the event-loop delay"],
  ["VitalsHeapNearLimit", "samples do not hold the heap in use"],
  ["VitalsExporterFailing", "samples do not hold the results of exporters"],
  ["VitalsSinkFailing", "samples do not hold the results of sinks"],
  ["VitalsSinkDropping", "samples do not hold the results of sinks"],
  ["VitalsStateNotSaved", "samples do not hold whether the state was saved"],
  ["VitalsCheckFailing", "samples do not hold the findings of checks that a program registers"],
];

/** Number of evaluations by which what would have happened may be off. */
const TOLERATED = 2;
/** A busy process dates an alert later than its sample. */
const MIN_TOLERANCE_MS = 1_000;

/**
 * Replays samples, and pairs what would have fired and resolved with what did.
 *
 * The same alert of the same component with the same severity is one event if the two times are at most two evaluations apart: two intervals
 * of the collection, or two full assessments where these evaluate the rule; and at least a second.
 *
 * @param sinceMs how much of the end is shown; what is before only fills windows
 * @param retained with at least one sample
 */
export function compareRules(plan: Plan, retained: Retained, sinceMs: number): Comparison {
  const firstMs = Math.min(...retained.samples.slice(0, 1).map(({ time }) => Date.parse(time)));
  const toMs = retained.samples.reduce((newestMs, { durationMs, time }) => Math.max(newestMs, Date.parse(time) + durationMs), firstMs);
  const fromMs = Math.max(firstMs, toMs - sinceMs);
  // What the first sample brings may be dated before it, because times of samples are rounded.
  const shownMs = fromMs === firstMs ? firstMs - MIN_TOLERANCE_MS : fromMs;
  const { alertsOf, intervals, notes, notifications } = replayRules(plan, retained);
  const did = retained.alerts.filter(({ alert, atMs }) => alert.inhibitedBy === undefined && atMs <= toMs + DATING_MS);
  const held = did.filter(({ alert }) => isReplayed(alert.labels, alertsOf));
  const alerts = paired(notifications, held, { firstMs, toleranceOf: (alert) => toleranceMs(alert, plan, intervals) });
  const rest = did.filter(({ alert, atMs }) => atMs >= shownMs && !isReplayed(alert.labels, alertsOf));
  return {
    firstMs,
    fromMs,
    toMs,
    samples: retained.samples.length,
    collections: [...intervals.keys()],
    firing: fromMs === firstMs ? { would: [], did: [] } : { would: firingAt(notifications, fromMs), did: firingAt(held, fromMs) },
    alerts: alerts.filter(({ shown }) => shown.atMs >= shownMs).toSorted((a, b) => a.shown.atMs - b.shown.atMs),
    notReplayed: notReplayedOf(plan, retained, rest),
    notes: [...retained.notes, ...notes],
  };
}

/** An alert has the time at which its sample was applied, shortly after the sample has ended. */
const DATING_MS = 1_000;

function toleranceMs(
  { labels: { alertname, component } }: Alert,
  { collections, options }: Plan,
  intervals: ReadonlyMap<string, number>,
): number {
  const readers = [...intervals].filter(
    ([name]) => component === componentOf(name) || component === sourceComponentOf(collections.get(name)?.source ?? ""),
  );
  const intervalMs = Math.max(0, ...readers.map(([, each]) => each));
  const isEvaluatedAtTicks = readers.length > 0 && alertname !== "VitalsCollectionStale";
  return Math.max(MIN_TOLERANCE_MS, TOLERATED * (isEvaluatedAtTicks ? intervalMs : Math.max(intervalMs, options.health.interval)));
}

interface PairingOptions {
  /** When the first sample was taken. */
  readonly firstMs: number;
  readonly toleranceOf: (alert: Alert) => number;
}

const identityOf = ({ alert: { labels } }: RecordedAlert): string => JSON.stringify([labels.alertname, labels.component, labels.severity]);

function paired(would: readonly RecordedAlert[], did: readonly RecordedAlert[], { firstMs, toleranceOf }: PairingOptions): ComparedAlert[] {
  const [wouldBy, didBy] = [Map.groupBy(would, identityOf), Map.groupBy(did, identityOf)];
  return [...new Set([...wouldBy.keys(), ...didBy.keys()])].flatMap((key) =>
    (["firing", "resolved"] as const).flatMap((state) => {
      const ofState = (all: readonly RecordedAlert[] | undefined): Set<RecordedAlert> =>
        new Set(all?.filter(({ alert }) => alert.state === state));
      const [left, right] = [ofState(wouldBy.get(key)), ofState(didBy.get(key))];
      const distances = [...left].flatMap((one) => [...right].map((other) => ({ one, other, ms: Math.abs(one.atMs - other.atMs) })));
      const near = distances.filter(({ one, ms }) => ms <= toleranceOf(one.alert)).toSorted((a, b) => a.ms - b.ms);
      // What fires since before the first sample can only fire once there are samples.
      const open = distances.filter(
        ({ one, other }) => state === "firing" && other.atMs < firstMs && other === newestBefore(didBy.get(key), one.atMs),
      );
      const pairs: ComparedAlert[] = [];
      for (const { one, other } of [...near, ...open]) {
        if (!left.has(one) || !right.has(other)) continue;
        left.delete(one);
        right.delete(other);
        pairs.push({ ...describe(one), would: timed(one), did: timed(other), shown: timed(one) });
      }
      return [
        ...pairs,
        ...[...left].map((one) => ({ ...describe(one), would: timed(one), shown: timed(one) })),
        ...[...right].map((other) => ({ ...describe(other), did: timed(other), shown: timed(other) })),
      ];
    }),
  );
}

const newestBefore = (alerts: readonly RecordedAlert[] | undefined, ms: number): RecordedAlert | undefined =>
  alerts?.findLast(({ atMs }) => atMs < ms);

/** The alerts that fired before a time and were not resolved by then. */
function firingAt(alerts: readonly RecordedAlert[], ms: number): readonly FiringAlert[] {
  const newest = new Map(alerts.filter(({ atMs }) => atMs < ms).map((each) => [each.alert.fingerprint, each]));
  return [...newest.values()].filter(({ alert }) => alert.state === "firing").map(({ alert }) => nameOf(alert));
}

const nameOf = ({ labels: { alertname: alert, component, severity } }: Alert): FiringAlert => ({ alert, component, severity });

const describe = ({ alert }: RecordedAlert): FiringAlert & Pick<ComparedAlert, "event"> => ({
  ...nameOf(alert),
  event: alert.state === "firing" ? "fired" : "resolved",
});

const timed = ({ alert: { reason }, atMs }: RecordedAlert): AlertTime => ({ atMs, reason });

/** Whether samples show when an alert fires. */
const isReplayed = ({ alertname, component }: Alert["labels"], alertsOf: ReadonlyMap<string, readonly string[]>): boolean =>
  alertsOf.has(component) && !NOT_HELD.some(([alert]) => alert === alertname);

/** @param rest alerts in the time shown that are not replayed */
function notReplayedOf(plan: Plan, { samples }: Retained, rest: readonly RecordedAlert[]): readonly NotReplayed[] {
  const fires = rest.filter(({ alert }) => alert.state === "firing").map(({ alert }) => alert.labels);
  const sampled = new Set(samples.map(({ collection }) => collection));
  const counted = (what: string, why: string, isOf: (labels: Alert["labels"]) => boolean): NotReplayed => ({
    what,
    why,
    fired: fires.filter(isOf).length,
  });
  const ofComponent = (component: string, why: string): NotReplayed => counted(component, why, (labels) => labels.component === component);
  const unsampled = [...plan.collections.keys()].filter((name) => !sampled.has(name)).map(componentOf);
  const removed = [...sampled].filter((name) => !plan.collections.has(name)).map(componentOf);
  const others = new Set(
    fires.filter(({ alertname }) => !NOT_HELD.some(([alert]) => alert === alertname)).map(({ component }) => component),
  );
  for (const component of [...unsampled, ...removed]) others.delete(component);
  return [
    ...NOT_HELD.map(([alert, why]) => counted(alert, why, ({ alertname }) => alertname === alert)),
    ...unsampled.map((component) => ofComponent(component, "no sample is retained")),
    ...removed.map((component) => ofComponent(component, "the configuration does not have it")),
    ...[...others].map((component) => ofComponent(component, "the configuration does not have it, or no collection with samples reads it")),
  ];
}
