import type { Attributes } from "@opentelemetry/api";
import { emptyResource } from "@opentelemetry/resources";
import { AggregationTemporality, DataPointType, type MetricData, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { describe, expect, it } from "vitest";
import { StalenessTracker } from "../../src/telemetry/staleness.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

const A = { "vitals.collection.name": "jobs", queue: "a" };
const B = { "vitals.collection.name": "jobs", queue: "b" };

function metric(name: string, dataPointType: DataPointType, temporality: AggregationTemporality, ...series: Attributes[]): MetricData {
  const dataPoints = series.map((attributes) => ({ attributes, startTime: [0, 0], endTime: [0, 0], value: 1 }));
  const descriptor = { name, description: "", unit: "", valueType: 1 };
  return { descriptor, dataPointType, aggregationTemporality: temporality, isMonotonic: true, dataPoints } as unknown as MetricData;
}

const gaugeOf = (name: string, ...series: Attributes[]): MetricData =>
  metric(name, DataPointType.GAUGE, AggregationTemporality.CUMULATIVE, ...series);

const collected = (...metrics: MetricData[]): ResourceMetrics => ({
  resource: emptyResource(),
  scopeMetrics: [{ scope: { name: "test" }, metrics }],
});

/** What is left, as `name: attributes`. */
const left = ({ scopeMetrics }: ResourceMetrics): readonly (readonly [string, readonly Attributes[]])[] =>
  scopeMetrics.flatMap(({ metrics }) =>
    metrics.map((each) => [each.descriptor.name, each.dataPoints.map(({ attributes }) => attributes)] as const),
  );

function set() {
  const clock = new ManualClock();
  const freshness = new StalenessTracker(clock);
  freshness.expire("depth");
  return { clock, freshness, inMs: (ms: number) => clock.monotonicMs() + ms };
}

describe("StalenessTracker", () => {
  it("StalenessTracker keeps each series until its expiry, exclusively", () => {
    const { clock, freshness, inMs } = set();
    freshness.follow("depth", { attributes: A, untilMs: inMs(1_000) });
    freshness.follow("depth", { attributes: B, untilMs: inMs(2_000) });
    const all = collected(gaugeOf("depth", A, B));
    expect(left(freshness.filter(all))).toEqual([["depth", [A, B]]]);
    clock.block(1_000);
    expect(left(freshness.filter(all))).toEqual([["depth", [B]]]);
    clock.block(1_000);
    expect(freshness.filter(all).scopeMetrics).toEqual([]);
    expect(all.scopeMetrics[0]?.metrics[0]?.dataPoints).toHaveLength(2);
  });

  it.each([
    ["gauges", DataPointType.GAUGE],
    ["counters", DataPointType.SUM],
    ["histograms", DataPointType.HISTOGRAM],
  ])("StalenessTracker removes stale cumulative %s", (_, type) => {
    const { freshness } = set();
    expect(left(freshness.filter(collected(metric("depth", type, AggregationTemporality.CUMULATIVE, A))))).toEqual([]);
  });

  it.each([
    ["counters", DataPointType.SUM],
    ["histograms", DataPointType.HISTOGRAM],
  ])("StalenessTracker keeps delta points of %s, which are exported once and stay true", (_, type) => {
    const { freshness } = set();
    expect(left(freshness.filter(collected(metric("depth", type, AggregationTemporality.DELTA, A))))).toEqual([["depth", [A]]]);
  });

  it("StalenessTracker removes stale gauges of delta temporality", () => {
    const { freshness } = set();
    expect(left(freshness.filter(collected(metric("depth", DataPointType.GAUGE, AggregationTemporality.DELTA, A))))).toEqual([]);
  });

  it("StalenessTracker keeps instruments that do not expire, and those of a program with the same name", () => {
    const { freshness } = set();
    const foreign = { "service.part": "x" };
    expect(left(freshness.filter(collected(gaugeOf("other", A), gaugeOf("depth", A, foreign))))).toEqual([
      ["other", [A]],
      ["depth", [foreign]],
    ]);
  });

  it("StalenessTracker compares attributes by value, in any order", () => {
    const { freshness, inMs } = set();
    freshness.follow("depth", { attributes: A, untilMs: inMs(1) });
    const same = { queue: "a", "vitals.collection.name": "jobs" };
    expect(left(freshness.filter(collected(gaugeOf("depth", same))))).toEqual([["depth", [same]]]);
  });

  it("StalenessTracker removes a series that was forgotten", () => {
    const { freshness, inMs } = set();
    freshness.follow("depth", { attributes: A, untilMs: inMs(1_000) });
    const followed = { attributes: A, untilMs: inMs(1_000) };
    freshness.follow("depth", followed);
    freshness.forget("depth", { attributes: A, untilMs: inMs(1_000) });
    expect(left(freshness.filter(collected(gaugeOf("depth", A))))).toEqual([["depth", [A]]]);
    freshness.forget("depth", followed);
    expect(left(freshness.filter(collected(gaugeOf("depth", A))))).toEqual([]);
  });
});
