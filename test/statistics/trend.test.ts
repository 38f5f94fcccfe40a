import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderStatistic } from "../../src/statistics/quantile.ts";
import { CONFIDENT, trendOf } from "../../src/statistics/trend.ts";
import { seededRandom } from "../../src/topology/random.ts";

const byMinute = (value: (minute: number) => number, count = 20) => ({
  atMs: Array.from({ length: count }, (_, n) => n * 60_000),
  values: Array.from({ length: count }, (_, n) => value(n)),
});

describe("trendOf", () => {
  it("trendOf a line is its slope per minute with high confidence", () => {
    const trend = trendOf(byMinute((minute) => 3 * minute));
    expect(trend).toMatchObject({ perMinute: 3, low: 3, high: 3 });
    expect(trend?.confidence).toBeGreaterThan(0.999);
  });

  it("trendOf a line is not changed by one outlier in five numbers", () => {
    const trend = trendOf(byMinute((minute) => (minute % 5 === 2 ? 1e6 : 3 * minute)));
    expect(trend?.perMinute).toBeCloseTo(3, 6);
  });

  it("trendOf an alternating or constant series is not significant", () => {
    expect(trendOf(byMinute((minute) => minute % 2))?.confidence).toBeLessThan(CONFIDENT);
    expect(trendOf(byMinute(() => 5))?.perMinute).toBe(0);
    expect(trendOf(byMinute(() => 5))?.confidence).toBeCloseTo(0, 6);
  });

  it("trendOf fewer than eight numbers, or of numbers at one time, is undefined", () => {
    expect(trendOf(byMinute((minute) => minute, 7))).toBeUndefined();
    expect(trendOf({ atMs: Array.from({ length: 20 }, () => 5), values: Array.from({ length: 20 }, (_, n) => n) })).toBeUndefined();
  });

  it("trendOf ten known numbers has the slope, the interval and the p that scipy and a normal table give", () => {
    // scipy.stats.theilslopes(y, x, 0.95). Kendall's score is 31 and its variance 125, so z is 30 over the root of that.
    const values = [2.1, 1.9, 3.4, 2.8, 4.6, 4.1, 3.9, 5.8, 4.4, 6.3];
    const trend = trendOf({ atMs: values.map((_, n) => n * 60_000), values });
    expect(trend?.perMinute).toBeCloseTo(0.4, 9);
    expect(trend?.low).toBeCloseTo(0.23333333333333325, 9);
    expect(trend?.high).toBeCloseTo(0.625, 9);
    expect(1 - (trend?.confidence ?? 0)).toBeCloseTo(0.007290358, 6);
  });

  it("trendOf an hour of noise finds the slope in it, and is significant in about one of twenty hours without a slope", () => {
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

it("orderStatistic is the number that sorting puts at the rank", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 50 }), fc.nat(), (values, at) => {
      const rank = at % values.length;
      expect(orderStatistic(Float64Array.from(values), rank) + 0).toBe((Float64Array.from(values).sort()[rank] as number) + 0);
    }),
  );
});
