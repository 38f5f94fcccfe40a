import { describe, expect, it } from "vitest";
import { quantile } from "../../src/statistics/quantile.ts";
import { Column } from "../../src/buffer/column.ts";
import { windowMs } from "../../src/buffer/window.ts";
import { coverage, noOutcomes, successRate } from "../../src/sample/outcome.ts";

/** Statistics of values one second apart; of a counter if `isCounter`. */
function statisticsOf(values: readonly number[], { isCounter = false } = {}) {
  const column = new Column({ retain: 1_000, starts: [] }, 0);
  values.forEach((value, n) => {
    if (n % 60 === 0) column.beginTile(n, false);
    column.put(n, value);
  });
  return column.statistics({ from: 0, to: values.length }, undefined, isCounter ? (n) => n * 1_000 : undefined);
}

describe("Statistics", () => {
  it("Statistics of the numbers 1 to 100 equal the known ones", () => {
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

  it("Statistics are absent without values, and equal a single value", () => {
    expect(statisticsOf([])).toBeUndefined();
    expect(statisticsOf([-3])).toMatchObject({ count: 1, mean: -3, min: -3, max: -3, stddev: 0, p50: -3, p99: -3 });
  });

  it("Statistics of a counter have its increase across a reset", () => {
    expect(statisticsOf([10, 14, 2, 5], { isCounter: true })).toMatchObject({ increase: 4 + 2 + 3, rate: 3 });
    expect(statisticsOf([10], { isCounter: true })).not.toHaveProperty("rate");
    expect(statisticsOf([10, 14])).not.toHaveProperty("increase");
  });

  it("Statistics of a counter have no mean, standard deviation or quantiles", () => {
    expect(statisticsOf([10, 14, 2, 5], { isCounter: true })).toEqual({
      count: 4,
      min: 2,
      max: 14,
      first: 10,
      last: 5,
      increase: 9,
      rate: 3,
    });
  });
});

describe("quantile", () => {
  it("quantile interpolates between the two nearest ranks", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4], 0)).toBe(1);
    expect(quantile([1, 2, 3, 4], 1)).toBe(4);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("successRate and coverage", () => {
  it("successRate is 0 during an outage and null without attempted ticks", () => {
    expect(successRate({ ...noOutcomes(), failed: 3, timeout: 2, rejected: 5 })).toBe(0);
    expect(successRate({ ...noOutcomes(), missed: 4 })).toBeNull();
    expect(successRate({ ...noOutcomes(), success: 3, invalid: 1 })).toBe(0.75);
  });

  it("Missed ticks lower the coverage and not the success rate", () => {
    const counts = { ...noOutcomes(), success: 3, missed: 1 };
    expect(successRate(counts)).toBe(1);
    expect(coverage(counts)).toBe(0.75);
    expect(coverage(noOutcomes())).toBeNull();
  });
});

describe("windowMs", () => {
  it.each([
    ["500ms", 500],
    ["1m", 60_000],
    ["1.5h", 5_400_000],
  ])("windowMs parses %s as %d ms", (name, ms) => expect(windowMs(name)).toBe(ms));

  it.each(["", "5", "0m", "-1m", "5 m", "1y"])("windowMs refuses %o", (name) =>
    expect(() => windowMs(name)).toThrow(/expected a duration/),
  );
});
