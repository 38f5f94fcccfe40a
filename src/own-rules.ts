import type { SampleBuffer } from "./buffer/buffer.ts";
import type { Statistics } from "./buffer/window.ts";
import { CONFIDENT } from "./buffer/trend.ts";
import type { Handle } from "./collection-handle.ts";
import type { ThresholdReport } from "./collector.ts";
import type { Level } from "./health/condition.ts";
import type { Observation, Rule } from "./health/rule.ts";
import { alertNameOf, isFieldStat, windowOf, type FieldStat, type RuleOptions } from "./health/rule-options.ts";
import { attributesOf, type SampleType } from "./sample/sample-type.ts";
import { successRate } from "./sample/outcome.ts";

type Look = (nowMs: number) => Observation;

/** The rules of a configuration that are about this collection. */
export function ownRules(rules: readonly RuleOptions[], handle: Handle): readonly Rule[] {
  return rules
    .filter(({ collection }) => collection === handle.name)
    .map((options): Rule => ({
      alert: alertNameOf(options),
      what: wordsOf(options),
      measure: options.field ?? options.stat,
      unit: unitOf(options, handle.type),
      good: options.above === undefined ? "high" : "low",
      ...(options.summary === undefined ? {} : { summary: options.summary }),
      levels: [levelOf(options)],
      windowMs: options.stat === "age" ? 0 : windowOf(options),
      observe: lookOf(options, handle),
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

function levelOf({ above, below, clear, for: forMs, keep, status }: RuleOptions): Level {
  const bound = (above ?? below) as number;
  return { status, ...(above === undefined ? { below: bound } : { above: bound }), clear: clear ?? bound, forMs, keepMs: keep };
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

function lookOf(options: RuleOptions, handle: Handle): Look {
  const { stat, above } = options;
  const { buffer, clock } = handle.parts;
  const windowMs = windowOf(options);
  const at = (nowMs: number) => ({ wallMs: clock.wallMs(), monotonicMs: nowMs });
  if (stat === "successRate") return (nowMs) => ({ value: successRate(buffer.outcomes(windowMs, at(nowMs))) ?? undefined });
  if (stat === "durationP95") {
    return (nowMs) => {
      const found = buffer.durations(windowMs, at(nowMs));
      return { value: found ? found.p95 / 1_000 : undefined };
    };
  }
  if (stat === "age") {
    return (nowMs) => ({ value: (nowMs - (buffer.newest.successMs ?? handle.startedMs)) / 1_000 });
  }
  const isWorse = above === undefined ? (a: number, b: number): boolean => a < b : (a: number, b: number): boolean => a > b;
  return (nowMs) => worstOf(pointsIn(buffer, options), (path) => valueOf(buffer, options, stat, windowMs, path, at(nowMs)), isWorse);
}

/** Places of the points that a rule means. */
function pointsIn(buffer: SampleBuffer, { field = "", where }: RuleOptions): readonly (readonly string[])[] {
  const type = buffer.type.fields[field];
  if (!type) return [];
  if (type.by.every(({ attribute }) => where[attribute] !== undefined)) return [type.by.map(({ attribute }) => where[attribute] as string)];
  return buffer.paths(field).filter((path) => {
    const attributes = attributesOf(type, path);
    return Object.entries(where).every(([attribute, value]) => attributes[attribute] === value);
  });
}

function valueOf(
  buffer: SampleBuffer,
  { field = "" }: RuleOptions,
  stat: FieldStat,
  windowMs: number,
  path: readonly string[],
  now: Parameters<SampleBuffer["statistics"]>[3],
): number | undefined {
  if (stat !== "trend") return buffer.statistics(field, path, windowMs, now)?.[stat satisfies keyof Statistics];
  const trend = buffer.trend(field, path, windowMs, now);
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
