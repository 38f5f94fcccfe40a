import * as z from "zod";
import { LONGEST_MS } from "../base/duration.ts";

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
] as const;
const ALL_UNITS = [...UNITS, ["s", 1_000], ["ms", 1]] as const;

const MOMENT = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d{1,3})?)s)?(?:(\d+)ms)?$/;

/** A moment of a simulated run as people write it, such as `59s` or `1m30s`, in milliseconds; undefined when it is none. */
export function parseMoment(text: string): number | undefined {
  const match = MOMENT.exec(text);
  if (!match || text === "") return undefined;
  return Math.round(ALL_UNITS.reduce((sum, [, ms], n) => sum + Number(match[n + 1] ?? 0) * ms, 0));
}

/** The reverse: `1m30s`, `3.9s`. Whole milliseconds. */
export function momentText(ms: number): string {
  let rest = Math.floor(ms);
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? "" : `${count}${unit}`;
  });
  return parts.join("") + (rest > 0 || ms < 1 ? `${rest / 1_000}s` : "");
}

export const momentSchema = z.string({ error: 'expected a moment of the run such as "90s" or "1m30s"' }).transform((text, context) => {
  const ms = parseMoment(text);
  if (ms !== undefined && ms <= LONGEST_MS) return ms;
  context.addIssue({ code: "custom", message: 'expected a moment of the run such as "90s" or "1m30s", at most 24d' });
  return z.NEVER;
});
