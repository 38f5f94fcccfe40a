import { CONFIDENT, trendOf } from "../buffer/trend.ts";
import type { Finding } from "./record.ts";
import type { Status, Trend } from "./status.ts";

/** Observations a trend rests on, at most; the test over them is quadratic. */
const OBSERVED = 48;

/** One component's state: what it is now, since when, and its recent values. */
export class Component {
  readonly name: string;
  /** Whether it counts towards the overall status. */
  readonly counts: boolean;
  readonly #check: (nowMs: number) => Finding;
  readonly #observed: { readonly atMs: number[]; readonly values: number[] } = { atMs: [], values: [] };
  #finding: Finding = { status: "unknown", reason: "not looked at yet" };
  /** Whether anything could ever be said of it. */
  #isKnown = false;
  #sinceMs: number;
  #lookedMs: number;

  constructor(name: string, check: (nowMs: number) => Finding, counts: boolean, wallMs: number) {
    this.name = name;
    this.counts = counts;
    this.#check = check;
    this.#sinceMs = wallMs;
    this.#lookedMs = wallMs;
  }

  get finding(): Finding {
    return this.#finding;
  }

  /** Wall-clock moments of entering the status, and of the last look. */
  get since(): string {
    return new Date(this.#sinceMs).toISOString();
  }

  get time(): string {
    return new Date(this.#lookedMs).toISOString();
  }

  /** Looks again; the status it left, if it left one. The first thing known of it is no change, unless it is bad. */
  look(nowMs: number, wallMs: number): Status | undefined {
    const before = this.#finding;
    const isFirst = !this.#isKnown;
    this.#finding = this.#check(nowMs);
    this.#lookedMs = wallMs;
    this.#isKnown ||= this.#finding.status !== "unknown";
    this.#observe(nowMs);
    if (this.#finding.status === before.status) return undefined;
    this.#sinceMs = wallMs;
    return isFirst && this.#finding.status === "healthy" ? undefined : before.status;
  }

  /** How its value moved over the last looks; compared with itself alone. */
  get trend(): Trend {
    const { good } = this.#finding;
    const trend = good && trendOf(this.#observed);
    if (!trend) return "unknown";
    if (trend.confidence < CONFIDENT || trend.perMinute === 0) return "stable";
    return trend.perMinute > 0 === (good === "high") ? "improving" : "degrading";
  }

  #observe(atMs: number): void {
    const { value } = this.#finding;
    if (value === undefined) return;
    const { atMs: moments, values } = this.#observed;
    moments.push(atMs);
    values.push(value);
    if (values.length > OBSERVED) {
      moments.shift();
      values.shift();
    }
  }
}
