import { type Status, compareStatus } from "./status.ts";
import { CLEAR, isBad, isGood, step, type Level, type Phase } from "./condition.ts";
import { clearReason, levelReason, recoveryOf } from "./reason.ts";
import { TrendRecord } from "../statistics/trend-record.ts";
import type { Measured, Observation, Rule } from "./rule.ts";

/** What a look at a rule brought. */
export interface RuleChange {
  readonly rule: Rule;
  /** The worst level that holds; undefined when none does any more. */
  readonly status: Status | undefined;
  readonly reason: string;
  readonly value: number | undefined;
  /** How long the rule may go on to see what is over: its window, and the time it holds. */
  readonly lookbackMs: number;
}

/** A rule's state: where each level stands, and whether it goes back and forth. */
export class WatchedRule {
  readonly rule: Rule;
  readonly record = new TrendRecord();
  readonly #flappingMs: number;
  #phases: readonly Phase[];
  #last: Observation = { value: undefined };
  #improvedMs = Number.NEGATIVE_INFINITY;
  #isFlapping = false;
  #heldBack = 0;
  /** Whether the value is on the other side than the status says. */
  #isAstray = false;

  /** @param flappingMs a rule that gets worse again within this time of getting better has to be good for as long */
  constructor(rule: Rule, flappingMs: number) {
    this.rule = rule;
    this.#flappingMs = flappingMs;
    this.#phases = rule.levels.map(() => CLEAR);
  }

  /** The value at the last look. */
  get value(): number | undefined {
    return this.#last.value;
  }

  /** The number to show; `record` holds the latest of them. */
  get measured(): Measured {
    const { measure, unit, good } = this.rule;
    const { value, shown } = this.#last;
    return shown ?? { measure, unit, ...(good ? { good } : {}), ...(value === undefined ? {} : { value }) };
  }

  /** Times the value crossed over and back so quickly that neither was told. */
  get heldBack(): number {
    return this.#heldBack;
  }

  /** Whether a level is bad, but not for long enough yet. */
  get isPending(): boolean {
    return this.#phases.some(({ kind }) => kind === "pending");
  }

  /** The worst status that holds. */
  get status(): Status | undefined {
    return this.#worst()?.level.status;
  }

  /** Looks; what it changed, or undefined. */
  look(nowMs: number): RuleChange | undefined {
    const before = this.status;
    this.#last = this.rule.observe(nowMs);
    const { value } = this.#last;
    this.record.add(this.measured.value, nowMs);
    this.#phases = this.rule.levels.map((level, n) => step(this.#phases[n] as Phase, level, value, nowMs, this.#keepFiringForMs(level)));
    const { status } = this;
    this.#countBlip(value, before === undefined, status === before);
    if (status === before) return undefined;
    this.#noteFlapping(before, status, nowMs);
    return { rule: this.rule, status, reason: this.reason(nowMs), value: this.measured.value, lookbackMs: this.#lookbackMs };
  }

  /** Why it stands as it does, with the numbers, the times and the distance to recovery. */
  reason(nowMs: number): string {
    const worst = this.#worst();
    const state = { rule: this.rule, observation: this.#last, nowMs };
    if (worst)
      return levelReason(state, worst.level, worst.phase, {
        keepFiringForMs: this.#keepFiringForMs(worst.level),
        isFlapping: this.#isFlapping,
      });
    const pending = this.#phases.findIndex(({ kind }) => kind === "pending");
    return clearReason(state, this.rule.levels[pending], this.#phases[pending]);
  }

  /** What it takes for its status to be left; undefined where nothing is wrong. */
  recovery(nowMs: number): string | undefined {
    const worst = this.#worst();
    if (!worst) return undefined;
    const keepFiringForMs = this.#isFlapping ? Math.max(worst.level.keepFiringForMs, this.#flappingMs) : worst.level.keepFiringForMs;
    return recoveryOf({ rule: this.rule, observation: this.#last, nowMs }, worst.level, worst.phase, keepFiringForMs);
  }

  #worst(): { readonly level: Level; readonly phase: Phase & { kind: "active" } } | undefined {
    let worst: { readonly level: Level; readonly phase: Phase & { kind: "active" } } | undefined;
    for (const [n, level] of this.rule.levels.entries()) {
      const phase = this.#phases[n] as Phase;
      if (phase.kind === "active" && (!worst || compareStatus(level.status, worst.level.status) > 0)) worst = { level, phase };
    }
    return worst;
  }

  /** A crossing that comes back before its time is up would have been a fire and a resolve. */
  #countBlip(value: number | undefined, wasClear: boolean, isUnchanged: boolean): void {
    if (!isUnchanged) {
      this.#isAstray = false;
      return;
    }
    if (value === undefined) return;
    const { levels } = this.rule;
    const bad = levels.some((level) => isBad(level, value));
    const good = levels.every((level) => isGood(level, value));
    if (this.#isAstray && (wasClear ? !bad : bad)) {
      this.#isAstray = false;
      this.#heldBack += 2;
    } else if (wasClear ? bad : good) this.#isAstray = true;
  }

  #noteFlapping(before: Status | undefined, status: Status | undefined, nowMs: number): void {
    const isWorse = compareStatus(status ?? "healthy", before ?? "healthy") > 0;
    if (isWorse && nowMs - this.#improvedMs < this.#flappingMs) this.#isFlapping = true;
    if (!isWorse) this.#improvedMs = nowMs;
    // It has been good for the longer time, if it had to.
    if (status === undefined) this.#isFlapping = false;
  }

  #keepFiringForMs(level: Level): number {
    return this.#isFlapping ? Math.max(level.keepFiringForMs, this.#flappingMs) : level.keepFiringForMs;
  }

  get #lookbackMs(): number {
    return (this.rule.windowMs ?? 0) + Math.max(...this.rule.levels.map((level) => this.#keepFiringForMs(level)));
  }
}
