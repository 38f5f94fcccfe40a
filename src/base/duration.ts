import * as z from "zod";
import { harmless } from "./harmless.ts";
import { parseDuration, UNIT_MS } from "./quantity.ts";

/** Shortest and longest time that can be scheduled: a timer's resolution, and Node's longest timer (24.8 days). */
export const SHORTEST_MS = 10;
export const LONGEST_MS = 24 * UNIT_MS.d;

/** What every setting that is a length of time expects. */
export const EXPECTED_DURATION = 'expected a duration such as "500ms", "5s" or "1m30s"';

const BOUNDS = "expected a duration from 10ms to 24d";

/** How messages show a bare number, which is in milliseconds; where it may have been meant in seconds, with what to write. */
function foundNumber(value: number): string {
  const inSeconds = Number.isFinite(value) && value > 0 && value < SHORTEST_MS ? `; for seconds write "${value}s"` : "";
  return `found ${value}, which is in milliseconds${inSeconds}`;
}

const isNumber = (text: string): boolean => /^\d+(\.\d+)?$/.test(text);

/**
 * A duration in a configuration: text such as `1s` or `1m30s`, or a number of milliseconds. The output is in milliseconds. Zero, negative
 * values, NaN and anything above 24 days are refused.
 */
export const durationSchema = durationFrom(SHORTEST_MS).register(harmless, {});

/** How long a condition must last before it has an effect: as `durationSchema`, and `0s` for immediately. */
export const holdSchema = durationFrom(0).register(harmless, {});

function durationFrom(leastMs: number) {
  const isHold = leastMs === 0;
  const expected = isHold ? `${EXPECTED_DURATION}, or "0s"` : EXPECTED_DURATION;
  const bounds = isHold ? `${BOUNDS}, or "0s"` : BOUNDS;
  return z.union([z.string(), z.number()], { error: expected }).transform((value, context) => {
    const problem = (message: string): never => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (typeof value === "number") {
      if (!Number.isFinite(value)) return problem(expected);
      return isWithin(value, isHold) ? value : problem(`${bounds}, ${foundNumber(value)}`);
    }
    const ms = value === "0" ? 0 : parseDuration(value);
    if (ms === undefined)
      return problem(isNumber(value) ? `${expected}; found "${value}" without a unit; write "${value}s" or "${value}ms"` : expected);
    return isWithin(ms, isHold) ? ms : problem(bounds);
  });
}

const isWithin = (ms: number, isHold: boolean): boolean => (isHold && ms === 0) || (ms >= SHORTEST_MS && ms <= LONGEST_MS);

/** A length of time that stays as it is written, because it is also a name: that of a window. */
export const windowSchema = z
  .string({ error: 'expected a duration such as "5m"' })
  .check(({ value, issues }) => {
    for (const { message } of durationSchema.safeParse(value).error?.issues ?? [])
      issues.push({ code: "custom", message, path: [], input: value });
  })
  .register(harmless, {});
