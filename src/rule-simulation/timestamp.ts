import * as z from "zod";
import { LONGEST_MS } from "../base/duration.ts";
import { UNIT_MS } from "../base/quantity.ts";

const UNITS = ["d", "h", "m"] as const;
const ALL_UNITS = [...UNITS, "s", "ms"] as const;

const TIMESTAMP = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d{1,3})?)s)?(?:(\d+)ms)?$/;

/** A timestamp of a simulated run, written as `59s` or `1m30s` since its start, in milliseconds; undefined for any other text. */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (!match || text === "") return undefined;
  return Math.round(ALL_UNITS.reduce((sum, unit, n) => sum + Number(match[n + 1] ?? 0) * UNIT_MS[unit], 0));
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
