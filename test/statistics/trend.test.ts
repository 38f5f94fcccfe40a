import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderStatistic } from "../../src/statistics/quantile.ts";
import { CONFIDENT, trendOf } from "../../src/statistics/trend.ts";
import { seededRandom } from "../../src/topology/random.ts";

const byMinute = (value: (minute: number) => number, count = 20) => ({
  atMs: Array.from({ length: count }, (_, n) => n * 60_000),
  values: Array.from({ length: count }, (_, n) => value(n)),
});

describe("a trend", () => {
  it("of a line is its slope per minute, and sure", () => {
    const trend = trendOf(byMinute((minute) => 3 * minute));
    expect(trend).toMatchObject({ perMinute: 3, low: 3, high: 3 });
    expect(trend?.confidence).toBeGreaterThan(0.999);
  });

  it("is not moved by an outlier in five", () => {
    const trend = trendOf(byMinute((minute) => (minute % 5 === 2 ? 1e6 : 3 * minute)));
    expect(trend?.perMinute).toBeCloseTo(3, 6);
  });

  it("of what goes up and down, or stays, is none", () => {
    expect(trendOf(byMinute((minute) => minute % 2))?.confidence).toBeLessThan(CONFIDENT);
    expect(trendOf(byMinute(() => 5))?.perMinute).toBe(0);
    expect(trendOf(byMinute(() => 5))?.confidence).toBeCloseTo(0, 6);
  });

  it("of fewer than eight is not known, nor of many at one moment", () => {
    expect(trendOf(byMinute((minute) => minute, 7))).toBeUndefined();
    expect(trendOf({ atMs: Array.from({ length: 20 }, () => 5), values: Array.from({ length: 20 }, (_, n) => n) })).toBeUndefined();
  });

  it("has the slope, the interval and the p that scipy and a normal table give for ten known numbers", () => {
    // scipy.stats.theilslopes(y, x, 0.95). Kendall's score is 31 and its variance 125, so z is 30 over the root of that.
    const values = [2.1, 1.9, 3.4, 2.8, 4.6, 4.1, 3.9, 5.8, 4.4, 6.3];
    const trend = trendOf({ atMs: values.map((_, n) => n * 60_000), values });
    expect(trend?.perMinute).toBeCloseTo(0.4, 9);
    expect(trend?.low).toBeCloseTo(0.23333333333333325, 9);
    expect(trend?.high).toBeCloseTo(0.625, 9);
    expect(1 - (trend?.confidence ?? 0)).toBeCloseTo(0.007290358, 6);
  });

  it("of an hour of noise finds the slope beneath it, and a slope in one of twenty hours without one", () => {
    const random = seededRandom(11);
    const hour = (perMinute: number) => ({
      atMs: Array.from({ length: 3_600 }, (_, n) => n * 1_000),
      values: Array.from({ length: 3_600 }, (_, n) => (n / 60) * perMinute + random() * 10),
    });
    const rising = trendOf(hour(0.1));
    expect(rising?.perMinute).toBeGreaterThan(0.07);
    expect(rising?.perMinute).toBeLessThan(0.13);
    expect(rising?.confidence).toBeGreaterThan(CONFIDENT);
    expect(rising?.low).toBeLessThan(0.1);
    expect(rising?.high).toBeGreaterThan(0.1);
    const found = Array.from({ length: 200 }, () => trendOf(hour(0))).filter((trend) => (trend?.confidence ?? 0) >= CONFIDENT).length;
    expect(found).toBeGreaterThan(1);
    expect(found).toBeLessThan(24);
  });
});

it("an order statistic is the number that sorting puts there", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 50 }), fc.nat(), (values, at) => {
      const rank = at % values.length;
      expect(orderStatistic(Float64Array.from(values), rank) + 0).toBe((Float64Array.from(values).sort()[rank] as number) + 0);
    }),
  );
});
