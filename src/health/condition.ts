import type { Status } from "./status.ts";

/** One threshold of a rule: which values enter a status, which leave it, and how long each has to last. */
export interface Level {
  readonly status: Exclude<Status, "healthy">;
  /** A value above this is bad; or, with `below`, a value below that. */
  readonly above?: number;
  readonly below?: number;
  /**
   * A value on the healthy side of this is good: below it, or with `below` above it. A value in between is neither. Where this is the
   * threshold itself, a value equal to it is good, too.
   */
  readonly clear: number;
  /** How long the value has to be bad before the status is entered. A value that is not bad restarts the time; time without data is left out. */
  readonly forMs: number;
  /** The recovery hold: how long the value has to be good before the status is left. Any other value restarts the time. */
  readonly keepFiringForMs: number;
}

/**
 * Where a level stands, as plain data.
 * - `clear`: the value is not bad
 * - `pending`: bad since `sinceMs`, not for long enough yet
 * - `active`: the status holds; bad since `sinceMs`, and good since `goodSinceMs` while it recovers
 */
export type Phase =
  | { readonly kind: "clear" }
  | { readonly kind: "pending"; readonly sinceMs: number }
  | { readonly kind: "active"; readonly sinceMs: number; readonly goodSinceMs?: number };

export const CLEAR: Phase = { kind: "clear" };

/** Whether a value is beyond the level's threshold. */
export const isBad = ({ above, below }: Level, value: number): boolean =>
  (above !== undefined && value > above) || (below !== undefined && value < below);

/** Whether a value is on the healthy side of the level's `clear`. A value can be neither bad nor good. */
export function isGood(level: Level, value: number): boolean {
  const { above, below, clear } = level;
  if (isBad(level, value)) return false;
  if (value === clear) return clear === (above ?? below);
  return above === undefined ? value > clear : value < clear;
}

/**
 * The phase after `value` was evaluated. Without a value there is no step: missing data neither enters a status nor leaves one.
 *
 * @param keepFiringForMs the recovery hold, where it is not the level's own
 */
export function step(phase: Phase, level: Level, value: number, nowMs: number, keepFiringForMs = level.keepFiringForMs): Phase {
  if (phase.kind === "active") return stepActive(phase, level, value, nowMs, keepFiringForMs);
  if (!isBad(level, value)) return CLEAR;
  const sinceMs = phase.kind === "pending" ? phase.sinceMs : nowMs;
  return nowMs - sinceMs >= level.forMs ? { kind: "active", sinceMs } : { kind: "pending", sinceMs };
}

function stepActive(phase: Phase & { kind: "active" }, level: Level, value: number, nowMs: number, keepFiringForMs: number): Phase {
  const { sinceMs } = phase;
  if (!isGood(level, value)) return { kind: "active", sinceMs };
  const goodSinceMs = phase.goodSinceMs ?? nowMs;
  return nowMs - goodSinceMs >= keepFiringForMs ? CLEAR : { kind: "active", sinceMs, goodSinceMs };
}

/** The phase after `ms` without data: that time counts neither towards entering a status nor towards the recovery hold. */
export function prolonged(phase: Phase, ms: number): Phase {
  if (phase.kind === "pending") return { ...phase, sinceMs: phase.sinceMs + ms };
  if (phase.kind === "clear" || phase.goodSinceMs === undefined) return phase;
  return { ...phase, goodSinceMs: phase.goodSinceMs + ms };
}

/** The phase after data were missing for too long: the time to enter a status and the recovery hold start again. */
export function interrupted(phase: Phase): Phase {
  if (phase.kind === "pending") return CLEAR;
  return phase.kind === "active" ? { kind: "active", sinceMs: phase.sinceMs } : phase;
}
