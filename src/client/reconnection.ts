import { duration } from "../base/quantity.ts";

/** Heartbeats arrive every 15 s; after three missing ones the connection is considered lost. */
export const SILENT_MS = 45_000;

/** How a connection ended. */
export type End =
  | { readonly kind: "bye"; readonly retryMs: number }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string; readonly retryAfterSeconds: number | undefined }
  /** The response is not the event stream of a collector. */
  | { readonly kind: "foreign"; readonly why: string }
  | { readonly kind: "lost" }
  | { readonly kind: "silent" };

const FIRST_WAIT_MS = 1_000;
const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const LONGEST_REQUESTED_MS = 60_000;

/**
 * Time until the next attempt: what the collector requests, otherwise longer after each failure. Randomised, so that many viewers do not
 * reconnect at the same time. Never below half a second, whatever is requested.
 *
 * @param failures connections in a row that ended without an event
 * @param random in `[0, 1)`
 * @param retryMs the stream's reconnection time, its field `retry`; the shortest wait that is not requested otherwise
 */
export function waitMs(end: End, failures: number, random: number, retryMs?: number): number {
  const requested = requestedMs(end);
  const jitterMs = end.kind === "bye" ? 0 : random * 1_000;
  if (requested !== undefined && requested >= SHORTEST_WAIT_MS) return Math.min(requested, LONGEST_REQUESTED_MS) + jitterMs;
  const floor = Math.max(SHORTEST_WAIT_MS, Math.min(retryMs ?? 0, LONGEST_REQUESTED_MS));
  const first = Math.max(FIRST_WAIT_MS, floor);
  const grown = Math.min(Math.max(LONGEST_WAIT_MS, first), first * 2 ** failures);
  const low = Math.max(floor, grown / 2);
  return low + random * (Math.max(grown, low * 1.5) - low);
}

/** What the end itself requests, in milliseconds; the collector randomises what it says in `bye`. */
function requestedMs(end: End): number | undefined {
  if (end.kind === "bye") return end.retryMs;
  return end.kind === "refused" && end.retryAfterSeconds !== undefined ? end.retryAfterSeconds * 1_000 : undefined;
}

/** The value of `Retry-After` in seconds (RFC 9110, 10.2.3): a number, or a date; undefined if it is neither. */
export function retryAfterSeconds(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text);
  const untilMs = httpDateMs(text);
  if (untilMs === undefined) return undefined;
  // The server's own time, because the viewer's clock may be wrong.
  return Math.max(0, untilMs - (httpDateMs(headers.get("date") ?? "") ?? nowMs)) / 1_000;
}

/** A date in one of the three forms of RFC 9110, 5.6.7. `Date.parse` alone takes `-5` for a date, and the oldest form for local time. */
function httpDateMs(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2,8},? .*\d\d:\d\d:\d\d/.test(text)) return undefined;
  const ms = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Why a connection ended, for the notice. */
export function whyOf(end: End): string {
  if (end.kind === "bye") return "The collector is stopping";
  if (end.kind === "refused") return `The collector returned ${end.status}: ${end.detail}`;
  if (end.kind === "foreign") return end.why;
  return end.kind === "silent" ? `No data received for ${duration(SILENT_MS)}` : "The collector is unreachable";
}
