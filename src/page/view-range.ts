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

/** A link to a time, relative to the page. */
export function timeLink({ atMs, event }: LinkedTime): string {
  const at = `#time=${new Date(atMs).toISOString()}`;
  return event === undefined ? at : `${at}&event=${encodeURIComponent(event)}`;
}

/** The time in a URL fragment; undefined without one. */
export function parseTimeLink(fragment: string): LinkedTime | undefined {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const atMs = Date.parse(fields.get("time") ?? "");
  if (Number.isNaN(atMs)) return undefined;
  const event = fields.get("event");
  return event === null ? { atMs } : { atMs, event };
}

/** The part of time that the user selected. */
export interface ViewRange {
  /** Such as `5m`. */
  readonly window: string;
  /** A time in the past, shown instead of the present. */
  readonly linked?: LinkedTime | undefined;
  /** When the view was paused. */
  readonly pausedMs?: number | undefined;
}

const DEFAULT_MS = 300_000;

/** The time range that charts show. */
export function shownRange({ window, linked, pausedMs }: ViewRange, nowMs: number): Range {
  if (linked) return { fromMs: linked.atMs - AROUND_MS, toMs: linked.atMs + AROUND_MS };
  const toMs = pausedMs ?? nowMs;
  return { fromMs: toMs - (parseDuration(window) ?? DEFAULT_MS), toMs };
}
