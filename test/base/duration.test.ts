import { describe, expect, it } from "vitest";
import { durationSchema, holdSchema, windowSchema } from "../../src/base/duration.ts";
import { parse } from "../../src/base/issues.ts";
import { parseDuration } from "../../src/base/quantity.ts";
import { collectionOptions } from "../../src/collection/options.ts";
import { resolve } from "../../src/collector/resolve.ts";
import { isVitalsError } from "../../src/base/errors.ts";
import { windowMs } from "../../src/buffer/window.ts";
import { window } from "../../src/http/api/query.ts";
import { parseTimestamp } from "../../src/rule-simulation/timestamp.ts";

/** In milliseconds, by hand. */
const FORMS: readonly (readonly [string, number])[] = [
  ["500ms", 500],
  ["1.5s", 1_500],
  ["90s", 90_000],
  ["1m", 60_000],
  ["1m30s", 90_000],
  ["1h", 3_600_000],
  ["1h30m", 5_400_000],
  ["1h1ms", 3_600_001],
  ["2m500ms", 120_500],
  ["1.1s", 1_100],
];

const messageOf = (schema: typeof durationSchema, value: unknown): string => {
  const parsed = parse(schema, value);
  return parsed.ok ? `accepted: ${parsed.data}` : (parsed.issues[0]?.message ?? "");
};

describe("lengths of time", () => {
  it.each(FORMS)("%s has the same length in every place that takes one", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
    expect(durationSchema.parse(text)).toBe(ms);
    expect(holdSchema.parse(text)).toBe(ms);
    expect(windowSchema.safeParse(text).success).toBe(true);
    expect(windowMs(text)).toBe(ms);
    expect(window.safeParse(text).success).toBe(true);
    expect(parseTimestamp(text)).toBe(ms);
    expect(collectionOptions.safeParse({ source: "s", interval: text, retain: text }).success).toBe(true);
  });

  it.each(["", "5", "s", "1s1m", "30s1m", "1m1m", "1m 30s", " 1s", "1s ", "-1s", "1e3s", ".5s", "5.s", "1M", "1w", "1sm"])(
    "%j is no length of time anywhere",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
      expect(durationSchema.safeParse(text).success).toBe(false);
      expect(windowSchema.safeParse(text).success).toBe(false);
      expect(window.safeParse(text).success).toBe(false);
      expect(parseTimestamp(text)).toBeUndefined();
      expect(collectionOptions.safeParse({ source: "s", retain: text }).success).toBe(false);
    },
  );

  it("a bare number is in milliseconds, and the message says so where it is too short or has quotes", () => {
    expect(durationSchema.parse(1_500)).toBe(1_500);
    expect(messageOf(durationSchema, 5)).toBe(
      'expected a duration from 10ms to 24d, found 5, which is in milliseconds; for seconds write "5s"',
    );
    expect(messageOf(holdSchema, 5)).toBe(
      'expected a duration from 10ms to 24d, or "0s", found 5, which is in milliseconds; for seconds write "5s"',
    );
    expect(messageOf(durationSchema, "5")).toBe(
      'expected a duration such as "500ms", "5s" or "1m30s"; found "5" without a unit; write "5s" or "5ms"',
    );
    expect(messageOf(durationSchema, -5)).toBe("expected a duration from 10ms to 24d, found -5, which is in milliseconds");
  });

  it.each([
    [0, "accepted: 0"],
    ["0s", "accepted: 0"],
    ["0", "accepted: 0"],
    ["0m", "accepted: 0"],
    ["10ms", "accepted: 10"],
    ["24d", "accepted: 2073600000"],
  ])("a hold time may be %j", (value, expected) => expect(messageOf(holdSchema, value)).toBe(expected));
});

describe("the retained time", () => {
  const config = (interval: string, retain: string | number) => ({
    sources: { here: { kind: "host" as const } },
    collections: { a: { source: "here", interval, retain } },
  });

  it.each([
    ["1s", "1h", 3_600],
    ["7s", "1h", 515],
    ["1h", "1m", 6],
    ["1s", 20, 20],
    ["2s", "1m30s", 45],
  ])("a collection every %s retains %s as %d samples", (interval, retain, samples) => {
    expect(resolve(config(interval, retain)).collections.get("a")?.retain).toBe(samples);
  });

  it("a time of more samples than a collection may retain is refused with the longest there is", () => {
    let error: unknown;
    try {
      resolve(config("10ms", "1h"));
    } catch (thrown) {
      error = thrown;
    }
    expect(isVitalsError(error) && error.message).toContain(
      "collections.a.retain: expected at most 100000 samples, which are 16m 40s at an interval of 10 ms; found 360000",
    );
  });

  it.each([0, -1, 1.5, 100_001, "0s", "x", true])("retain %j is refused", (retain) => {
    const parsed = parse(collectionOptions, { source: "s", retain });
    expect(parsed.ok ? "" : parsed.issues[0]?.message).toMatch(
      /^expected a number of samples from 6 to 100000, or a duration such as "1h"; found /,
    );
  });
});
