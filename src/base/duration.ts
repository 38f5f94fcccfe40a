import * as z from "zod";
import { parseDuration, UNIT_MS } from "./quantity.ts";

/** Shortest and longest time that can be scheduled: a timer's resolution, and Node's longest timer (24.8 days). */
export const SHORTEST_MS = 10;
export const LONGEST_MS = 24 * UNIT_MS.d;

const EXPECTED = 'expected a duration such as "500ms", "5s" or "1m"';

/**
 * A duration in a configuration: text such as `1s`, or a number of milliseconds. The output is in milliseconds. Zero, negative values,
 * NaN and anything above 24 days are refused.
 */
export const durationSchema = z.union([z.string(), z.number()], { error: EXPECTED }).transform((value, context) => {
  const ms = typeof value === "number" ? value : parseDuration(value);
  if (ms === undefined) context.addIssue({ code: "custom", message: EXPECTED });
  else if (!(ms >= SHORTEST_MS && ms <= LONGEST_MS)) context.addIssue({ code: "custom", message: "expected a duration from 10ms to 24d" });
  else return ms;
  return z.NEVER;
});

/** How long a condition must last before it has an effect: as `durationSchema`, and `0s` for immediately. */
export const holdSchema = z.union([z.literal(["0", "0s", "0ms", 0]).transform(() => 0), durationSchema], {
  error: 'expected a duration such as "30s", or "0s"',
});
