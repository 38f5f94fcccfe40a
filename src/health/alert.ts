import { fingerprintOf } from "../base/hash.ts";
import { AlertPace, type SuppressedCount, type WaitingChange } from "./alert-pace.ts";
import { Causes } from "./causes.ts";
import type { Change } from "./change.ts";
import type { ActiveRule } from "./component.ts";
import { OpenProblems } from "./open-problems.ts";
import {
  isInhibited,
  keyOf,
  keyOfChange,
  labelsOf,
  presentOf,
  summaryOf,
  withoutInhibition,
  withText,
  type Problem,
  type Resolution,
} from "./problem.ts";
import type { Alert } from "./record.ts";
import type { Rule } from "./rule.ts";
import { mirrored, type SavedAlerts } from "./saved.ts";
import { compareSeverity, SEVERITY_OF, type Severity, type Status } from "./status.ts";

/** The rule of a component that raises an alert; undefined if there is none. */
export type RuleOf = (component: string, alertname: string) => Rule | undefined;

/** Resolved alerts kept for the API. */
const RESOLVED_LIMIT = 100;

/**
 * The alerts of a collector: one problem for each component and rule, listed once, at its present severity.
 *
 * Severity is a label, so a problem that gets worse is another alert to its receivers. The milder one stays open, because a resolve
 * would look like an improvement; it is resolved together with the problem.
 *
 * An alert that flaps fires once in `quietMs`.
 */
export class AlertStore {
  readonly #identity: Readonly<Record<string, string>>;
  readonly #pace: AlertPace;
  readonly #open = new OpenProblems();
  /** Monotonic time at which the last alert of a component was resolved. */
  readonly #resolvedMs = new Map<string, number>();
  readonly #causes: Causes;
  #resolved: readonly Alert[] = [];
  /** Alerts that fired inhibited, in total; open problems that are inhibited. */
  #inhibited = 0;
  #openInhibited = 0;

  /**
   * @param identity labels that every alert carries, such as service and instance; empty ones are left out
   * @param quietMs milliseconds from a fire of an alert to its next, read each time; `isSent`: whether it fired before a restart;
   *   default: 0
   */
  constructor(identity: Readonly<Record<string, string>>, quietMs: (isSent: boolean) => number = () => 0) {
    this.#identity = identity;
    this.#pace = new AlertPace(quietMs);
    const fingerprintFor = ({ change: { component, rule }, severity }: WaitingChange): string =>
      fingerprintOf(this.#labelsOf(component, rule.alert, severity));
    this.#causes = new Causes({ open: this.#open, pace: this.#pace, resolvedMs: this.#resolvedMs, fingerprintOf: fingerprintFor });
  }

  /** Alerts that fired while another one explained them, since the start. */
  get inhibited(): number {
    return this.#inhibited;
  }

  /** Fires and resolves that were not sent because the alert had fired too recently, of each rule. */
  get suppressed(): Iterable<SuppressedCount> {
    return this.#pace.suppressed;
  }

  /** Firing alerts first, oldest first; then resolved ones, newest first. */
  list(state: "firing" | "resolved" | "all"): readonly Alert[] {
    const firing = state === "resolved" ? [] : [...this.#open.values()].map(presentOf);
    return state === "firing" ? firing : [...firing, ...this.#resolved];
  }

  /**
   * Every alert that fired and was not resolved: of each problem the present severity and the milder ones it had.
   *
   * @param components only of these; default: of all
   */
  open(components?: readonly string[]): readonly Alert[] {
    if (!components) return [...this.#open.values()].flatMap(({ alerts }) => alerts);
    const keys = components.flatMap((component) => this.#open.keysOf(component));
    return keys.flatMap((key) => this.#open.get(key)?.alerts ?? []);
  }

  /** Firing alerts of a severity. */
  count(severity: Severity): number {
    let count = 0;
    for (const problem of this.#open.values()) if (presentOf(problem).labels.severity === severity) count += 1;
    return count;
  }

  /**
   * Applies a change of a rule's status; the alerts that changed, in the order to send them, as one group. A worse severity fires; a
   * milder one fires and resolves the worse ones. Becoming unknown neither fires nor resolves: missing data is no recovery.
   */
  apply(change: Change, nowMs: number): readonly Alert[] {
    const key = keyOf(change.component, change.rule.alert);
    const problem = this.#open.get(key);
    const { status } = change;
    if (status === "unknown") return [];
    this.#pace.settle(change, key, status && SEVERITY_OF[status]);
    if (status === undefined) return problem ? this.#end(key, problem, change, nowMs) : [];
    const severity = SEVERITY_OF[status];
    const direction = problem ? compareSeverity(severity, presentOf(problem).labels.severity) : 1;
    if (direction === 0) return [];
    // An alert that another one explains is not sent anyway.
    const isSent = problem
      ? !isInhibited(problem)
      : (this.#causes.causeOf(key, change.dependsOn) ?? this.#causes.reportOf(key, change)) === undefined;
    if (direction > 0 && isSent && this.#pace.waits(key, severity, change, nowMs)) return [];
    return this.#changeSeverity(key, problem, change, status, nowMs);
  }

  /** Fires what waited because it had fired too recently, and still holds; those alerts. @param time ISO 8601 */
  releaseWaiting(time: string, nowMs: number): readonly Alert[] {
    return this.#pace.due(nowMs).flatMap((change) => this.apply({ ...change, time }, nowMs));
  }

  /** From now on fires are counted anew: only what is open now has fired. */
  restartPace(nowMs: number): void {
    this.#pace.clear();
    for (const [key, problem] of this.#open) this.#noteFired(key, problem.alerts, nowMs);
  }

  /** Updates the reason and the number of an open problem. Its alerts stay the same, so nothing is sent. */
  update(component: string, { rule, reason, value, isBad }: ActiveRule): void {
    const key = keyOf(component, rule.alert);
    const problem = this.#open.get(key);
    this.#pace.update(key, { reason, value, isBad });
    if (!problem || presentOf(problem).reason === reason) return;
    this.#open.set(key, {
      ...problem,
      alerts: problem.alerts.map((alert) => withText(alert, { ...alert.annotations, description: reason }, value)),
    });
  }

  /** Inhibits every alert that another one explains by now, unless it was sent; those alerts. */
  inhibitExplained(isSent: (alert: Alert) => boolean): readonly Alert[] {
    const changed: Alert[] = [];
    // The cause is sent, not what reported it before.
    for (const [key, problem] of this.#open)
      if (problem.report && problem.dependsOn === undefined) changed.push(...this.#release(key, problem));
    for (const [key, problem] of this.#open) {
      const inhibitedBy = isInhibited(problem) || problem.alerts.some(isSent) ? undefined : this.#causes.causeOf(key, problem.dependsOn);
      if (inhibitedBy === undefined) continue;
      const alerts = problem.alerts.map((alert) => ({ ...alert, inhibitedBy }));
      this.#open.set(key, { ...problem, alerts });
      this.#inhibited += alerts.length;
      this.#openInhibited += 1;
      changed.push(...alerts);
    }
    return changed;
  }

  /** Resolves every open alert of a removed component; those alerts. */
  remove(component: string, reason: string, time: string, nowMs: number): readonly Alert[] {
    const resolved = this.#open
      .keysOf(component)
      .flatMap((key) => this.#end(key, this.#open.get(key) as Problem, { reason, time, value: undefined }, nowMs));
    this.#resolvedMs.delete(component);
    for (const key of this.#pace.rules) if (key.startsWith(keyOf(component, ""))) this.#pace.forget(key);
    return resolved;
  }

  /** Ends the inhibition of alerts whose cause was resolved so long ago that they cannot be its aftermath; those alerts. */
  releaseInhibited(nowMs: number): readonly Alert[] {
    const released: Alert[] = [];
    if (this.#openInhibited === 0) return released;
    for (const [key, problem] of this.#open) {
      if (!isInhibited(problem) || this.#causes.isExplained(key, problem, nowMs)) continue;
      const uninhibited = this.#release(key, problem);
      this.#noteFired(key, uninhibited, nowMs);
      released.push(...uninhibited);
    }
    return released;
  }

  /**
   * Resolves the problems that no rule has any more, as with another configuration; those alerts. What waits to fire for them is dropped.
   *
   * @param whyEnded why the alert of a rule has ended; undefined if it has not
   */
  endWithoutRule(whyEnded: (component: string, alertname: string) => string | undefined, time: string, nowMs: number): readonly Alert[] {
    for (const { change } of this.#pace.waiting)
      if (whyEnded(change.component, change.rule.alert) !== undefined) this.#pace.settle(change, keyOfChange(change), undefined);
    return [...this.#open].flatMap(([key, problem]) => {
      const reason = whyEnded(problem.component, presentOf(problem).labels.alertname);
      return reason === undefined ? [] : this.#end(key, problem, { reason, time, value: undefined }, nowMs);
    });
  }

  /** The alerts that are resolved, newest first. */
  get resolved(): readonly Alert[] {
    return this.#resolved;
  }

  /** @param nowMs the time that ages are counted from */
  save(nowMs: number): SavedAlerts {
    const problems = [...this.#open].map(([key, problem]): [string, Problem] => [key, { ...problem, firedMs: nowMs - problem.firedMs }]);
    return { problems, resolvedMs: mirrored(this.#resolvedMs, nowMs), pace: this.#pace.save(nowMs) };
  }

  /**
   * Continues from what was saved.
   *
   * @param resolved alerts that are resolved, newest first
   * @param savedMs the monotonic time at which it was saved
   * @param ruleOf the rule of a component that raises an alert
   */
  restore(saved: SavedAlerts, resolved: readonly Alert[], savedMs: number, ruleOf: RuleOf): void {
    for (const [key, problem] of saved.problems) {
      // JSON leaves out what is undefined.
      const { dependsOn, firedMs, report } = problem;
      this.#open.set(key, { ...problem, dependsOn, report, firedMs: savedMs - firedMs });
      if (isInhibited(problem)) this.#openInhibited += 1;
    }
    for (const [component, atMs] of mirrored(saved.resolvedMs, savedMs)) this.#resolvedMs.set(component, atMs);
    this.#resolved = resolved;
    this.#pace.restore(saved.pace, savedMs, ({ component, alert }) => ruleOf(component, alert), keyOfChange);
  }

  #release(key: string, problem: Problem): readonly Alert[] {
    const alerts = problem.alerts.map(withoutInhibition);
    this.#open.set(key, { ...problem, alerts, report: undefined });
    this.#openInhibited -= 1;
    return alerts;
  }

  /** The problem has this severity from now on: its alert, followed by the worse ones, which are resolved. */
  #changeSeverity(key: string, problem: Problem | undefined, change: Change, status: Status, nowMs: number): readonly Alert[] {
    const { component, dependsOn, lookbackMs, reason, time, value } = change;
    const severity = SEVERITY_OF[status];
    const alerts = problem?.alerts ?? [];
    const isWorse = ({ labels }: Alert): boolean => compareSeverity(labels.severity, severity) > 0;
    const summary = summaryOf(change, status);
    const kept = alerts.filter((each) => !isWorse(each)).map((each) => withText(each, { summary, description: reason }, value));
    const known = kept.at(-1);
    const report = problem ? problem.report : this.#causes.reportOf(key, change);
    const alert = known?.labels.severity === severity ? known : this.#fired(key, change, status, problem);
    if (!problem && alert.inhibitedBy !== undefined) this.#openInhibited += 1;
    if (alert !== known) this.#noteFired(key, [alert], nowMs);
    const firedMs = problem && alert === known ? problem.firedMs : nowMs;
    this.#open.set(key, { component, dependsOn, lookbackMs, firedMs, report, alerts: alert === known ? kept : [...kept, alert] });
    const fired = alert === known ? [] : [alert];
    return [...fired, ...this.#resolve(alerts.filter(isWorse), { reason: `improved to severity=${severity}: ${reason}`, time, value })];
  }

  #noteFired(key: string, alerts: readonly Alert[], nowMs: number): void {
    for (const { labels, inhibitedBy } of alerts) if (inhibitedBy === undefined) this.#pace.fired(key, labels.severity, nowMs);
  }

  #fired(key: string, change: Change, status: Status, problem: Problem | undefined): Alert {
    const { component, dependsOn, rule, reason, time, value } = change;
    const labels = this.#labelsOf(component, rule.alert, SEVERITY_OF[status]);
    // Another severity is sent if the problem was, and inhibited if the problem was, even when its cause has just been resolved.
    const wasSent = problem !== undefined && !isInhibited(problem);
    const before = problem ? presentOf(problem).inhibitedBy : this.#causes.reportOf(key, change)?.fingerprint;
    const inhibitedBy = wasSent ? undefined : (this.#causes.causeOf(key, dependsOn) ?? before);
    if (inhibitedBy !== undefined) this.#inhibited += 1;
    return {
      fingerprint: fingerprintOf(labels),
      state: "firing",
      labels,
      annotations: { summary: summaryOf({ component, rule }, status), description: reason },
      startsAt: time,
      ...(value === undefined ? {} : { value }),
      reason,
      ...(inhibitedBy === undefined ? {} : { inhibitedBy }),
    };
  }

  /** Ends a problem: its alerts are resolved, the worst first. */
  #end(key: string, problem: Problem, resolution: Resolution, nowMs: number): readonly Alert[] {
    this.#open.delete(key);
    if (isInhibited(problem)) this.#openInhibited -= 1;
    this.#resolvedMs.set(problem.component, nowMs);
    return this.#resolve(problem.alerts, resolution);
  }

  /** @param alerts mildest first */
  #resolve(alerts: readonly Alert[], { reason, time, value }: Resolution): readonly Alert[] {
    // The annotations keep saying what was wrong; the reason says why the alert ended.
    const resolved = alerts
      .toReversed()
      .map((alert): Alert => ({ ...alert, state: "resolved", endsAt: time, ...(value === undefined ? {} : { value }), reason }));
    this.#resolved = [...resolved, ...this.#resolved].slice(0, RESOLVED_LIMIT);
    return resolved;
  }

  #labelsOf(component: string, alertname: string, severity: Severity): Alert["labels"] {
    return { ...labelsOf(this.#identity), alertname, component, severity };
  }
}
