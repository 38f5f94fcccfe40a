import { compareStatus } from "../health/status.ts";
import type { Status, Transition } from "../client/api.ts";

/** The worst status of one minute; `none` where nothing is recorded. */
export type Cell = Status | "none";

export const CELLS = 60;
const CELL_MS = 60_000;

/** The status of a component and its recorded transitions. */
export interface ComponentHistory {
  readonly status: Status;
  readonly sinceMs: number;
  /** Its transitions, oldest first. */
  readonly transitions: readonly Pick<Transition, "time" | "from" | "to">[];
  /** No transition since then is missing. */
  readonly completeSinceMs: number;
}

interface Period {
  readonly fromMs: number;
  readonly status: Status;
}

/** The last hour in minutes, oldest first; the last one is the current minute. */
export function cellsOf(history: ComponentHistory, nowMs: number): readonly Cell[] {
  const periods = periodsOf(history);
  const end = (Math.floor(nowMs / CELL_MS) + 1) * CELL_MS;
  return Array.from({ length: CELLS }, (_, n) => {
    const fromMs = end - (CELLS - n) * CELL_MS;
    return worstIn(periods, fromMs, Math.min(fromMs + CELL_MS, nowMs + 1));
  });
}

/** A transition starts a period and names the status of the one before. A first healthy status has no transition. */
function periodsOf({ status, sinceMs, transitions, completeSinceMs }: ComponentHistory): readonly Period[] {
  const [first] = transitions;
  const start: Period = { fromMs: completeSinceMs, status: first?.from ?? "unknown" };
  const changes = transitions.map(({ time, to }): Period => ({ fromMs: Date.parse(time), status: to }));
  const isRecorded = changes.at(-1)?.status === status;
  return [start, ...changes, ...(isRecorded ? [] : [{ fromMs: Math.max(sinceMs, completeSinceMs), status }])];
}

function worstIn(periods: readonly Period[], fromMs: number, toMs: number): Cell {
  let worst: Cell = "none";
  for (const [n, { fromMs: begin, status }] of periods.entries()) {
    const end = periods[n + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    if (begin < toMs && end > fromMs && end > begin && (worst === "none" || compareStatus(status, worst) > 0)) worst = status;
  }
  return worst;
}

/** The last hour as text: `52m healthy, 8m critical`. */
export function cellText(cells: readonly Cell[]): string {
  const counts = new Map<Cell, number>();
  for (const cell of cells) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  return [...counts].map(([cell, count]) => `${count}m ${cell === "none" ? "not recorded" : cell}`).join(", ");
}
