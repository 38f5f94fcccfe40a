import { CONFIDENT, trendOf, type Trend as Slope } from "../buffer/trend.ts";
import { WatchedRule, type Measured, type Rule, type RuleChange } from "./rule.ts";
import { compareStatus, type Status, type Trend } from "./status.ts";

/** What makes up a component. */
export interface ComponentSpec {
  /** The first that sees a number gives the component's own. */
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

/** How a component moves, compared with itself. */
export interface TrendReport {
  readonly direction: Trend;
  /** Of its number, per minute; absent where there is too little to tell. */
  readonly perMinute?: number;
  /** Seconds until its next threshold is reached, if it goes on like this; absent where none lies ahead. */
  readonly reachedInSeconds?: number;
}

/** What a look at a component brought. */
export interface ComponentChange {
  /** The status it left; undefined where it is the same. */
  readonly from: Status | undefined;
  readonly rules: readonly RuleChange[];
}

/** Observations that a trend rests on: at most so many, no closer than this. */
const OBSERVED = 48;
const OBSERVED_EVERY_MS = 10_000;

/** One component's state: what it is now, since when, why, and its recent numbers. */
export class Component {
  readonly name: string;
  readonly counts: boolean;
  readonly follows: string | undefined;
  readonly #prepare: ComponentSpec["prepare"];
  readonly #expected: () => string | undefined;
  readonly #rules: readonly WatchedRule[];
  readonly #observed = { atMs: [] as number[], values: [] as number[] };
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

  /** Its own number. */
  get measured(): Measured {
    return this.#primary?.measured ?? {};
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

  /** How its number moved over the last minutes. */
  get trend(): TrendReport {
    const { good, value } = this.measured;
    const slope = good && trendOf(this.#observed);
    if (!slope || value === undefined) return { direction: "unknown" };
    const { perMinute } = slope;
    return { direction: directionOf(slope, good), perMinute, ...this.#ahead(slope, value) };
  }

  get #primary(): WatchedRule | undefined {
    return this.#rules.find(({ measured }) => measured.value !== undefined) ?? this.#rules[0];
  }

  #settle(nowMs: number): void {
    let worst: WatchedRule | undefined;
    for (const rule of this.#rules) {
      if (rule.status && (!worst?.status || compareStatus(rule.status, worst.status) > 0)) worst = rule;
    }
    const isHeard = this.#rules.some(({ value, rule }) => value !== undefined && !rule.isAboutSilence);
    this.#status = worst?.status ?? (isHeard ? "healthy" : "unknown");
    const told = worst ?? this.#rules.find((rule) => rule.isPending) ?? this.#primary;
    if (told) this.#reason = told.reason(nowMs);
    this.#observe(nowMs);
  }

  #observe(nowMs: number): void {
    const { value } = this.measured;
    const { atMs, values } = this.#observed;
    if (value === undefined || nowMs - (atMs.at(-1) ?? Number.NEGATIVE_INFINITY) < OBSERVED_EVERY_MS) return;
    atMs.push(nowMs);
    values.push(value);
    if (values.length > OBSERVED) {
      atMs.shift();
      values.shift();
    }
  }

  #ahead({ perMinute, confidence }: Slope, value: number): Pick<TrendReport, "reachedInSeconds"> {
    if (confidence < CONFIDENT || perMinute === 0 || this.#primary?.value !== value) return {};
    const times = this.#primary.rule.levels
      .map(({ above, below }) => (((perMinute > 0 ? above : below) ?? Number.NaN) - value) / perMinute)
      .filter((minutes) => minutes > 0);
    return times.length === 0 ? {} : { reachedInSeconds: Math.round(Math.min(...times) * 60) };
  }
}

function directionOf({ confidence, perMinute }: Slope, good: "low" | "high"): Trend {
  if (confidence < CONFIDENT || perMinute === 0) return "stable";
  return perMinute > 0 === (good === "high") ? "improving" : "degrading";
}
