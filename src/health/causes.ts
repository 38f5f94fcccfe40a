import type { AlertPace, WaitingChange } from "./alert-pace.ts";
import type { Change } from "./change.ts";
import type { OpenProblems } from "./open-problems.ts";
import { isInhibited, keyOf, keyOfChange, presentOf, type Problem, type Report } from "./problem.ts";

/** What explanations of alerts are found in. */
export interface CausesSettings {
  readonly open: OpenProblems;
  readonly pace: AlertPace;
  /** Monotonic time at which the last alert of a component was resolved. */
  readonly resolvedMs: ReadonlyMap<string, number>;
  /** Fingerprint of the alert that a waiting change would fire. */
  readonly fingerprintOf: (waiting: WaitingChange) => string;
}

/** Finds the alert that explains another one, so that one outage is sent once. */
export class Causes {
  readonly #settings: CausesSettings;

  constructor(settings: CausesSettings) {
    this.#settings = settings;
  }

  /** Whether an inhibited problem is explained, or can still be the aftermath of what explained it. */
  isExplained(key: string, { component, dependsOn, lookbackMs, report }: Problem, nowMs: number): boolean {
    const { open, pace, resolvedMs } = this.#settings;
    if (this.causeOf(key, dependsOn) !== undefined) return true;
    const reporting = report && open.get(report.key);
    if (
      (reporting && (reporting.component === component || !isInhibited(reporting))) ||
      pace.waiting.some(({ change }) => keyOfChange(change) === report?.key)
    )
      return true;
    const endedMs = [dependsOn, report?.component].map((each) => resolvedMs.get(each ?? "") ?? Number.NEGATIVE_INFINITY);
    return nowMs - Math.max(...endedMs) < lookbackMs;
  }

  /**
   * Fingerprint of the alert that explains one of a component that depends on this one: it fires, or would if it had not fired just before.
   *
   * @param key of the problem to be explained
   */
  causeOf(key: string, dependsOn: string | undefined): string | undefined {
    if (dependsOn === undefined) return undefined;
    const { open, pace, fingerprintOf } = this.#settings;
    const [causeKey] = open.keysOf(dependsOn);
    const cause = causeKey === undefined ? undefined : open.get(causeKey);
    // A problem that reported its cause first is not explained by it.
    if (cause) return cause.report?.key === key ? undefined : presentOf(cause).fingerprint;
    const waiting = pace.waiting.find(({ change }) => change.component === dependsOn);
    return waiting && fingerprintOf(waiting);
  }

  /** What has reported the same outage already: it fired, or would have if it had not fired just before, since the outage began. */
  reportOf(key: string, { component, dependsOn, failingSinceMs, rule: { reportedBy } }: Change): Report | undefined {
    if (reportedBy === undefined) return undefined;
    const { open, pace, fingerprintOf } = this.#settings;
    const own = keyOf(component, reportedBy);
    const ownProblem = own === key ? undefined : open.get(own);
    if (ownProblem) return { key: own, component, fingerprint: presentOf(ownProblem).fingerprint };
    if (failingSinceMs === undefined) return undefined;
    const cause = dependsOn ?? component;
    for (const [other, problem] of open) {
      const isSame = other === keyOf(problem.component, reportedBy) && problem.dependsOn === cause && other !== key;
      if (isSame && !isInhibited(problem) && problem.firedMs >= failingSinceMs)
        return { key: other, component: problem.component, fingerprint: presentOf(problem).fingerprint };
    }
    const waiting = pace.waiting.find(
      ({ change, sinceMs }) =>
        change.rule.alert === reportedBy && change.dependsOn === cause && keyOfChange(change) !== key && sinceMs >= failingSinceMs,
    );
    return waiting && { key: keyOfChange(waiting.change), component: waiting.change.component, fingerprint: fingerprintOf(waiting) };
  }
}
