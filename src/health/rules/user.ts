import type { Statistics } from "../../statistics/moments.ts";
import { CONFIDENT, type Trend } from "../../statistics/trend.ts";
import type { Level } from "../condition.ts";
import type { Observation, Rule } from "../rule.ts";
import { alertNameOf, isFieldStat, windowOf, type FieldStat, type RuleOptions, type WhileOptions } from "./options.ts";
import { attributesOf, type SampleType } from "../../sample/sample-type.ts";
import { INSTANT_MS } from "../../sample/sample.ts";
import { quantity } from "../../base/quantity.ts";
import { LIVE_INTERVALS, type OutcomeCounts } from "../../sample/outcome.ts";
import { observedRate } from "./observed-rate.ts";

/** One instant on both clocks; windows are cut on the monotonic one. */
interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Attribute values of one point of a field, in the order of the field's axes; empty for a field that is not split. */
type Path = readonly string[];

/** What rules read of a collection's recent samples; windows are `[now - windowMs, now)`. */
export interface Measurements {
  /** Monotonic times of the newest sample and of the newest successful one; undefined before the first. */
  readonly newest: { readonly atMs: number | undefined; readonly successMs: number | undefined };
  outcomes(windowMs: number, now: Now): OutcomeCounts;
  /** Duration of readings, in milliseconds; null where the window has none. */
  durations(windowMs: number, now: Now): { readonly p95: number } | null;
  /** Every point of a field among the retained samples. */
  paths(field: string): readonly Path[];
  /** Statistics of one point; undefined where the window has no measurement of it. */
  statistics(field: string, path: Path, windowMs: number, now: Now): Statistics | undefined;
  /** Whether the window has a measurement of this point. */
  isMeasured(field: string, path: Path, windowMs: number, now: Now): boolean;
  /** Trend of one point; undefined where the window has too little data. */
  trend(field: string, path: Path, windowMs: number, now: Now): Trend | undefined;
}

/** The collection that rules are evaluated on. */
export interface RuleTarget {
  readonly name: string;
  readonly type: SampleType;
  readonly measurements: Measurements;
  /** Milliseconds between two samples. */
  readonly intervalMs: number;
  /** Monotonic time of the start, or of the latest resumption: the age of the newest success is counted from then at the earliest. */
  readonly sinceMs: () => number;
  /** Monotonic time from which a success rate is judged: what failed before the first success is not. */
  readonly judgedSinceMs: () => number;
  /** The last error of the source while it fails. */
  readonly lastError: () => string | undefined;
  /** Milliseconds between two measurements of each field. */
  readonly cadence: ReadonlyMap<string, number>;
  /** Reads the wall clock. */
  readonly wallMs: () => number;
}

type Observe = Rule["observe"];

/** The user-defined rules about this collection. */
export function userRules(rules: readonly RuleOptions[], target: RuleTarget): readonly Rule[] {
  return rules
    .filter(({ collection }) => collection === target.name)
    .map((options): Rule => ({
      alert: alertNameOf(options),
      subject: subjectOf(options),
      measure: options.field ?? options.stat,
      unit: unitOf(options, target.type),
      good: options.above === undefined ? "high" : "low",
      ...(options.summary === undefined ? {} : { summary: options.summary }),
      levels: [levelOf(options)],
      ...(options.stat === "age" ? { judgesMissingData: true } : sampledAt(target, options)),
      observe: withCause(observerOf(options, target), target.lastError),
    }));
}

/** With the last error of the source, while it fails: the cause of whatever the number is then. */
function withCause(observe: Observe, lastError: RuleTarget["lastError"]): Observe {
  return (nowMs) => {
    const observation = observe(nowMs);
    const error = lastError();
    if (error === undefined) return observation;
    const detail = observation.detail === undefined ? "" : `${observation.detail}; `;
    return { ...observation, detail: `${detail}last error: ${error}` };
  };
}

/** When a rule about samples is evaluated, and how long data may be missing. */
function sampledAt({ cadence, intervalMs }: RuleTarget, options: RuleOptions): Pick<Rule, "windowMs" | "tickMs" | "staleMs"> {
  const everyMs = cadence.get(options.field ?? "") ?? intervalMs;
  return { windowMs: windowOf(options), tickMs: intervalMs, staleMs: LIVE_INTERVALS * everyMs };
}

/** One threshold of a collection, as charts show it: where a status starts, and where it ends. */
export interface ThresholdReport {
  /** Absent where the statistic is one of the whole collection. */
  readonly field?: string;
  /** Attributes that select points of the field. */
  readonly where: Readonly<Record<string, string>>;
  readonly stat: RuleOptions["stat"];
  readonly window: string;
  readonly above?: number;
  readonly below?: number;
  /** The status ends past this value. In the unit of the statistic. */
  readonly clear: number;
  readonly status: RuleOptions["status"];
}

/** The thresholds of a collection that charts can show: those of its user-defined rules, and the limit of its reading time. */
export function thresholdsOf(rules: readonly RuleOptions[], collection: string, slowMs: number): readonly ThresholdReport[] {
  const userDefined = rules
    .filter((rule) => rule.collection === collection)
    .map((options): ThresholdReport => {
      const { field, where, stat, window, status } = options;
      const { above, below, clear } = levelOf(options);
      const bound = above === undefined ? { below: below as number } : { above };
      return { ...(field === undefined ? {} : { field }), where, stat, window, ...bound, clear, status };
    });
  const slow = slowMs / 1_000;
  return [...userDefined, { where: {}, stat: "durationP95", window: "1m", above: slow, clear: slow, status: "degraded" }];
}

function levelOf({ above, below, clear, for: forMs, keep_firing_for: keepFiringForMs, status }: RuleOptions): Level {
  const bound = (above ?? below) as number;
  return { status, ...(above === undefined ? { below: bound } : { above: bound }), clear: clear ?? bound, forMs, keepFiringForMs };
}

/** `p95 of cpuUtilization over 1m`, `success rate over 1m`. */
function subjectOf({ stat, field, where, window }: RuleOptions): string {
  if (stat === "age") return "time since the newest success";
  if (!isFieldStat(stat)) return `${stat === "successRate" ? "success rate" : "p95 of the reading time"} over ${window}`;
  const selection = Object.entries(where).map(([attribute, value]) => `${attribute}=${value}`);
  const points = selection.length === 0 ? field : `${field}{${selection.join(", ")}}`;
  return `${stat === "last" ? points : `${stat} of ${points}`} over ${window}`;
}

function unitOf({ stat, field = "" }: RuleOptions, type: SampleType): string {
  if (stat === "successRate") return "1";
  if (!isFieldStat(stat)) return "s";
  const unit = type.fields[field]?.unit ?? "1";
  if (stat === "rate") return `${unit === "1" ? "" : unit}/s`;
  return stat === "trend" ? `${unit === "1" ? "" : unit}/min` : unit;
}

function observerOf(options: RuleOptions, target: RuleTarget): Observe {
  const { cadence, intervalMs, judgedSinceMs, measurements, sinceMs, type, wallMs } = target;
  const { stat, field = "" } = options;
  const everyMs = cadence.get(field) ?? intervalMs;
  // The newest value of a field that is measured less often than its collection holds for as long as its series is exported.
  const windowMs = stat === "last" ? Math.max(windowOf(options), LIVE_INTERVALS * everyMs) : windowOf(options);
  const recentMs = LIVE_INTERVALS * everyMs;
  const at = (nowMs: number): Now => ({ wallMs: wallMs(), monotonicMs: nowMs });
  if (stat === "successRate") {
    const judged = { ticks: Math.floor(windowMs / intervalMs), badBelow: options.below ?? 1 };
    return (nowMs) => {
      const judgedMs = Math.min(windowMs, nowMs - judgedSinceMs() + INSTANT_MS);
      return observedRate(measurements.outcomes(judgedMs, at(nowMs)), judged);
    };
  }
  if (stat === "durationP95") {
    return (nowMs) => {
      const durations = measurements.durations(windowMs, at(nowMs));
      return { value: durations ? durations.p95 / 1_000 : undefined };
    };
  }
  if (stat === "age") {
    return (nowMs) => {
      const { successMs = Number.NEGATIVE_INFINITY } = measurements.newest;
      return { value: Math.max(0, Math.floor(nowMs - Math.max(successMs, sinceMs()))) / 1_000 };
    };
  }
  const isHighBad = options.above !== undefined;
  const good = isHighBad ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const shown = { measure: field, unit: unitOf(options, type) };
  const isJudged = judgedOf(options, target);
  return (nowMs) => {
    const now = at(nowMs);
    const paths = selectedPaths(measurements, type, options);
    const measuredIn = (ms: number): readonly Path[] => paths.filter((path) => measurements.isMeasured(field, path, ms, now));
    const recent = measuredIn(recentMs);
    // A point that has ended, such as a filesystem that was unmounted, does not decide beside points that are still measured.
    const found = (recent.length > 0 ? recent : paths).map((path) => ({
      path,
      value: valueOf(measurements, { field, stat, path, windowMs, now }),
    }));
    const points = found.filter(({ path, value }) => value === undefined || isJudged(path, now));
    if (points.length === 0 && found.length > 0)
      return { value: good, text: `${subjectOf(options)} is not judged: ${unmetText(options, type)}`, shown };
    const observed = worstOf(points, isHighBad);
    const { atMs, successMs } = measurements.newest;
    if (atMs !== successMs) return observed.value === undefined ? observed : { ...observed, inconclusive: "the newest tick has no values" };
    const isResponding = successMs !== undefined && nowMs - successMs <= LIVE_INTERVALS * intervalMs;
    if (observed.value !== undefined || !isResponding || measuredIn(Math.max(windowMs, recentMs)).length > 0) return observed;
    // The source responds without it: what was measured has ended, and what was wrong with it as well.
    return { value: good, text: `${subjectOf(options)} is not measured`, shown };
  };
}

/** Whether a point is judged: always, or while its condition holds. A condition without a value does not hold. */
function judgedOf({ while: condition }: RuleOptions, { cadence, intervalMs, measurements, type }: RuleTarget) {
  if (!condition) return (): boolean => true;
  const { field, above = Number.NEGATIVE_INFINITY, below = Number.POSITIVE_INFINITY } = condition;
  const axes = type.fields[field]?.by.length ?? 0;
  const windowMs = LIVE_INTERVALS * (cadence.get(field) ?? intervalMs);
  return (path: Path, now: Now): boolean => {
    const value = valueOf(measurements, { field, stat: "last", path: path.slice(0, axes), windowMs, now });
    return value !== undefined && value > above && value < below;
  };
}

/** Why nothing is judged: `nodeCount is not above 100`. */
function unmetText({ while: condition }: RuleOptions, { fields }: SampleType): string {
  const { field, above, below } = condition as WhileOptions; // sound: without a condition every point is judged
  const bound = quantity((above ?? below) as number, fields[field]?.unit ?? "1", { isExact: true });
  return `${field} is not ${above === undefined ? "below" : "above"} ${bound}`;
}

/** The points that a rule selects. */
function selectedPaths(measurements: Measurements, { fields }: SampleType, { field: key = "", where }: RuleOptions): readonly Path[] {
  const field = fields[key];
  if (!field) return [];
  if (field.by.every(({ attribute }) => where[attribute] !== undefined))
    return [field.by.map(({ attribute }) => where[attribute] as string)];
  return measurements.paths(key).filter((path) => {
    const attributes = attributesOf(field, path);
    return Object.entries(where).every(([attribute, value]) => attributes[attribute] === value);
  });
}

interface PointQuery {
  readonly field: string;
  readonly stat: FieldStat;
  readonly path: Path;
  readonly windowMs: number;
  readonly now: Now;
}

function valueOf(measurements: Measurements, { field, stat, path, windowMs, now }: PointQuery): number | undefined {
  if (stat !== "trend") {
    const statistics = measurements.statistics(field, path, windowMs, now);
    // The growth of a counter is the difference of two values.
    if (stat === "increase" && statistics && statistics.count < 2) return undefined;
    return statistics?.[stat satisfies keyof Statistics];
  }
  const trend = measurements.trend(field, path, windowMs, now);
  // A slope that is not significant counts as none.
  return trend && (trend.confidence >= CONFIDENT ? trend.perMinute : 0);
}

interface PointValue {
  readonly path: Path;
  readonly value: number | undefined;
}

/** The worst of several points decides, and is named. */
function worstOf(points: readonly PointValue[], isHighBad: boolean): Observation {
  const measured = points.filter((point): point is PointValue & { value: number } => point.value !== undefined);
  const [first, ...others] = measured;
  if (!first) return { value: undefined };
  const worst = others.reduce((a, b) => ((isHighBad ? b.value > a.value : b.value < a.value) ? b : a), first);
  return { value: worst.value, ...(points.length > 1 ? { detail: `worst of ${points.length} points: ${worst.path.join(", ")}` } : {}) };
}
