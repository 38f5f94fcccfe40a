import { parseDuration } from "../base/quantity.ts";
import type { Range } from "../client/columns.ts";

/** A time in the past that a link opens the page at. */
export interface LinkedTime {
  readonly atMs: number;
  /** Id of the transition that happened then. */
  readonly event?: string;
}

/** Shown before and after a linked time. */
export const AROUND_MS = 60_000;

/** The part of time that the user selected. */
export interface ViewRange {
  /** Such as `5m`. */
  readonly window: string;
  /** A time in the past, shown instead of the present. */
  readonly linked?: LinkedTime | undefined;
  /** A range in the past, shown instead of the present. */
  readonly range?: Range | undefined;
  /** When the view was paused. */
  readonly pausedMs?: number | undefined;
}

const DEFAULT_MS = 300_000;

/** The time range that charts show. */
export function shownRange({ window, linked, range, pausedMs }: ViewRange, nowMs: number): Range {
  if (range) return range;
  if (linked) return { fromMs: linked.atMs - AROUND_MS, toMs: linked.atMs + AROUND_MS };
  const toMs = pausedMs ?? nowMs;
  return { fromMs: toMs - (parseDuration(window) ?? DEFAULT_MS), toMs };
}
