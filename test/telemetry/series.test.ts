import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HistogramValue } from "../../src/telemetry/buckets.ts";
import { GaugeSeries, HistogramSeries, hrTime, SumSeries, type Collect, type Point } from "../../src/telemetry/series.ts";

/** A reader of one series; times are in seconds. */
function reader(index = 0) {
  let previousMs: number | undefined;
  return (at: number): Collect => {
    const collect = { reader: index, previousMs, nowMs: at * 1_000, now: hrTime(at * 1_000) };
    previousMs = at * 1_000;
    return collect;
  };
}

const secondsOf = ([seconds, nanoseconds]: readonly [number, number]): number => seconds + nanoseconds / 1e9;

/** `value (start, end]`. */
const shown = (point: Point | undefined): string | undefined =>
  point && `${point.value as number} (${secondsOf(point.startTime)}, ${secondsOf(point.endTime)}]`;

const counterOf = (zero?: number): SumSeries => new SumSeries("", {}, true, zero === undefined ? undefined : zero * 1_000);

describe("SumSeries", () => {
  it("SumSeries starts a total of unknown age at the first point of each reader", () => {
    const [series, often, seldom] = [counterOf(), reader(0), reader(1)];
    expect(series.cumulative(often(0))).toBeUndefined();
    series.record(1_000, 1_000);
    expect(shown(series.cumulative(often(2)))).toBe("1000 (2, 2]");
    series.record(1_005, 3_000);
    expect(shown(series.cumulative(often(4)))).toBe("1005 (2, 4]");
    expect(shown(series.cumulative(seldom(5)))).toBe("1005 (5, 5]");
  });

  it("SumSeries starts a count from zero at its creation, and no earlier than a collection that did not have it", () => {
    const [series, often, seldom] = [counterOf(1), reader(0), reader(1)];
    often(10);
    series.add(2, 12_000);
    expect(shown(series.cumulative(often(20)))).toBe("2 (10, 20]");
    expect(shown(series.cumulative(seldom(60)))).toBe("2 (1, 60]");
  });

  it("SumSeries starts a restarted total at its last value before, or at a reader's last point if that is later", () => {
    const [series, often, seldom] = [counterOf(), reader(0), reader(1)];
    series.record(100, 0);
    series.cumulative(seldom(0));
    series.cumulative(often(1));
    series.record(110, 3_000);
    series.cumulative(often(5));
    series.record(4, 6_000);
    expect(shown(series.cumulative(often(7)))).toBe("4 (5, 7]");
    expect(shown(series.cumulative(seldom(60)))).toBe("4 (3, 60]");
  });

  it("SumSeries of an amount that may fall never restarts", () => {
    const [series, each] = [new SumSeries("", {}, false, undefined), reader()];
    for (const [at, value] of [7, 3, 9].entries()) {
      series.record(value, at * 1_000);
      expect(shown(series.cumulative(each(at)))).toBe(`${value} (0, ${at}]`);
    }
  });

  it("SumSeries never ends a point before its start, also after the wall clock was set back", () => {
    const [series, each] = [counterOf(), reader()];
    series.record(1, 100_000);
    series.cumulative(each(100));
    expect(shown(series.cumulative(each(40)))).toBe("1 (40, 40]");
  });

  it("SumSeries that is restarted after it had ended is a new sequence of which nothing is known", () => {
    const [series, each] = [counterOf(), reader()];
    series.record(100, 0);
    series.cumulative(each(1));
    series.restart(undefined);
    expect(series.cumulative(each(2))).toBeUndefined();
    series.record(500, 3_000);
    expect(series.isPending(0)).toBe(false);
    expect(shown(series.cumulative(each(4)))).toBe("500 (4, 4]");
  });

  /** What a source counts: how much more, or a restart with what was counted since. */
  const step = fc.oneof(
    fc.record({ kind: fc.constant("grow" as const), by: fc.nat(1_000) }),
    fc.record({ kind: fc.constant("restart" as const), share: fc.double({ min: 0, max: 0.99, noNaN: true }) }),
    fc.record({ kind: fc.constant("collect" as const), reader: fc.nat(2) }),
  );

  it("SumSeries exports deltas that add up to what was counted, and sequences that do not overlap or count anything twice", () => {
    let restarts = 0;
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.array(step, { maxLength: 60, size: "max" }), (boot, steps) => {
        const series = counterOf();
        const readers = [reader(0), reader(1), reader(2)] as const;
        const points: Point[][] = [[], []];
        let [total, counted, delivered, at] = [boot, 0, 0, 1];
        series.record(total, at * 1_000);
        for (const each of [...steps, ...[0, 1, 2].map((index) => ({ kind: "collect" as const, reader: index }))]) {
          at += 1;
          if (each.kind === "collect") {
            const collect = (readers[each.reader] as (typeof readers)[0])(at);
            if (each.reader === 2) delivered += series.delta(collect, hrTime(0))?.value as number;
            else points[each.reader]?.push(series.cumulative(collect) as Point);
            continue;
          }
          const next = each.kind === "grow" ? total + each.by + 1 : Math.floor(total * each.share);
          if (next < total) restarts += 1;
          counted += next < total ? next : next - total;
          total = next;
          series.record(total, at * 1_000);
        }
        expect(delivered).toBe(counted);
        for (const one of points) expect(growthOf(one)).toBeLessThanOrEqual(counted);
        for (const one of points) expect(one.at(-1)?.value).toBe(total);
      }),
    );
    expect(restarts).toBeGreaterThan(200);
  });

  /** Growth as a backend computes it from start times; fails where sequences overlap. */
  function growthOf(points: readonly Point[]): number {
    let growth = 0;
    let before: Point | undefined;
    for (const point of points) {
      const [start, end] = [secondsOf(point.startTime), secondsOf(point.endTime)];
      expect(start).toBeLessThanOrEqual(end);
      const isSame = before !== undefined && secondsOf(before.startTime) === start;
      if (before && isSame) {
        expect(point.value).toBeGreaterThanOrEqual(before.value as number);
        growth += (point.value as number) - (before.value as number);
      } else {
        if (before) expect(start).toBeGreaterThan(secondsOf(before.startTime));
        if (before) expect(start).toBeGreaterThanOrEqual(secondsOf(before.endTime));
        if (start < end) growth += point.value as number;
      }
      before = point;
    }
    return growth;
  }
});

describe("HistogramSeries", () => {
  const valueOf = (point: Point | undefined): HistogramValue => point?.value as HistogramValue;

  it("HistogramSeries counts a value in the bucket whose upper boundary it does not exceed", () => {
    const series = new HistogramSeries("", {}, [1, 2], [], 0);
    for (const value of [0.5, 1, 1.5, 2, 2.5]) series.record(value);
    const { buckets, count, max, min, sum } = valueOf(series.cumulative(reader()(1)));
    expect([buckets.counts, count, sum, min, max]).toEqual([[2, 2, 1], 5, 7.5, 0.5, 2.5]);
  });

  it("HistogramSeries gives each reader its own deltas, with their own minimum and maximum", () => {
    const series = new HistogramSeries("", {}, [1], [1, 2], 0);
    const [first, second] = [reader(1), reader(2)];
    series.record(3);
    expect(valueOf(series.delta(first(1), hrTime(0)))).toMatchObject({ count: 1, sum: 3, min: 3, max: 3 });
    series.record(0.5);
    expect(valueOf(series.delta(first(2), hrTime(1_000)))).toMatchObject({ count: 1, sum: 0.5, min: 0.5, max: 0.5 });
    expect(series.isPending(1)).toBe(false);
    expect(series.delta(first(3), hrTime(2_000))).toBeUndefined();
    expect(valueOf(series.delta(second(3), hrTime(0)))).toMatchObject({ count: 2, sum: 3.5, min: 0.5, max: 3 });
    expect(valueOf(series.cumulative(reader(0)(3)))).toMatchObject({ count: 2, sum: 3.5 });
  });

  it("HistogramSeries exports counts that later values do not change", () => {
    const series = new HistogramSeries("", {}, [1], [], 0);
    series.record(0.5);
    const { buckets } = valueOf(series.cumulative(reader()(1)));
    series.record(0.5);
    expect(buckets.counts).toEqual([1, 0]);
  });
});

it("GaugeSeries exports its newest value without a start time", () => {
  const series = new GaugeSeries("", {});
  expect(series.cumulative(reader()(1))).toBeUndefined();
  series.record(7);
  series.record(3);
  expect(shown(series.cumulative(reader()(2)))).toBe("3 (0, 2]");
});
