/** How a stream came to its end. */
export type End =
  | { readonly kind: "bye"; readonly retryMs: number }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string; readonly retryAfterSeconds: number | undefined }
  | { readonly kind: "lost" }
  | { readonly kind: "silent" };

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * How long to wait before the next attempt: as long as the collector asks for, else longer each time. Spread, so that the tabs of a
 * whole office do not come back in one moment.
 *
 * @param attempt how many have failed since the last that did not, from 0
 * @param random in `[0, 1)`
 */
export function waitMs(end: End, attempt: number, random: number): number {
  if (end.kind === "bye") return end.retryMs;
  const told = end.kind === "refused" ? end.retryAfterSeconds : undefined;
  if (told !== undefined) return Math.min(told * 1_000, 60_000) + random * 1_000;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + random / 2);
}

/** The end in words. */
export function whyOf(end: End): string {
  if (end.kind === "bye") return "The collector is stopping";
  if (end.kind === "refused") return `The collector answers ${end.status}: ${end.detail}`;
  return end.kind === "silent" ? "Nothing was heard on the connection for 45 s" : "The collector cannot be reached";
}
