import { duration, quantity } from "../base/quantity.ts";
import type { Level, Phase } from "./condition.ts";
import type { Observation, Rule } from "./rule.ts";

/** What a reason is made of. */
interface Look {
  readonly rule: Pick<Rule, "what" | "unit">;
  readonly observation: Observation;
  readonly nowMs: number;
}

/** Why a status holds, and what it takes to leave it: `p95 over 1m is 0.93, above 0.9 for 42 s; clears below 0.8 held for 60 s`. */
export function levelReason(
  look: Look,
  level: Level,
  phase: Phase & { kind: "active" },
  { keepFiringForMs, isFlapping }: { readonly keepFiringForMs: number; readonly isFlapping: boolean },
): string {
  const { nowMs, rule, observation } = look;
  if (observation.words !== undefined) return inWords(look, phase, keepFiringForMs) + (isFlapping ? FLAPPING : "") + detailOf(look);
  const side = level.above === undefined ? "below" : "above";
  const bound = quantity((level.above ?? level.below) as number, rule.unit);
  const clear = `${side === "above" ? "below" : "above"} ${quantity(level.clear, rule.unit)}`;
  const held = keepFiringForMs > 0 ? ` held for ${duration(keepFiringForMs)}` : "";
  const since = nowMs - phase.sinceMs;
  const flapping = isFlapping ? FLAPPING : "";
  if (observation.value === undefined)
    return `${rule.what} is silent since it was ${side} ${bound}; clears ${clear}${held}${detailOf(look)}`;
  if (phase.goodMs !== undefined)
    return `${numberOf(look)}, ${clear} for ${duration(nowMs - phase.goodMs)} of the ${duration(keepFiringForMs)} it takes to clear${flapping}${detailOf(look)}`;
  const bad = `${numberOf(look)}, ${side} ${bound}${since > 0 ? ` for ${duration(since)}` : ""}`;
  return `${bad}; clears ${clear}${held}${flapping}${detailOf(look)}`;
}

/** What it takes to leave a status: `p95 over 1m has to stay below 0.8 for 60 s`. */
export function recoveryOf(
  { rule, observation, nowMs }: Look,
  level: Level,
  { goodMs }: Phase & { kind: "active" },
  keepFiringForMs: number,
): string {
  const done = goodMs === undefined ? "" : `; it has for ${duration(nowMs - goodMs)}`;
  // Of what is told in words only a share is a number that people know.
  const isInWords = observation.words !== undefined && rule.unit !== "1";
  if (isInWords && keepFiringForMs === 0) return "it ends as soon as that is over";
  if (isInWords) return `that has to be over for ${duration(keepFiringForMs)}${done}`;
  const side = level.above === undefined ? "above" : "below";
  const held =
    keepFiringForMs > 0
      ? `stay ${side} ${quantity(level.clear, rule.unit)} for ${duration(keepFiringForMs)}`
      : `get ${side} ${quantity(level.clear, rule.unit)}`;
  return `${rule.what} has to ${held}${done}`;
}

const FLAPPING = "; it comes and goes, so it is held longer";

function inWords({ nowMs, observation: { words } }: Look, { goodMs }: Phase & { kind: "active" }, keepFiringForMs: number): string {
  if (goodMs !== undefined) return `${words}, for ${duration(nowMs - goodMs)} of the ${duration(keepFiringForMs)} it takes to clear`;
  return keepFiringForMs > 0 ? `${words}; clears when that is over for ${duration(keepFiringForMs)}` : (words as string);
}

/** How it stands while nothing is wrong, or not for long enough yet. */
export function clearReason(look: Look, level: Level | undefined, phase: Phase | undefined): string {
  if (look.observation.words !== undefined) return look.observation.words;
  if (look.observation.value === undefined) return `${look.rule.what} was not measured`;
  if (!level || phase?.kind !== "pending") return numberOf(look);
  const side = level.above === undefined ? "below" : "above";
  const bound = quantity((level.above ?? level.below) as number, look.rule.unit);
  return `${numberOf(look)}, ${side} ${bound} for ${duration(look.nowMs - phase.sinceMs)} of the ${duration(level.forMs)} that make it ${level.status}`;
}

const numberOf = ({ rule, observation }: Look): string => `${rule.what} is ${quantity(observation.value as number, rule.unit)}`;

const detailOf = ({ observation }: Look): string => (observation.detail === undefined ? "" : `; ${observation.detail}`);
