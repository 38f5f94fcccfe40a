import { type Status, compareStatus } from "./status.ts";
import { CLEAR, isBad, isGood, step, type Level, type Phase } from "./condition.ts";
import { activeReason, inactiveReason, recoveryCondition, type ActiveLevel, type Evaluation } from "./reason.ts";
import { TrendRecord } from "../statistics/trend-record.ts";
import type { Measured, Observation, Rule } from "./rule.ts";

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

/** What a rule remembers between evaluations, as plain data; times are monotonic. */
export interface RuleState {
  /** One for each level. */
  readonly phases: readonly Phase[];
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
  readonly record = new TrendRecord();
  readonly #flappingMs: number;
  #observation: Observation = { value: undefined };
  #state: RuleState;

  /** @param flappingMs a rule that worsens within this time of improving has its recovery holds extended to as much */
  constructor(rule: Rule, flappingMs: number) {
    this.rule = rule;
    this.#flappingMs = flappingMs;
    this.#state = { phases: rule.levels.map(() => CLEAR), isFlapping: false, hasUnconfirmedCrossing: false, suppressed: 0 };
  }

  /** The value last observed. */
  get value(): number | undefined {
    return this.#observation.value;
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

  /** Fires and resolves that hold times prevented: two for each crossing that went back in time. */
  get suppressed(): number {
    return this.#state.suppressed;
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

  /** Observes the number; the change of status, or undefined where there is none. */
  evaluate(nowMs: number): RuleChange | undefined {
    const before = this.status;
    this.#observation = this.rule.observe(nowMs);
    this.record.add(this.measured.value, nowMs);
    const { phases } = this.#state;
    const advance = (level: Level, n: number): Phase => step(phases[n] as Phase, level, this.value, nowMs, this.#keepFiringForMs(level));
    this.#state = { ...this.#state, phases: this.rule.levels.map(advance) };
    const { status } = this;
    if (status === before) {
      this.#countSuppressed(status === undefined);
      return undefined;
    }
    this.#noteChange(before, status, nowMs);
    return { rule: this.rule, status, reason: this.reason(nowMs), value: this.measured.value, lookbackMs: this.#lookbackMs };
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
    if (isWorse) this.#state = { ...next, isFlapping: isFlapping || nowMs - improvedMs < this.#flappingMs };
    // Without any status it has been good for the extended hold, if it flapped.
    else this.#state = { ...next, improvedMs: nowMs, isFlapping: isFlapping && status !== undefined };
  }

  #keepFiringForMs(level: Level): number {
    return this.#state.isFlapping ? Math.max(level.keepFiringForMs, this.#flappingMs) : level.keepFiringForMs;
  }

  get #lookbackMs(): number {
    return (this.rule.windowMs ?? 0) + Math.max(...this.rule.levels.map((level) => this.#keepFiringForMs(level)));
  }
}
