import * as z from "zod";
import { LONGEST_MS } from "../base/duration.ts";
import { parseDuration, UNIT_MS } from "../base/quantity.ts";

const UNITS = ["d", "h", "m"] as const;
/** A timestamp of a simulated run, written as a duration since its start, in whole milliseconds; undefined for any other text. */
export function parseTimestamp(text: string): number | undefined {
  const ms = parseDuration(text);
  return ms === undefined ? undefined : Math.round(ms);
}

/** The reverse of `parseTimestamp`: `1m30s`, `3.9s`. Whole milliseconds. */
export function timestampText(ms: number): string {
  let rest = Math.floor(ms);
  const parts = UNITS.map((unit) => {
    const count = Math.floor(rest / UNIT_MS[unit]);
    rest -= count * UNIT_MS[unit];
    return count === 0 ? "" : `${count}${unit}`;
  });
  return parts.join("") + (rest > 0 || ms < 1 ? `${rest / 1_000}s` : "");
}

const EXPECTED = 'expected a time since the start of the run, such as "90s" or "1m30s", at most 24d';

export const timestampSchema = z.string({ error: EXPECTED }).transform((text, context) => {
  const ms = parseTimestamp(text);
  if (ms !== undefined && ms <= LONGEST_MS) return ms;
  context.addIssue({ code: "custom", message: EXPECTED });
  return z.NEVER;
});
