import { describe, expect, it } from "vitest";
import { quantile } from "../../src/statistics/quantile.ts";
import { Column } from "../../src/buffer/column.ts";
import { windowMs } from "../../src/buffer/window.ts";
import { coverage, noOutcomes, successRate } from "../../src/sample/outcome.ts";

/** Statistics of numbers a second apart; of a counter where `isCounter`. */
function statisticsOf(values: readonly number[], { isCounter = false } = {}) {
  const column = new Column({ retain: 1_000, starts: [] }, 0);
  values.forEach((value, n) => {
    if (n % 60 === 0) column.beginTile(n);
    column.put(n, value);
  });
  return column.statistics({ from: 0, to: values.length }, undefined, isCounter ? (n) => n * 1_000 : undefined);
}

describe("statistics", () => {
  it("of the numbers 1 to 100 are the known ones", () => {
    const shuffled = Array.from({ length: 100 }, (_, n) => ((n * 37) % 100) + 1);
    expect(statisticsOf(shuffled)).toEqual({
      count: 100,
      mean: 50.5,
      min: 1,
      max: 100,
      p50: 50.5,
      p95: 95.05,
      p99: 99.01,
      first: 1,
      last: 64,
      stddev: Math.sqrt((100 ** 2 - 1) / 12),
    });
  });

  it("of nothing are absent, of one number that number", () => {
    expect(statisticsOf([])).toBeUndefined();
    expect(statisticsOf([-3])).toMatchObject({ count: 1, mean: -3, min: -3, max: -3, stddev: 0, p50: -3, p99: -3 });
  });

  it("of a counter have what it grew by, across a reset", () => {
    expect(statisticsOf([10, 14, 2, 5], { isCounter: true })).toMatchObject({ increase: 4 + 2 + 3, rate: 3 });
    expect(statisticsOf([10], { isCounter: true })).not.toHaveProperty("rate");
    expect(statisticsOf([10, 14])).not.toHaveProperty("increase");
  });
});

describe("quantiles", () => {
  it("interpolate between the two nearest ranks", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4], 0)).toBe(1);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("rates", () => {
  it("call a whole outage 0 and no question at all null", () => {
    expect(successRate({ ...noOutcomes(), failed: 3, timeout: 2, rejected: 5 })).toBe(0);
    expect(successRate({ ...noOutcomes(), missed: 4 })).toBeNull();
    expect(successRate({ ...noOutcomes(), success: 3, invalid: 1 })).toBe(0.75);
  });

  it("count missed ticks against coverage alone", () => {
    const counts = { ...noOutcomes(), success: 3, missed: 1 };
    expect(successRate(counts)).toBe(1);
    expect(coverage(counts)).toBe(0.75);
    expect(coverage(noOutcomes())).toBeNull();
  });
});

describe("a window's name", () => {
  it.each([
    ["500ms", 500],
    ["1m", 60_000],
    ["1.5h", 5_400_000],
  ])("%s is %d ms", (name, ms) => expect(windowMs(name)).toBe(ms));

  it.each(["", "5", "0m", "-1m", "5 m", "1y"])("refuses %o", (name) => expect(() => windowMs(name)).toThrow(/expected a duration/));
});
