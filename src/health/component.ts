import { isDeepStrictEqual } from "node:util";
import { CONFIDENT, type Trend as Slope } from "../statistics/trend.ts";
import { mirroredState, type SavedComponent } from "./saved.ts";
import { WatchedRule, type RuleChange, type RuleState, type SharedSettings } from "./watched-rule.ts";
import type { EvaluationTime, Measured, Rule, Trigger } from "./rule.ts";
import { compareStatus, rankOf, SEVERITY_OF, type Severity, type Status, type Trend } from "./status.ts";
import { TrendRecord } from "../statistics/trend-record.ts";
import type { ComponentReport, TrendReport } from "./record.ts";

/** What makes up a component. */
export interface ComponentSpec {
  /** While nothing is wrong, the first that measures a number gives the component's; while there is nothing to judge, the rule that says so. */
  readonly rules: readonly Rule[];
  /** Called before the rules are evaluated, to compute once what several of them need. */
  readonly prepare?: (nowMs: number) => void;
  /** Whether it affects the overall status and raises alerts; default true. An informational component does neither. */
  readonly affectsOverall?: boolean;
  /** A component that this one depends on: while an alert of it fires, it explains this one's, which are inhibited. */
  readonly dependsOn?: string;
  /** Milliseconds between two evaluations, where a full assessment is not the only one; default: undefined. */
  readonly intervalMs?: () => number | undefined;
  /** Why the component is deliberately not judged, such as a pause; undefined while it is judged. */
  readonly suspended?: () => string | undefined;
  /**
   * Whether its rules can observe the present. After a restart its status from before stands until then: that nothing failed yet is no
   * recovery. Default: always.
   */
  readonly hasEvidence?: (time: EvaluationTime, before: Status) => boolean;
}

/** What one evaluation of a component changed. */
export interface ComponentChange {
  /** The status it left; undefined where the status is the same. */
  readonly from: Status | undefined;
  readonly rules: readonly RuleChange[];
}

/** A rule whose status holds, with its present reason and number, and whether the number is past the threshold now. */
export type ActiveRule = Pick<RuleChange, "rule" | "reason" | "value"> & { readonly isBad: boolean };

/** One component's state: its status, since when, why, and its recent numbers. */
export class Component {
  readonly name: string;
  affectsOverall: boolean;
  #spec: ComponentSpec;
  readonly #shared: SharedSettings;
  #rules: readonly WatchedRule[];
  /** Ranks of its latest statuses. */
  readonly #ranks = new TrendRecord();
  /** The rule whose reason and number are the component's. */
  #deciding: WatchedRule | undefined;
  #status: Status = "unknown";
  #reason = "not evaluated yet";
  #isSuspended = false;
  /** Its status is from before a restart, or of an earlier source, and nothing is known of the present yet. */
  #isRestored = false;
  /** Whether it ever had a status other than unknown. */
  #wasKnown = false;
  #sinceMs: number;
  #evaluatedMs: number;

  constructor(name: string, spec: ComponentSpec, shared: SharedSettings, wallMs: number) {
    this.name = name;
    this.affectsOverall = spec.affectsOverall ?? true;
    this.#spec = spec;
    this.#shared = shared;
    this.#rules = spec.rules.map((rule) => new WatchedRule(rule, shared));
    this.#sinceMs = wallMs;
    this.#evaluatedMs = wallMs;
  }

  get dependsOn(): string | undefined {
    return this.#spec.dependsOn;
  }

  get status(): Status {
    return this.#status;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Deliberately not judged: it raises no alerts and does not affect the overall status. */
  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** When it entered its status, ISO 8601. */
  get since(): string {
    return new Date(this.#sinceMs).toISOString();
  }

  /** The number that its reason is about. */
  get measured(): Measured {
    return this.#deciding?.measured ?? {};
  }

  /** Since when it has been failing without a break, on the monotonic clock; undefined while it does not, and where no rule observes it. */
  get failingSinceMs(): number | undefined {
    return this.#rules.find((rule) => rule.failingSinceMs !== undefined)?.failingSinceMs;
  }

  /** Fires and resolves that hold times prevented, by name of the alert. */
  get suppressed(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { rule, suppressed } of this.#rules) if (suppressed > 0) counts.set(rule.alert, (counts.get(rule.alert) ?? 0) + suppressed);
    return counts;
  }

  /** Milliseconds between two evaluations besides the full assessments. */
  get intervalMs(): number | undefined {
    return this.#spec.intervalMs?.();
  }

  /** Whether a rule's status of this severity is about to be entered. */
  isPending(alertname: string, severity: Severity): boolean {
    return this.#rules.some(({ rule, pending }) => rule.alert === alertname && pending.some((status) => SEVERITY_OF[status] === severity));
  }

  /**
   * Evaluates its rules. Its first known status is no change, unless it is bad. While it is suspended nothing is judged: statuses end, and
   * hold times start again afterwards.
   */
  evaluate(trigger: Trigger, time: EvaluationTime, wallMs: number): ComponentChange {
    const before = this.#status;
    this.#spec.prepare?.(time.nowMs);
    const suspension = this.#spec.suspended?.();
    this.#isSuspended = suspension !== undefined;
    this.#isRestored &&= suspension === undefined && this.#spec.hasEvidence?.(time, before) === false;
    if (this.#isRestored) return { from: undefined, rules: [] };
    this.#evaluatedMs = wallMs;
    const judge = (rule: WatchedRule): RuleChange | undefined => {
      if (suspension !== undefined) return rule.reset(suspension);
      return trigger === "grace-end" ? rule.judgeAfresh(time) : rule.evaluate(trigger, time);
    };
    const rules = this.#rules.map(judge).filter((change) => change !== undefined);
    if (suspension === undefined) this.#settle(time.dueMs);
    else [this.#status, this.#reason] = ["unknown", suspension];
    const isFirst = !this.#wasKnown;
    this.#wasKnown ||= this.#status !== "unknown";
    if (this.#status === before) return { from: undefined, rules };
    this.#sinceMs = wallMs;
    return { from: isFirst && this.#status === "healthy" ? undefined : before, rules };
  }

  /** The rules whose status holds, each with its current reason and number. */
  active(nowMs: number): readonly ActiveRule[] {
    if (this.#isSuspended || this.#isRestored) return [];
    return this.#rules
      .filter(({ status }) => status !== undefined)
      .map((watched) => ({ rule: watched.rule, reason: watched.reason(nowMs), value: watched.measured.value, isBad: watched.isBad }));
  }

  /** Every rule whose status holds, as a change to that status. */
  present(nowMs: number): readonly RuleChange[] {
    return this.#rules.map((rule) => rule.present(nowMs)).filter((change) => change !== undefined);
  }

  /**
   * Continues by another specification, with its status and what its rules remember. Rules are recognised by alert, number and levels; one
   * that changed begins anew.
   *
   * @param awaitsEvidence whether its status stands until there is evidence of the present, as after a restart
   */
  change(spec: ComponentSpec, awaitsEvidence: boolean): void {
    const before = this.#rules;
    this.#spec = spec;
    this.#isRestored ||= awaitsEvidence;
    this.#rules = spec.rules.map((rule) => {
      const known = before.find((each) => continues(each.rule, rule));
      return known ? known.continuedBy(rule) : new WatchedRule(rule, this.#shared);
    });
    this.#deciding = this.#rules.find(({ record }) => record === this.#deciding?.record);
  }

  report(nowMs: number): ComponentReport {
    const recovery = this.#isSuspended ? undefined : this.#deciding?.recovery(nowMs);
    const { measure, value, unit, good } = this.measured;
    const p95 = this.#deciding?.record.quantile(good === "high" ? 0.05 : 0.95);
    return {
      component: this.name,
      status: this.#status,
      since: this.since,
      time: new Date(this.#evaluatedMs).toISOString(),
      reason: this.#reason,
      ...(recovery === undefined ? {} : { recovery }),
      ...(measure === undefined ? {} : { measure }),
      ...(value === undefined ? {} : { value }),
      ...(unit === undefined ? {} : { unit }),
      ...(p95 === undefined ? {} : { p95 }),
      trend: this.#trend(),
      affectsOverall: this.affectsOverall && !this.#isSuspended,
    };
  }

  /** How it moved over the last minutes: by the number of its reason or, where that has no trend, by its own statuses. */
  #trend(): TrendReport {
    const { good, value } = this.measured;
    const slope = good && this.#deciding?.record.trend;
    const ranks = this.#ranks.trend;
    const byStatus = ranks ? directionOf(ranks, "low") : "unknown";
    if (!slope || value === undefined) return { direction: byStatus };
    const byValue = directionOf(slope, good);
    const direction = byValue === "stable" && ranks ? byStatus : byValue;
    return { direction, perMinute: slope.perMinute, ...this.#timeToThreshold(slope, value) };
  }

  /** The rule that raises an alert; undefined if there is none. */
  ruleOf(alertname: string): WatchedRule | undefined {
    return this.#rules.find(({ rule }) => rule.alert === alertname);
  }

  /** @param nowMs the time that ages are counted from */
  save(nowMs: number): SavedComponent {
    const rules = this.#rules
      .filter((watched) => !watched.isAtRest(nowMs))
      .map(({ rule, state }) => ({ alert: rule.alert, levels: statusesOf(rule), state: mirroredState(state, nowMs) }));
    return { status: this.#status, reason: this.#reason, sinceMs: this.#sinceMs, wasKnown: this.#wasKnown, rules };
  }

  /**
   * Continues from what was saved. Rules are recognised by alert and levels; one that changed begins anew.
   *
   * @param savedMs the monotonic time at which it was saved
   * @param nowMs for a rule at most the time between two of its ticks has passed since: it observed nothing meanwhile
   */
  restore({ status, reason, sinceMs, wasKnown, rules }: SavedComponent, savedMs: number, nowMs: number): void {
    this.#isRestored = true;
    [this.#status, this.#reason, this.#sinceMs, this.#wasKnown] = [status, reason, sinceMs, wasKnown];
    for (const { alert, levels, state } of rules) {
      const watched = this.ruleOf(alert);
      if (watched && isDeepStrictEqual(statusesOf(watched.rule), levels) && state.phases.length === levels.length)
        watched.restore(mirroredState({ ...state, suppressed: 0 }, continuedMs(watched.rule, state, savedMs, nowMs)));
    }
  }

  #settle(nowMs: number): void {
    let worst: WatchedRule | undefined;
    for (const rule of this.#rules) {
      if (rule.status && (!worst?.status || compareStatus(rule.status, worst.status) > 0)) worst = rule;
    }
    const isMeasured = this.#rules.some(({ value, rule }) => value !== undefined && !rule.judgesMissingData);
    const idle = this.#rules.find((rule) => rule.isIdle);
    // What cannot be judged changes nothing.
    const isStillHealthy = this.#status === "healthy" && this.#rules.some(({ isInconclusive }) => isInconclusive);
    this.#status = worst?.status ?? ((isMeasured || isStillHealthy) && !idle ? "healthy" : "unknown");
    this.#deciding =
      worst ??
      this.#rules.find((rule) => rule.isPending) ??
      idle ??
      this.#rules.find(({ measured }) => measured.value !== undefined) ??
      this.#rules[0];
    if (this.#deciding) this.#reason = this.#deciding.reason(nowMs);
    this.#ranks.add(this.#status === "unknown" ? undefined : rankOf(this.#status), nowMs);
  }

  #timeToThreshold({ perMinute, confidence }: Slope, value: number): Pick<TrendReport, "reachedInSeconds"> {
    if (confidence < CONFIDENT || perMinute === 0 || this.#deciding?.value !== value) return {};
    const times = this.#deciding.rule.levels
      .map(({ above, below }) => (((perMinute > 0 ? above : below) ?? Number.NaN) - value) / perMinute)
      .filter((minutes) => minutes > 0);
    return times.length === 0 ? {} : { reachedInSeconds: Math.round(Math.min(...times) * 60) };
  }
}

const statusesOf = ({ levels }: Rule): Status[] => levels.map(({ status }) => status);

/** Whether a rule judges the same number at the same levels, maybe by other thresholds or over another window. */
const continues = (before: Rule, after: Rule): boolean =>
  before.alert === after.alert &&
  before.measure === after.measure &&
  before.unit === after.unit &&
  isDeepStrictEqual(statusesOf(before), statusesOf(after));

/** The time that the ages of a rule's state are counted from after a restart. */
function continuedMs({ tickMs }: Rule, { evaluatedMs: age }: RuleState, savedMs: number, nowMs: number): number {
  if (tickMs === undefined || age === undefined) return nowMs;
  return Math.max(savedMs, nowMs + age - tickMs);
}

function directionOf({ confidence, perMinute }: Slope, good: "low" | "high"): Trend {
  if (confidence < CONFIDENT || perMinute === 0) return "stable";
  return perMinute > 0 === (good === "high") ? "improving" : "degrading";
}
