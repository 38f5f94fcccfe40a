/** A moment that the page is opened at, with what happened then. */
export interface Moment {
  readonly atMs: number;
  /** `bootId-seq` of a transition. */
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
