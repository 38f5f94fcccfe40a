import { describe, expect, it } from "vitest";
import { quantile } from "../../src/buffer/quantile.ts";
import { statisticsOf } from "../../src/buffer/statistics.ts";
import { slopeOf } from "../../src/buffer/trend.ts";
import { windowMs } from "../../src/buffer/window.ts";
import { coverage, noOutcomes, successRate } from "../../src/sample/outcome.ts";

const series = (...values: number[]) => ({ values: Float64Array.from(values), atMs: Float64Array.from(values, (_, n) => n * 1_000) });

describe("statistics", () => {
  it("of the numbers 1 to 100 are the known ones", () => {
    const shuffled = Array.from({ length: 100 }, (_, n) => ((n * 37) % 100) + 1);
    expect(statisticsOf(series(...shuffled), "gauge")).toEqual({
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
    expect(statisticsOf(series(), "gauge")).toBeUndefined();
    expect(statisticsOf(series(-3), "gauge")).toMatchObject({ count: 1, mean: -3, min: -3, max: -3, stddev: 0, p50: -3, p99: -3 });
  });

  it("of a counter have what it grew by, across a reset", () => {
    expect(statisticsOf(series(10, 14, 2, 5), "counter")).toMatchObject({ increase: 4 + 2 + 3, rate: 3 });
    expect(statisticsOf(series(10), "counter")).not.toHaveProperty("rate");
    expect(statisticsOf(series(10, 14), "gauge")).not.toHaveProperty("increase");
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

describe("a slope", () => {
  const line = (value: (minute: number) => number, count = 20) =>
    Array.from({ length: count }, (_, n) => ({ atMs: n * 60_000, value: value(n) }));

  it("of a line is its own, per minute, also with outliers", () => {
    expect(slopeOf(line((minute) => 3 * minute))).toEqual({ perMinute: 3, significant: true });
    expect(slopeOf(line((minute) => (minute === 7 ? 1e6 : 3 * minute)))?.perMinute).toBeCloseTo(3, 6);
  });

  it("of what goes up and down is not significant", () => {
    expect(slopeOf(line((minute) => minute % 2))?.significant).toBe(false);
    expect(slopeOf(line(() => 5))).toEqual({ perMinute: 0, significant: false });
  });

  it("of too little is not known", () => {
    expect(slopeOf(line((minute) => minute, 7))).toBeUndefined();
  });
});

describe("a window's name", () => {
  it.each([
    ["500ms", 500],
    ["1m", 60_000],
    ["1.5h", 5_400_000],
  ])("%s is %d ms", (name, ms) => expect(windowMs(name)).toBe(ms));

  it.each(["", "5", "0m", "-1m", "5 m", "1y"])("refuses %o", (name) => expect(() => windowMs(name)).toThrow(/expected a length of time/));
});
