import { duration } from "../base/quantity.ts";
import { type Status, compareStatus } from "./status.ts";
import { CLEAR, interrupted, isBad, isGood, prolonged, step, type Level, type Phase } from "./condition.ts";
import { activeReason, inactiveReason, recoveryCondition, type ActiveLevel, type Evaluation } from "./reason.ts";
import { TrendRecord } from "../statistics/trend-record.ts";
import type { EvaluationTime, Measured, Observation, Rule, Trigger } from "./rule.ts";

/** A rule's status changed. */
export interface RuleChange {
  readonly rule: Rule;
  /** The worst status that holds; undefined when none does any more. */
  readonly status: Status | undefined;
  readonly reason: string;
  readonly value: number | undefined;
  /** How long the rule can still see a cause that has ended: its window and its recovery hold. */
  readonly lookbackMs: number;
}

/** What the rules of all components have in common. Milliseconds. */
export interface SharedSettings {
  /** A rule that worsens within this time of improving has its recovery holds extended to as much. */
  readonly flappingMs: number;
  /** Time between two full assessments. */
  readonly fullEveryMs: number;
}

/** What a rule remembers between evaluations, as plain data; times are monotonic. */
export interface RuleState {
  /** One for each level. */
  readonly phases: readonly Phase[];
  /** The newest time that hold times have run to; they never run backwards. */
  readonly evaluatedMs?: number;
  /** When it was last evaluated at a tick. */
  readonly tickedMs?: number;
  /** Since when data are missing; absent while there are data. */
  readonly missingSinceMs?: number;
  /** When the status last improved. */
  readonly improvedMs?: number;
  /** It worsened again soon after it improved, so its recovery holds are extended. */
  readonly isFlapping: boolean;
  /** The value has crossed to the other side of the status, and no change of status has confirmed it yet. */
  readonly hasUnconfirmedCrossing: boolean;
  /** Fires and resolves that hold times prevented, since the start. */
  readonly suppressed: number;
}

/** A rule with its state: evaluates it and says what changed, and why it stands as it does. */
export class WatchedRule {
  readonly rule: Rule;
  readonly record: TrendRecord;
  readonly #shared: SharedSettings;
  #observation: Observation = { value: undefined };
  #state: RuleState;
  /** Its status held before a restart, and has held since. */
  #isRestored = false;

  /**
   * @param state what another instance of the rule remembered; default: nothing
   * @param record its latest numbers; default: none
   */
  constructor(rule: Rule, shared: SharedSettings, state: RuleState = freshState(rule, 0), record = new TrendRecord()) {
    this.rule = rule;
    this.record = record;
    this.#shared = shared;
    this.#state = state;
  }

  /** Continues from what another instance remembered. Until the status ends, the end of the start-up grace does not change it. */
  restore(state: RuleState): void {
    this.#state = state;
    this.#isRestored = this.status !== undefined;
  }

  /** The same rule as another configuration has it, with what this one remembers. */
  continuedBy(rule: Rule): WatchedRule {
    const next = new WatchedRule(rule, this.#shared, this.#state, this.record);
    next.#observation = this.#observation;
    next.#isRestored = this.#isRestored;
    return next;
  }

  /** Its status as if it had just changed to it; undefined where none holds. */
  present(nowMs: number): RuleChange | undefined {
    return this.status === undefined ? undefined : this.#change(this.reason(nowMs));
  }

  /** What it remembers. */
  get state(): RuleState {
    return this.#state;
  }

  /** Another instance that begins anew makes the same changes from the next tick on: there is no status, no hold time, and nothing to flap from. */
  isAtRest(nowMs: number): boolean {
    const { hasUnconfirmedCrossing, improvedMs = Number.NEGATIVE_INFINITY, phases } = this.#state;
    return phases.every(({ kind }) => kind === "clear") && nowMs - improvedMs >= this.#shared.flappingMs && !hasUnconfirmedCrossing;
  }

  /** The value last observed, as far as it can be judged. */
  get value(): number | undefined {
    return this.#observation.inconclusive === undefined ? this.#observation.value : undefined;
  }

  /** Whether there was a number that could not be judged. */
  get isInconclusive(): boolean {
    return this.#observation.inconclusive !== undefined;
  }

  /** The number to show; `record` holds the latest of them. */
  get measured(): Measured {
    const { measure, unit, good } = this.rule;
    const { value, shown } = this.#observation;
    return shown ?? { measure, unit, ...(good ? { good } : {}), ...(value === undefined || this.isIdle ? {} : { value }) };
  }

  /** Whether there was nothing to judge. */
  get isIdle(): boolean {
    return this.#observation.isIdle === true;
  }

  /** Since when the component has been failing without a break, as last observed. */
  get failingSinceMs(): number | undefined {
    return this.#observation.failingSinceMs;
  }

  /** Fires and resolves that hold times prevented: two for each crossing that went back in time. */
  get suppressed(): number {
    return this.#state.suppressed;
  }

  /** Whether the value is past the threshold of a level now. */
  get isBad(): boolean {
    const { value } = this;
    return value !== undefined && this.rule.levels.some((level) => isBad(level, value));
  }

  /** Whether a level is bad, but not for long enough yet. */
  get isPending(): boolean {
    return this.#state.phases.some(({ kind }) => kind === "pending");
  }

  /** The statuses whose level is bad, but not for long enough yet. */
  get pending(): readonly Status[] {
    return this.rule.levels.filter((_, n) => this.#state.phases[n]?.kind === "pending").map(({ status }) => status);
  }

  /** The worst status that holds. */
  get status(): Status | undefined {
    return this.#worst()?.level.status;
  }

  /** Observes the number if it is due; the change of status, or undefined where there is none. */
  evaluate(trigger: Trigger, { nowMs, dueMs }: EvaluationTime): RuleChange | undefined {
    const atMs = Math.max(dueMs, this.#state.evaluatedMs ?? Number.NEGATIVE_INFINITY);
    const withoutTickMs = trigger === "tick" ? 0 : atMs - (this.#state.tickedMs ?? atMs);
    if (!this.#isDue(trigger, withoutTickMs)) return undefined;
    if (trigger === "tick") this.#state = { ...this.#state, tickedMs: atMs };
    const before = this.status;
    this.#observation = this.#observe(nowMs, withoutTickMs);
    this.record.add(this.measured.value, atMs);
    this.#advance(atMs);
    const { status } = this;
    if (status === before) {
      this.#countSuppressed(status === undefined);
      return undefined;
    }
    this.#noteChange(before, status, atMs);
    this.#isRestored &&= status !== undefined;
    return this.#change(this.reason(atMs));
  }

  /**
   * Judges the number as if for the first time, without hold times: a status stays if the value is bad now, or missing; otherwise it ends.
   * What was seen before does not count as flapping. A status from before a restart is not judged afresh.
   */
  judgeAfresh({ nowMs, dueMs }: EvaluationTime): RuleChange | undefined {
    if (this.#isRestored) return undefined;
    const before = this.status;
    this.#observation = this.rule.observe(nowMs);
    // Also a number that cannot be judged tells that nothing is bad any more.
    const { value } = this.#observation;
    const phases = this.#state.phases.map((phase, n) =>
      value === undefined || isBad(this.rule.levels[n] as Level, value) ? phase : CLEAR,
    );
    const { evaluatedMs, suppressed } = this.#state;
    this.#state = { ...freshState(this.rule, suppressed), ...(evaluatedMs === undefined ? {} : { evaluatedMs }), phases };
    return this.status === before ? undefined : this.#change(this.reason(dueMs));
  }

  /** Forgets what it observed; the change, if a status held. @param reason why the status ends */
  reset(reason: string): RuleChange | undefined {
    const before = this.status;
    this.#observation = { value: undefined };
    this.#state = freshState(this.rule, this.#state.suppressed);
    this.#isRestored = false;
    return before === undefined ? undefined : this.#change(reason);
  }

  /** Why it stands as it does, with the numbers, the times and the way to recovery. */
  reason(nowMs: number): string {
    const worst = this.#worst();
    if (worst) return activeReason(this.#evaluation(nowMs), worst);
    const pending = this.rule.levels.flatMap((level, n) => {
      const phase = this.#state.phases[n] as Phase;
      return phase.kind === "pending" ? [{ level, sinceMs: phase.sinceMs }] : [];
    });
    return inactiveReason(this.#evaluation(nowMs), pending[0]);
  }

  /** What ends its status, in words that follow "recovers when"; undefined where none holds. */
  recovery(nowMs: number): string | undefined {
    const worst = this.#worst();
    return worst && recoveryCondition(this.#evaluation(nowMs), worst);
  }

  #isDue(trigger: Trigger, withoutTickMs: number): boolean {
    const { tickMs } = this.rule;
    if (tickMs === undefined || trigger === "tick") return true;
    return trigger === "full" && (tickMs > this.#shared.fullEveryMs || this.#isStale(withoutTickMs));
  }

  /** The number of samples that have stopped coming is not judged. */
  #observe(nowMs: number, withoutTickMs: number): Observation {
    const observation = this.rule.observe(nowMs);
    if (this.rule.tickMs === undefined || observation.value === undefined || !this.#isStale(withoutTickMs)) return observation;
    return { ...observation, inconclusive: `no sample for ${duration(withoutTickMs)}` };
  }

  #isStale(ms: number): boolean {
    return ms > (this.rule.staleMs ?? Number.POSITIVE_INFINITY);
  }

  #change(reason: string): RuleChange {
    return { rule: this.rule, status: this.status, reason, value: this.measured.value, lookbackMs: this.#lookbackMs };
  }

  /** Moves the phases on to `atMs`. Time without data is left out; too long without data, and hold times start again. */
  #advance(atMs: number): void {
    const { value } = this;
    const { missingSinceMs, ...rest } = this.#state;
    const { evaluatedMs = atMs } = rest;
    const sinceMs = missingSinceMs ?? (this.#isStale(atMs - evaluatedMs) ? evaluatedMs : atMs);
    const phases = this.#isStale(atMs - sinceMs) ? this.#state.phases.map(interrupted) : this.#state.phases;
    if (value === undefined) {
      this.#state = { ...rest, phases, evaluatedMs: atMs, missingSinceMs: sinceMs };
      return;
    }
    const advance = (level: Level, n: number): Phase =>
      step(prolonged(phases[n] as Phase, atMs - sinceMs), level, value, atMs, this.#keepFiringForMs(level));
    this.#state = { ...rest, evaluatedMs: atMs, phases: this.rule.levels.map(advance) };
  }

  #evaluation(nowMs: number): Evaluation {
    return { rule: this.rule, observation: this.#observation, nowMs };
  }

  #worst(): ActiveLevel | undefined {
    let worst: Pick<ActiveLevel, "level" | "phase"> | undefined;
    for (const [n, level] of this.rule.levels.entries()) {
      const phase = this.#state.phases[n] as Phase;
      if (phase.kind === "active" && (!worst || compareStatus(level.status, worst.level.status) > 0)) worst = { level, phase };
    }
    return worst && { ...worst, keepFiringForMs: this.#keepFiringForMs(worst.level), isFlapping: this.#state.isFlapping };
  }

  /** Without hold times a crossing that goes back before its time would have been a fire and a resolve, or a resolve and a fire. */
  #countSuppressed(isInactive: boolean): void {
    const { value } = this;
    if (value === undefined) return;
    const { hasUnconfirmedCrossing, suppressed } = this.#state;
    const bad = this.rule.levels.some((level) => isBad(level, value));
    const good = this.rule.levels.every((level) => isGood(level, value));
    if (hasUnconfirmedCrossing && (isInactive ? !bad : bad))
      this.#state = { ...this.#state, hasUnconfirmedCrossing: false, suppressed: suppressed + 2 };
    else if (isInactive ? bad : good) this.#state = { ...this.#state, hasUnconfirmedCrossing: true };
  }

  #noteChange(before: Status | undefined, status: Status | undefined, nowMs: number): void {
    const { improvedMs = Number.NEGATIVE_INFINITY, isFlapping } = this.#state;
    const isWorse = compareStatus(status ?? "healthy", before ?? "healthy") > 0;
    const next = { ...this.#state, hasUnconfirmedCrossing: false };
    if (isWorse) this.#state = { ...next, isFlapping: isFlapping || nowMs - improvedMs < this.#shared.flappingMs };
    // Without any status it has been good for the extended hold, if it flapped.
    else this.#state = { ...next, improvedMs: nowMs, isFlapping: isFlapping && status !== undefined };
  }

  #keepFiringForMs(level: Level): number {
    return this.#state.isFlapping ? Math.max(level.keepFiringForMs, this.#shared.flappingMs) : level.keepFiringForMs;
  }

  get #lookbackMs(): number {
    return (this.rule.windowMs ?? 0) + Math.max(...this.rule.levels.map((level) => this.#keepFiringForMs(level)));
  }
}

const freshState = (rule: Rule, suppressed: number): RuleState => ({
  phases: rule.levels.map(() => CLEAR),
  isFlapping: false,
  hasUnconfirmedCrossing: false,
  suppressed,
});
