import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timestampText, parseTimestamp } from "../../src/rule-simulation/timestamp.ts";
import { MAX_TICKS, parseSeries, type Item } from "../../src/rule-simulation/series.ts";

/** A written series and its meaning. */
interface Written {
  readonly text: string;
  readonly items: readonly Item[];
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 });
const word = fc.constantFrom<Item>("_", "silent", "success", "failed", "timeout", "invalid", "rejected", "missed", "waiting");
const count = fc.integer({ min: 1, max: 40 });
const gap = fc.constantFrom("", " ", "\n  ");

const constant: fc.Arbitrary<Written> = fc.tuple(fc.oneof(number, word), fc.option(count), gap).map(([item, n, space]) => ({
  text: n === null ? `${item}` : `${item}${space}x${space}${n}`,
  items: times(n ?? 1, () => (item === 0 ? 0 : item)),
}));
const slope: fc.Arbitrary<Written> = fc.tuple(number, number, count).map(([first, step, n]) => ({
  text: `${first}${step < 0 || Object.is(step, -0) ? "-" : "+"}${Math.abs(step)}x${n}`,
  items: times(n, (at) => first + step * at),
}));
const entry = fc.oneof(constant, slope);
const entries = (of: fc.Arbitrary<Written>): fc.Arbitrary<Written> =>
  fc
    .array(of, { minLength: 1, maxLength: 8 })
    .map((all) => ({ text: all.map(({ text }) => text).join(" "), items: all.flatMap(({ items }) => items) }));
const group: fc.Arbitrary<Written> = fc
  .tuple(entries(entry), fc.integer({ min: 1, max: 5 }))
  .map(([{ text, items }, n]) => ({ text: `(${text})x${n}`, items: times(n, () => items).flat() }));

describe("parseSeries", () => {
  it("parseSeries expands any combination of entries and groups to its meaning", () => {
    fc.assert(
      fc.property(entries(fc.oneof(entry, group)), ({ text, items }) => {
        const parsed = parseSeries(text);
        // Negative zero is written as zero.
        const plain = (list: readonly Item[]): readonly Item[] => list.map((item) => (item === 0 ? 0 : item));
        expect(parsed.ok && plain(parsed.items)).toEqual(plain(items));
      }),
    );
  });

  it("parseSeries never throws, never exceeds its limit, and explains what it refuses", () => {
    const soup = fc.string({ unit: fc.constantFrom(..."0159.+-ex_() \nfailedtimeout".split("")), maxLength: 60 });
    fc.assert(
      fc.property(fc.oneof(soup, fc.string()), (text) => {
        const parsed = parseSeries(text);
        if (parsed.ok) expect(parsed.items.length).toBeLessThanOrEqual(MAX_TICKS);
        else expect(parsed.message).toMatch(/expected/);
        if (parsed.ok) expect(parsed.items.every((item) => typeof item === "string" || Number.isFinite(item))).toBe(true);
      }),
    );
  });

  it.each([
    ["", "expected a series such as 0.5x30 0.9x60, found an empty text"],
    ["0.5x30 faild x3", 'invalid entry "faild": expected a number, _, silent,.* or waiting; did you mean "failed"\\?'],
    ["0.5y30", 'invalid entry "0.5y30": expected a number or a word with a count'],
    ["0.5x0", "expected a count of at least 1"],
    ["0+10", "expected a count after the step"],
    ["1e999", "expected finite numbers"],
    ["1e308+1e308x9", "expected finite numbers"],
    ["1x99999 1x2", "expected at most 100000 ticks in total"],
    ["(1x1000)x101", "expected at most 100000 ticks in total"],
    ["(1 (2)x3)x2", "without a nested group"],
    ["(1 2", "expected entries in parentheses"],
    ["()x2", "expected a series"],
  ])("parseSeries refuses %j with a message about the invalid entry", (text, message) => {
    const parsed = parseSeries(text);
    expect(parsed.ok ? "fine" : parsed.message).toMatch(new RegExp(message));
  });
});

describe("timestamps", () => {
  it("parseTimestamp reads what timestampText writes, to the millisecond", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 24 * 86_400_000 }), (ms) => parseTimestamp(timestampText(ms)) === ms));
    expect(["0s", "59s", "1m30s", "3.9s", "90s", "1h", "250ms", "1d2h3m4s5ms"].map(parseTimestamp)).toEqual([
      0, 59_000, 90_000, 3_900, 90_000, 3_600_000, 250, 93_784_005,
    ]);
  });

  it("parseTimestamp refuses any other text", () => {
    expect(["", "1", "s", "1s1m", "-1s", "1m 30s"].map(parseTimestamp)).toEqual(Array.from({ length: 6 }));
  });
});
