import { duration, quantity, readsLike } from "../base/quantity.ts";
import { isBad, type Level, type Phase } from "./condition.ts";
import type { Observation, Rule } from "./rule.ts";

/** What a reason is made of. */
export interface Evaluation {
  readonly rule: Pick<Rule, "subject" | "unit" | "levels" | "clearsWhen">;
  readonly observation: Observation;
  readonly nowMs: number;
}

/** A level whose status holds, with the recovery hold that applies. */
export interface ActiveLevel {
  readonly level: Level;
  readonly phase: Phase & { readonly kind: "active" };
  readonly keepFiringForMs: number;
  /** Whether the hold was extended because the rule flaps. */
  readonly isFlapping: boolean;
}

/**
 * Why a status holds: the fact, the threshold, the cause, the recovery. Each clause is true at `nowMs`: the threshold is named only
 * while the value is past it.
 * - bad: `success rate over 1m is 0.63 (degraded below 0.80); last error: refused; clears above 0.90 for 30s`
 * - between the two thresholds: `success rate over 1m is 0.85, recovering: clears above 0.90 for 30s`
 * - good, during the recovery hold: `success rate over 1m is 0.95, recovering: above 0.90 for 12s of 30s`
 *
 * Where one threshold does for both, its value is good: `nodeCount is 2 (unhealthy below 3); clears at 3 or above for 6s`.
 */
export function activeReason(evaluation: Evaluation, active: ActiveLevel): string {
  const { rule, observation, nowMs } = evaluation;
  const { level, phase, keepFiringForMs, isFlapping } = active;
  const { value, text, inconclusive } = observation;
  const hold = duration(keepFiringForMs) + (isFlapping ? " (extended: flapping)" : "");
  const clears = `clears ${recoveryOf(rule, level)}${keepFiringForMs > 0 ? ` for ${hold}` : ""}`;
  const detail = detailOf(observation);
  if (value === undefined) return `${text ?? `${rule.subject} has no data`}; still ${level.status}${detail}; ${clears}`;
  const fact = factOf(evaluation);
  if (inconclusive !== undefined) return `${fact} (${inconclusive}); still ${level.status}${detail}; ${clears}`;
  if (isBad(level, value)) return `${fact}${text === undefined ? ` (${level.status} ${badSide(rule, level)})` : ""}${detail}; ${clears}`;
  const separator = text === undefined ? "," : ";";
  if (phase.goodSinceMs === undefined) return `${fact}${separator} recovering: ${clears}${detail}`;
  const good = rule.clearsWhen === undefined && !observation.isIdle && Number.isFinite(value) ? `${recoveryOf(rule, level)} for ` : "";
  return `${fact}${separator} recovering: ${good}${duration(Math.max(0, nowMs - phase.goodSinceMs))} of ${hold}${detail}`;
}

/** Why no status holds: the number, and while a level is pending how much of its time has passed. */
export function inactiveReason(evaluation: Evaluation, pending?: { readonly level: Level; readonly sinceMs: number }): string {
  const { rule, observation, nowMs } = evaluation;
  const { value, text, inconclusive } = observation;
  if (value === undefined) return text ?? `${rule.subject} has no data`;
  if (inconclusive !== undefined) return `${factOf(evaluation)} (${inconclusive})${detailOf(observation)}`;
  if (!pending) return `${factOf(evaluation)}${observation.note === undefined ? "" : `; ${observation.note}`}`;
  const { level, sinceMs } = pending;
  const side = text === undefined ? `${badSide(rule, level)} ` : "";
  const past = `${side}for ${duration(Math.max(0, nowMs - sinceMs))} of ${duration(level.forMs)}`;
  return `${factOf(evaluation)}, ${past} until ${level.status}${detailOf(observation)}`;
}

/** What ends a status, in words that follow "recovers when": `p95 over 1m is below 0.80 for 60s (12s so far)`. */
export function recoveryCondition({ rule, nowMs }: Evaluation, { level, phase, keepFiringForMs }: ActiveLevel): string {
  const condition = rule.clearsWhen ?? `${rule.subject} is ${recoveryOf(rule, level)}`;
  const hold = keepFiringForMs > 0 ? ` for ${duration(keepFiringForMs)}` : "";
  const soFar = phase.goodSinceMs === undefined ? "" : ` (${duration(nowMs - phase.goodSinceMs)} so far)`;
  return `${condition}${hold}${soFar}`;
}

function recoveryOf({ clearsWhen, unit }: Evaluation["rule"], level: Level): string {
  if (clearsWhen !== undefined) return `when ${clearsWhen}`;
  const [side, bound] = [level.above === undefined ? "above" : "below", boundOf(level.clear, unit)];
  return level.clear === (level.above ?? level.below) ? `at ${bound} or ${side}` : `${side} ${bound}`;
}

function badSide({ unit }: Evaluation["rule"], { above, below }: Level): string {
  return above === undefined ? `below ${boundOf(below as number, unit)}` : `above ${boundOf(above, unit)}`;
}

function factOf({ rule, observation: { value, text } }: Evaluation): string {
  return text ?? `${rule.subject} is ${numberOf(rule, value as number)}`;
}

/** The number; where rounding makes it look equal to bounds that it is not equal to, on which side of the nearest one it is. */
function numberOf({ unit, levels }: Evaluation["rule"], value: number): string {
  const bounds = levels.flatMap(({ above, below, clear }) => [(above ?? below) as number, clear]);
  if (bounds.includes(value)) return boundOf(value, unit);
  const [nearest] = bounds.filter((bound) => readsLike(value, bound, unit)).toSorted((a, b) => Math.abs(a - value) - Math.abs(b - value));
  return nearest === undefined ? quantity(value, unit) : `just ${value < nearest ? "below" : "above"} ${boundOf(nearest, unit)}`;
}

/** A threshold, with every digit that its author gave it. */
const boundOf = (bound: number, unit: string): string => quantity(bound, unit, { isExact: true });

const detailOf = ({ detail }: Observation): string => (detail === undefined ? "" : `; ${detail}`);
