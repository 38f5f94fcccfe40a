import { CONFIDENT, type Trend as Slope } from "../statistics/trend.ts";
import { WatchedRule, type RuleChange } from "./watched-rule.ts";
import type { Measured, Rule } from "./rule.ts";
import { compareStatus, rankOf, type Status, type Trend } from "./status.ts";
import { TrendRecord } from "../statistics/trend-record.ts";
import type { TrendReport } from "./record.ts";

/** What makes up a component. */
export interface ComponentSpec {
  /** While nothing is wrong, the first that sees a number gives the component's. */
  readonly rules: readonly Rule[];
  /** Called before the rules look, to find out once what several of them rest on. */
  readonly prepare?: (nowMs: number) => void;
  /** Whether it counts towards the overall status and alerts; default true. */
  readonly counts?: boolean;
  /** A component whose alert explains this one's: while it fires, this one's are not told. */
  readonly follows?: string;
  /** Why it is as it is because somebody wanted it, such as a pause; undefined where nobody did. */
  readonly expected?: () => string | undefined;
}

/** What a look at a component brought. */
export interface ComponentChange {
  /** The status it left; undefined where it is the same. */
  readonly from: Status | undefined;
  readonly rules: readonly RuleChange[];
}

/** One component's state: what it is now, since when, why, and its recent numbers. */
export class Component {
  readonly name: string;
  readonly counts: boolean;
  readonly follows: string | undefined;
  readonly #prepare: ComponentSpec["prepare"];
  readonly #expected: () => string | undefined;
  readonly #rules: readonly WatchedRule[];
  /** How bad it was. */
  readonly #record = new TrendRecord();
  /** The rule whose reason is the component's. */
  #told: WatchedRule | undefined;
  #status: Status = "unknown";
  #reason = "not looked at yet";
  #isExpected = false;
  /** Whether anything could ever be said of it. */
  #isKnown = false;
  #sinceMs: number;
  #lookedMs: number;

  constructor(name: string, spec: ComponentSpec, flappingMs: number, wallMs: number) {
    this.name = name;
    this.counts = spec.counts ?? true;
    this.follows = spec.follows;
    this.#prepare = spec.prepare;
    this.#expected = spec.expected ?? ((): undefined => undefined);
    this.#rules = spec.rules.map((rule) => new WatchedRule(rule, flappingMs));
    this.#sinceMs = wallMs;
    this.#lookedMs = wallMs;
  }

  get status(): Status {
    return this.#status;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Wanted by somebody: neither alerts nor counts. */
  get isExpected(): boolean {
    return this.#isExpected;
  }

  /** Wall-clock moments of entering the status, and of the last look. */
  get since(): string {
    return new Date(this.#sinceMs).toISOString();
  }

  get time(): string {
    return new Date(this.#lookedMs).toISOString();
  }

  /** What it takes to be well again; undefined where nothing is wrong. */
  recovery(nowMs: number): string | undefined {
    return this.#isExpected ? undefined : this.#told?.recovery(nowMs);
  }

  /** The number that 95 of 100 looks were as good as, or better; undefined before the first. */
  get p95(): number | undefined {
    return this.#told?.record.quantile(this.measured.good === "high" ? 0.05 : 0.95);
  }

  /** The number its reason is about. */
  get measured(): Measured {
    return this.#told?.measured ?? {};
  }

  /** Fires and resolves that hold times kept from being told. */
  get heldBack(): number {
    return this.#rules.reduce((sum, { heldBack }) => sum + heldBack, 0);
  }

  /** Looks again. The first thing known of it is no change of status, unless it is bad. */
  look(nowMs: number, wallMs: number): ComponentChange {
    const before = this.#status;
    this.#prepare?.(nowMs);
    const expected = this.#expected();
    this.#isExpected = expected !== undefined;
    this.#lookedMs = wallMs;
    const rules = this.#isExpected ? [] : this.#rules.map((rule) => rule.look(nowMs)).filter((change) => change !== undefined);
    if (expected === undefined) this.#settle(nowMs);
    else [this.#status, this.#reason] = ["unknown", expected];
    const isFirst = !this.#isKnown;
    this.#isKnown ||= this.#status !== "unknown";
    if (this.#status === before) return { from: undefined, rules };
    this.#sinceMs = wallMs;
    return { from: isFirst && this.#status === "healthy" ? undefined : before, rules };
  }

  /** The rules of which a status holds, each with what it says now. */
  holding(nowMs: number): readonly Pick<RuleChange, "rule" | "reason" | "value">[] {
    if (this.#isExpected) return [];
    return this.#rules
      .filter(({ status }) => status !== undefined)
      .map((watched) => ({ rule: watched.rule, reason: watched.reason(nowMs), value: watched.measured.value }));
  }

  /** How it moved over the last minutes: by the number its reason is about, or where that tells nothing by its own statuses. */
  get trend(): TrendReport {
    const { good, value } = this.measured;
    const slope = good && this.#told?.record.trend;
    const own = this.#record.trend;
    const byStatus = own ? directionOf(own, "low") : "unknown";
    if (!slope || value === undefined) return { direction: byStatus };
    const byValue = directionOf(slope, good);
    const direction = byValue === "stable" && own ? byStatus : byValue;
    return { direction, perMinute: slope.perMinute, ...this.#ahead(slope, value) };
  }

  #settle(nowMs: number): void {
    let worst: WatchedRule | undefined;
    for (const rule of this.#rules) {
      if (rule.status && (!worst?.status || compareStatus(rule.status, worst.status) > 0)) worst = rule;
    }
    const isHeard = this.#rules.some(({ value, rule }) => value !== undefined && !rule.isAboutSilence);
    this.#status = worst?.status ?? (isHeard ? "healthy" : "unknown");
    this.#told =
      worst ??
      this.#rules.find((rule) => rule.isPending) ??
      this.#rules.find(({ measured }) => measured.value !== undefined) ??
      this.#rules[0];
    if (this.#told) this.#reason = this.#told.reason(nowMs);
    this.#record.add(this.#status === "unknown" ? undefined : rankOf(this.#status), nowMs);
  }

  #ahead({ perMinute, confidence }: Slope, value: number): Pick<TrendReport, "reachedInSeconds"> {
    if (confidence < CONFIDENT || perMinute === 0 || this.#told?.value !== value) return {};
    const times = this.#told.rule.levels
      .map(({ above, below }) => (((perMinute > 0 ? above : below) ?? Number.NaN) - value) / perMinute)
      .filter((minutes) => minutes > 0);
    return times.length === 0 ? {} : { reachedInSeconds: Math.round(Math.min(...times) * 60) };
  }
}

function directionOf({ confidence, perMinute }: Slope, good: "low" | "high"): Trend {
  if (confidence < CONFIDENT || perMinute === 0) return "stable";
  return perMinute > 0 === (good === "high") ? "improving" : "degrading";
}
