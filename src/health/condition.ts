import type { Status } from "./status.ts";

/** One threshold of a rule: what has to be seen, and for how long, to enter a status and to leave it again. */
export interface Level {
  readonly status: Exclude<Status, "healthy">;
  /** The status is entered when the value is above this; or, with `below`, when it is below. */
  readonly above?: number;
  readonly below?: number;
  /** The status is left when the value is on the good side of this: below it, or with `below` above it. */
  readonly clear: number;
  /** How long the value has to be bad without a good one in between. */
  readonly forMs: number;
  /** How long the value has to be past `clear` without another in between. */
  readonly keepFiringForMs: number;
}

/**
 * Where a condition stands.
 * - `clear`: nothing is wrong
 * - `pending`: bad since `sinceMs`, not for long enough yet
 * - `active`: the status holds; bad since `sinceMs`, good again since `goodMs` if it is
 */
export type Phase =
  | { readonly kind: "clear" }
  | { readonly kind: "pending"; readonly sinceMs: number }
  | { readonly kind: "active"; readonly sinceMs: number; readonly goodMs?: number };

export const CLEAR: Phase = { kind: "clear" };

export const isBad = ({ above, below }: Level, value: number): boolean =>
  (above !== undefined && value > above) || (below !== undefined && value < below);

export const isGood = (level: Level, value: number): boolean =>
  !isBad(level, value) && (level.above === undefined ? value > level.clear : value < level.clear);

/**
 * The phase after looking at `value`. Silence, which is undefined, changes nothing but one thing: what was getting better has to be
 * seen good for its whole time anew. So silence neither begins a status nor ends one.
 *
 * @param keepFiringForMs how long it has to be good, where that is not the level's own time
 */
export function step(phase: Phase, level: Level, value: number | undefined, nowMs: number, keepFiringForMs = level.keepFiringForMs): Phase {
  if (phase.kind === "active") return stepActive(phase, level, value, nowMs, keepFiringForMs);
  if (value === undefined) return phase;
  if (!isBad(level, value)) return CLEAR;
  const sinceMs = phase.kind === "pending" ? phase.sinceMs : nowMs;
  return nowMs - sinceMs >= level.forMs ? { kind: "active", sinceMs } : { kind: "pending", sinceMs };
}

function stepActive(
  phase: Phase & { kind: "active" },
  level: Level,
  value: number | undefined,
  nowMs: number,
  keepFiringForMs: number,
): Phase {
  const { sinceMs } = phase;
  if (value === undefined || !isGood(level, value)) return { kind: "active", sinceMs };
  const goodMs = phase.goodMs ?? nowMs;
  return nowMs - goodMs >= keepFiringForMs ? CLEAR : { kind: "active", sinceMs, goodMs };
}
