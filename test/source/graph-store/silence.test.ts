import { describe, expect, it } from "vitest";
import { silenceOf, SLOT_MS } from "../../../src/source/graph-store/silence.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, 00:00. */
const MONDAY = Date.UTC(2026, 0, 5);

/** Slots from 9 to 17 of the working days of two weeks before the third Monday, one every twenty minutes. */
const office = Array.from({ length: 14 }, (_, day) => day)
  .filter((day) => day % 7 < 5)
  .flatMap((day) => Array.from({ length: 24 }, (_, n) => (MONDAY + day * DAY + 9 * HOUR + n * 20 * 60_000) / SLOT_MS));
const LAST = Math.max(...office) * SLOT_MS;
const at = (day: number, hour: number): number => MONDAY + day * DAY + hour * HOUR;

describe("silenceOf", () => {
  it("a night and a weekend are as short as nobody writes in them", () => {
    // The last write is at 16:40, so what counts of each night are the twenty minutes until 17:00.
    expect(silenceOf(office, LAST, at(14, 9))).toEqual({ usualMs: 20 * 60_000, ratio: 1 });
    expect(silenceOf(office, LAST, at(14, 8)).ratio).toBe(1);
  });

  it("a writer that died on Friday is told on Monday, after three of its usual pauses", () => {
    expect(silenceOf(office, LAST, at(14, 9) + 40 * 60_000).ratio).toBe(3);
    expect(silenceOf(office, LAST, at(14, 9) + 41 * 60_000).ratio).toBeGreaterThan(3);
  });

  it("the ratio grows with the weeks of silence, by the hours that are usually written in", () => {
    const hours = 5 * 8;
    const [now, later] = [at(14, 12), at(28, 12)].map((nowMs) => silenceOf(office, LAST, nowMs).ratio);
    expect((later ?? 0) - (now ?? 0)).toBeCloseTo((2 * hours * HOUR) / (20 * 60_000), 9);
  });

  it("one longest pause is an exception, such as an outage, and two are usual", () => {
    const without = (...days: readonly number[]) =>
      office.filter((slot) => !days.some((day) => slot * SLOT_MS > at(day, 10) && slot * SLOT_MS < at(day, 16)));
    expect(silenceOf(without(2), LAST, LAST).usualMs).toBe(20 * 60_000);
    expect(silenceOf(without(2, 8), LAST, LAST).usualMs).toBe(6 * HOUR);
  });

  it("a store that is written all the time may be silent for 45 minutes", () => {
    const always = Array.from({ length: (14 * DAY) / SLOT_MS }, (_, n) => MONDAY / SLOT_MS + n);
    const newestMs = MONDAY + 14 * DAY;
    expect(silenceOf(always, newestMs, newestMs + 45 * 60_000)).toEqual({ usualMs: 15 * 60_000, ratio: 3 });
  });

  it("while less than a week is known, all time counts and a pause of three days is no surprise", () => {
    const first = office.filter((slot) => slot * SLOT_MS < at(5, 0));
    const friday = Math.max(...first) * SLOT_MS;
    expect(silenceOf(first, friday, at(7, 9)).ratio).toBeLessThan(3);
    expect(silenceOf(first, friday, friday + 3 * DAY)).toEqual({ usualMs: DAY, ratio: 3 });
    expect(silenceOf([], MONDAY, MONDAY + DAY)).toEqual({ usualMs: DAY, ratio: 1 });
  });

  it("slots after the newest write and a clock that is behind count as nothing", () => {
    expect(silenceOf([...office, at(20, 0) / SLOT_MS], LAST, LAST - HOUR)).toEqual({ usualMs: 20 * 60_000, ratio: 0 });
  });
});
