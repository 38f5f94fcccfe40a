import type { Range } from "./columns.ts";

/** A moment that the page is opened at, with what happened then. */
export interface Moment {
  readonly atMs: number;
  /** Identifies a transition. */
  readonly event?: string;
}

/** Shown before and after a moment. */
export const AROUND_MS = 60_000;

/** A link to a moment, relative to the page. */
export function momentLink({ atMs, event }: Moment): string {
  const at = `#moment=${new Date(atMs).toISOString()}`;
  return event === undefined ? at : `${at}&event=${encodeURIComponent(event)}`;
}

/** The moment that an address's fragment names; undefined where it names none. */
export function parseMoment(fragment: string): Moment | undefined {
  const named = new URLSearchParams(fragment.replace(/^#/, ""));
  const atMs = Date.parse(named.get("moment") ?? "");
  if (Number.isNaN(atMs)) return undefined;
  const event = named.get("event");
  return event === null ? { atMs } : { atMs, event };
}

/** What the reader chose to see. */
export interface Sight {
  /** Such as `5m`. */
  readonly window: string;
  /** A moment instead of the present. */
  readonly moment?: Moment | undefined;
  /** When the view was held still. */
  readonly pausedMs?: number | undefined;
}

const DEFAULT_MS = 300_000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The time that charts show. */
export function rangeInSight({ window, moment, pausedMs }: Sight, nowMs: number): Range {
  if (moment) return { fromMs: moment.atMs - AROUND_MS, toMs: moment.atMs + AROUND_MS };
  const toMs = pausedMs ?? nowMs;
  return { fromMs: toMs - lengthOf(window), toMs };
}

/** A window as the collector writes it; it has seen to its form. */
function lengthOf(window: string): number {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(window) ?? [];
  const unitMs = UNIT_MS[unit];
  return count === undefined || unitMs === undefined ? DEFAULT_MS : Number(count) * unitMs;
}
