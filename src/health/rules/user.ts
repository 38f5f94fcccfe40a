import type { Statistics } from "../../statistics/moments.ts";
import { CONFIDENT, type Trend } from "../../statistics/trend.ts";
import type { Level } from "../condition.ts";
import type { Observation, Rule } from "../rule.ts";
import { alertNameOf, isFieldStat, windowOf, type FieldStat, type RuleOptions } from "./options.ts";
import { attributesOf, type SampleType } from "../../sample/sample-type.ts";
import { successRate, type OutcomeCounts } from "../../sample/outcome.ts";

/** A point in time on both clocks: windows are cut on the monotonic one. */
interface Now {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** What rules can read of a collection's recent samples; windows are `[now - windowMs, now)`. */
export interface Measurements {
  /** Monotonic time of the newest successful sample; undefined before the first. */
  readonly newest: { readonly successMs: number | undefined };
  outcomes(windowMs: number, now: Now): OutcomeCounts;
  /** How long readings took, in milliseconds; null where the window has none. */
  durations(windowMs: number, now: Now): { readonly p95: number } | null;
  /** Paths of every point of a field that the retained samples hold. */
  paths(field: string): readonly (readonly string[])[];
  /** Statistics of one point; undefined where the window did not measure it. */
  statistics(field: string, path: readonly string[], windowMs: number, now: Now): Statistics | undefined;
  /** How one point moves; undefined where the window holds too little. */
  trend(field: string, path: readonly string[], windowMs: number, now: Now): Trend | undefined;
}

/** The collection that rules are evaluated on. */
export interface RuleTarget {
  readonly name: string;
  readonly type: SampleType;
  readonly measurements: Measurements;
  /** Monotonic time from which the absence of a success is counted. */
  readonly startedMs: number;
  /** Reads the wall clock. */
  readonly wallMs: () => number;
}

type Look = (nowMs: number) => Observation;

/** The rules of a configuration that are about this collection. */
export function userRules(rules: readonly RuleOptions[], target: RuleTarget): readonly Rule[] {
  return rules
    .filter(({ collection }) => collection === target.name)
    .map((options): Rule => ({
      alert: alertNameOf(options),
      what: wordsOf(options),
      measure: options.field ?? options.stat,
      unit: unitOf(options, target.type),
      good: options.above === undefined ? "high" : "low",
      ...(options.summary === undefined ? {} : { summary: options.summary }),
      levels: [levelOf(options)],
      windowMs: options.stat === "age" ? 0 : windowOf(options),
      observe: lookOf(options, target),
    }));
}

/** The thresholds that a collection is judged by and that its charts can show: its own rules, and how long a reading may take. */
export function thresholdsOf(rules: readonly RuleOptions[], collection: string, slowMs: number): readonly ThresholdReport[] {
  const own = rules
    .filter((rule) => rule.collection === collection)
    .map((options): ThresholdReport => {
      const { field, where, stat, window, status } = options;
      const { above, below, clear } = levelOf(options);
      const bound = above === undefined ? { below: below as number } : { above };
      return { ...(field === undefined ? {} : { field }), where, stat, window, ...bound, clear, status };
    });
  const slow = slowMs / 1_000;
  return [...own, { where: {}, stat: "durationP95", window: "1m", above: slow, clear: slow, status: "degraded" }];
}

function levelOf({ above, below, clear, for: forMs, keep_firing_for: keepFiringForMs, status }: RuleOptions): Level {
  const bound = (above ?? below) as number;
  return { status, ...(above === undefined ? { below: bound } : { above: bound }), clear: clear ?? bound, forMs, keepFiringForMs };
}

/** `p95 of cpuUtilization over 1m`, `age of the newest success`. */
function wordsOf({ stat, field, where, window }: RuleOptions): string {
  if (stat === "age") return "time since the newest success";
  if (!isFieldStat(stat)) return `${stat === "successRate" ? "success rate" : "p95 of the time a reading takes"} over ${window}`;
  const places = Object.entries(where).map(([attribute, value]) => `${attribute}=${value}`);
  const named = places.length === 0 ? field : `${field}{${places.join(", ")}}`;
  return `${stat === "last" ? named : `${stat} of ${named}`} over ${window}`;
}

function unitOf({ stat, field = "" }: RuleOptions, type: SampleType): string {
  if (stat === "successRate") return "1";
  if (!isFieldStat(stat)) return "s";
  const unit = type.fields[field]?.unit ?? "1";
  if (stat === "rate") return `${unit === "1" ? "" : unit}/s`;
  return stat === "trend" ? `${unit === "1" ? "" : unit}/min` : unit;
}

function lookOf(options: RuleOptions, { measurements, startedMs, type, wallMs }: RuleTarget): Look {
  const { stat, above } = options;
  const windowMs = windowOf(options);
  const at = (nowMs: number) => ({ wallMs: wallMs(), monotonicMs: nowMs });
  if (stat === "successRate") return (nowMs) => ({ value: successRate(measurements.outcomes(windowMs, at(nowMs))) ?? undefined });
  if (stat === "durationP95") {
    return (nowMs) => {
      const found = measurements.durations(windowMs, at(nowMs));
      return { value: found ? found.p95 / 1_000 : undefined };
    };
  }
  if (stat === "age") {
    return (nowMs) => ({ value: (nowMs - (measurements.newest.successMs ?? startedMs)) / 1_000 });
  }
  const isWorse = above === undefined ? (a: number, b: number): boolean => a < b : (a: number, b: number): boolean => a > b;
  return (nowMs) =>
    worstOf(pointsIn(measurements, type, options), (path) => valueOf(measurements, options, stat, windowMs, path, at(nowMs)), isWorse);
}

/** Places of the points that a rule means. */
function pointsIn(
  measurements: Measurements,
  { fields }: SampleType,
  { field: key = "", where }: RuleOptions,
): readonly (readonly string[])[] {
  const field = fields[key];
  if (!field) return [];
  if (field.by.every(({ attribute }) => where[attribute] !== undefined))
    return [field.by.map(({ attribute }) => where[attribute] as string)];
  return measurements.paths(key).filter((path) => {
    const attributes = attributesOf(field, path);
    return Object.entries(where).every(([attribute, value]) => attributes[attribute] === value);
  });
}

function valueOf(
  measurements: Measurements,
  { field = "" }: RuleOptions,
  stat: FieldStat,
  windowMs: number,
  path: readonly string[],
  now: Now,
): number | undefined {
  if (stat !== "trend") return measurements.statistics(field, path, windowMs, now)?.[stat satisfies keyof Statistics];
  const trend = measurements.trend(field, path, windowMs, now);
  // A slope that may as well be none is none.
  return trend && (trend.confidence >= CONFIDENT ? trend.perMinute : 0);
}

/** The worst of several points decides, and is named. */
function worstOf(
  paths: readonly (readonly string[])[],
  valueAt: (path: readonly string[]) => number | undefined,
  isWorse: (a: number, b: number) => boolean,
): Observation {
  let worst: { readonly value: number; readonly path: readonly string[] } | undefined;
  for (const path of paths) {
    const value = valueAt(path);
    if (value !== undefined && (!worst || isWorse(value, worst.value))) worst = { value, path };
  }
  if (!worst) return { value: undefined };
  return { value: worst.value, ...(paths.length > 1 ? { detail: `of ${paths.length} points ${worst.path.join(", ")} is worst` } : {}) };
}

/** One threshold of a rule that judges a collection: where its status begins, and where it ends. */
export interface ThresholdReport {
  /** Absent where the statistic is about the whole collection. */
  readonly field?: string;
  /** Attributes of the points that are meant. */
  readonly where: Readonly<Record<string, string>>;
  readonly stat: RuleOptions["stat"];
  readonly window: string;
  readonly above?: number;
  readonly below?: number;
  /** What the value has to get past for the status to be left. In the unit of the statistic. */
  readonly clear: number;
  readonly status: RuleOptions["status"];
}
