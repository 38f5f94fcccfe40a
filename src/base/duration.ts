import * as z from "zod";
import { parseDuration } from "./quantity.ts";

/** Shortest and longest time anything may be scheduled for: a timer's resolution, and Node's longest timer (24.8 days). */
export const SHORTEST_MS = 10;
export const LONGEST_MS = 24 * 86_400_000;

/**
 * A length of time in a configuration: text such as `1s`, or a number of milliseconds. The output is milliseconds.
 * Zero, negative, NaN and anything above 24 days are refused.
 */
export const durationSchema = z
  .union([z.string(), z.number()], { error: 'expected a length of time such as "5s"' })
  .transform((value, context) => {
    const ms = typeof value === "number" ? value : parseDuration(value);
    if (ms === undefined) context.addIssue({ code: "custom", message: 'expected a length of time such as "500ms", "5s" or "1m"' });
    else if (!(ms >= SHORTEST_MS && ms <= LONGEST_MS))
      context.addIssue({ code: "custom", message: "expected a length of time from 10ms to 24d" });
    else return ms;
    return z.NEVER;
  });

/** How long something has to last before it counts: as `durationSchema`, and `0s` for at once. */
export const holdSchema = z.union([z.literal(["0", "0s", "0ms", 0]).transform(() => 0), durationSchema], {
  error: 'expected a length of time such as "30s", or "0s"',
});
