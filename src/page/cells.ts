import { isWorse } from "./status.ts";
import type { Status, Transition } from "./api.ts";

/** A stretch of time with the worst status in it; `none` where nothing is recorded. */
export type Cell = Status | "none";

export const CELLS = 60;
const CELL_MS = 60_000;

/** What is known of one component. */
export interface Standing {
  readonly status: Status;
  readonly sinceMs: number;
  /** Its transitions, oldest first. */
  readonly transitions: readonly Pick<Transition, "time" | "from" | "to">[];
  /** No transition after this moment is missing. */
  readonly completeSinceMs: number;
}

interface Stretch {
  readonly fromMs: number;
  readonly status: Status;
}

/** The last hour in minutes, oldest first, the minute that has begun last. */
export function cellsOf(standing: Standing, nowMs: number): readonly Cell[] {
  const stretches = stretchesOf(standing);
  const end = (Math.floor(nowMs / CELL_MS) + 1) * CELL_MS;
  return Array.from({ length: CELLS }, (_, n) => {
    const fromMs = end - (CELLS - n) * CELL_MS;
    return worstIn(stretches, fromMs, Math.min(fromMs + CELL_MS, nowMs + 1));
  });
}

/** Transitions say where each status began; what came before the first, it says itself. The first good status is no transition. */
function stretchesOf({ status, sinceMs, transitions, completeSinceMs }: Standing): readonly Stretch[] {
  const [first] = transitions;
  const begin: Stretch = { fromMs: completeSinceMs, status: first?.from ?? "unknown" };
  const changes = transitions.map(({ time, to }): Stretch => ({ fromMs: Date.parse(time), status: to }));
  const isTold = changes.at(-1)?.status === status;
  return [begin, ...changes, ...(isTold ? [] : [{ fromMs: Math.max(sinceMs, completeSinceMs), status }])];
}

function worstIn(stretches: readonly Stretch[], fromMs: number, toMs: number): Cell {
  let worst: Cell = "none";
  for (const [n, { fromMs: begin, status }] of stretches.entries()) {
    const end = stretches[n + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    if (begin < toMs && end > fromMs && end > begin && (worst === "none" || isWorse(status, worst))) worst = status;
  }
  return worst;
}

/** In words: `52 min healthy, 8 min critical`. */
export function cellWords(cells: readonly Cell[]): string {
  const counts = new Map<Cell, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  return [...counts].map(([cell, count]) => `${count} min ${cell === "none" ? "not recorded" : cell}`).join(", ");
}
