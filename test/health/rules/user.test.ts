import { describe, expect, it } from "vitest";
import type { Observation, Rule } from "../../../src/health/rule.ts";
import { ruleOptions, type RuleConfig } from "../../../src/health/rules/options.ts";
import { thresholdsOf, userRules, type Measurements } from "../../../src/health/rules/user.ts";
import { counter, gauge, oneOf, upTo } from "../../../src/sample/field.ts";
import { noOutcomes } from "../../../src/sample/outcome.ts";
import { defineSampleType } from "../../../src/sample/sample-type.ts";
import type { Statistics } from "../../../src/statistics/moments.ts";
import type { Trend } from "../../../src/statistics/trend.ts";
import { everyField } from "../../support/cadence.ts";

const STARTED_MS = 1_000;
const NOW_MS = 61_000;

const queue = defineSampleType("queue", {
  depth: gauge("queue.depth", "{job}", { good: "low" }),
  age: gauge("queue.age", "s", {
    by: [upTo(10, "queue"), oneOf("priority", "high", "low")],
  }),
  bytes: counter("queue.io", "By"),
});

/** Statistics of a point whose values are all `value`. */
const steady = (value: number): Statistics => ({
  count: 1,
  mean: value,
  min: value,
  max: value,
  stddev: 0,
  p50: value,
  p95: value,
  p99: value,
  first: value,
  last: value,
});

/** Measurements of a collection that measured nothing, but for what a test gives. */
const measured = (given: Partial<Measurements>): Measurements => ({
  newest: { atMs: undefined, successMs: undefined },
  outcomes: () => noOutcomes(),
  durations: () => null,
  paths: () => [],
  statistics: () => undefined,
  trend: () => undefined,
  isMeasured: () => true,
  ...given,
});

function ruleFor(config: Omit<RuleConfig, "collection">, given: Partial<Measurements> = {}): Rule {
  const options = ruleOptions.parse({ collection: "jobs", ...config });
  const target = {
    name: "jobs",
    type: queue,
    measurements: measured(given),
    intervalMs: 1_000,
    sinceMs: () => STARTED_MS,
    judgedSinceMs: () => Number.NEGATIVE_INFINITY,
    lastError: () => undefined,
    cadence: everyField(queue, 1_000),
    wallMs: () => NOW_MS,
  };
  const [rule] = userRules([options], target);
  if (!rule) throw new Error("expected a rule for the collection");
  return rule;
}

const observe = (config: Omit<RuleConfig, "collection">, given: Partial<Measurements> = {}): Observation =>
  ruleFor(config, given).observe(NOW_MS);

describe("userRules", () => {
  it.each(["mean", "min", "max", "p50", "p95", "p99", "last", "increase", "rate"] as const)(
    "user-defined rule observes the %s of its field over its window",
    (stat) => {
      const asked: unknown[] = [];
      const statistics: Measurements["statistics"] = (...query) => {
        asked.push(query);
        return { ...steady(1), count: 2, increase: 1, rate: 1, [stat]: 42 };
      };
      expect(observe({ field: "depth", stat, window: "5m", above: 1 }, { statistics })).toEqual({ value: 42 });
      expect(asked).toEqual([["depth", [], 300_000, { wallMs: NOW_MS, monotonicMs: NOW_MS }]]);
    },
  );

  it("user-defined rule on the newest value looks back three of its field's own intervals, others over their window", () => {
    const asked: number[] = [];
    const statistics: Measurements["statistics"] = (_field, _path, windowMs) => {
      asked.push(windowMs);
      return steady(1);
    };
    const cadence = new Map([["depth", 300_000]]);
    const measurements = measured({ statistics });
    for (const stat of ["last", "mean"] as const) {
      const options = ruleOptions.parse({ collection: "jobs", field: "depth", stat, window: "5m", above: 1 });
      const target = {
        name: "jobs",
        type: queue,
        measurements,
        intervalMs: 1_000,
        sinceMs: () => 0,
        judgedSinceMs: () => Number.NEGATIVE_INFINITY,
        lastError: () => undefined,
        cadence,
        wallMs: () => NOW_MS,
      };
      userRules([options], target)[0]?.observe(NOW_MS);
    }
    expect(asked).toEqual([900_000, 300_000]);
  });

  it.each([
    [{ above: 41 }, { value: 42 }],
    [{ below: 43 }, { value: 42 }],
    [{ above: 42 }, { value: Number.NEGATIVE_INFINITY, text: "depth over 1m is not judged: depth is not above 42" }],
    [{ below: 42 }, { value: Number.NEGATIVE_INFINITY, text: "depth over 1m is not judged: depth is not below 42" }],
  ])("user-defined rule judges a point only while a field is past the threshold %j", (bound, expected) => {
    const statistics = (): Statistics => steady(42);
    expect(observe({ field: "depth", above: 1, while: { field: "depth", ...bound } }, { statistics })).toMatchObject(expected);
  });

  it("user-defined rule observes a significant trend, and 0 for one that is not", () => {
    const trend = (confidence: number): Trend => ({ perMinute: 3, low: 1, high: 5, confidence });
    const config = { field: "depth", stat: "trend", above: 1 } as const;
    expect(observe(config, { trend: () => trend(0.95) })).toEqual({ value: 3 });
    expect(observe(config, { trend: () => trend(0.9499) })).toEqual({ value: 0 });
    expect(observe(config)).toEqual({ value: undefined });
  });

  it("user-defined rule observes the success rate over its window", () => {
    const windows: number[] = [];
    const outcomes: Measurements["outcomes"] = (windowMs) => {
      windows.push(windowMs);
      return { ...noOutcomes(), success: 3, failed: 1, missed: 5 };
    };
    expect(observe({ stat: "successRate", window: "2m", below: 0.8 }, { outcomes })).toMatchObject({ value: 0.75 });
    expect(windows).toEqual([120_000]);
    expect(observe({ stat: "successRate", below: 0.8 })).toEqual({ value: undefined });
  });

  it("user-defined rule observes the p95 of the reading time in seconds", () => {
    expect(observe({ stat: "durationP95", above: 1 }, { durations: () => ({ p95: 250 }) })).toEqual({ value: 0.25 });
    expect(observe({ stat: "durationP95", above: 1 })).toEqual({ value: undefined });
  });

  it("user-defined rule observes the age of the newest success, counted from the start before the first", () => {
    expect(observe({ stat: "age", above: 5 }, { newest: { atMs: 31_000, successMs: 31_000 } })).toEqual({ value: 30 });
    expect(observe({ stat: "age", above: 5 })).toEqual({ value: 60 });
  });

  it("user-defined rule observes no value where its window has no measurement", () => {
    expect(observe({ field: "depth", above: 5 })).toEqual({ value: undefined });
    expect(observe({ field: "age", above: 5 })).toEqual({ value: undefined });
  });

  describe("with several points", () => {
    const values: Readonly<Record<string, number | undefined>> = { "a,high": 3, "a,low": 9, "b,high": 1, "b,low": undefined };
    const points: Partial<Measurements> = {
      paths: () => Object.keys(values).map((path) => path.split(",")),
      statistics: (_, path) => {
        const value = values[path.join(",")];
        return value === undefined ? undefined : steady(value);
      },
    };

    it("user-defined rule observes the highest of several points where high is bad, and names it", () => {
      expect(observe({ field: "age", above: 5 }, points)).toEqual({ value: 9, detail: "worst of 4 points: a, low" });
    });

    it("user-defined rule observes the lowest of several points where low is bad, and names it", () => {
      expect(observe({ field: "age", below: 5 }, points)).toEqual({ value: 1, detail: "worst of 4 points: b, high" });
    });

    it("user-defined rule observes only the points that where selects", () => {
      const high = { field: "age", where: { priority: "high" }, above: 5 };
      expect(observe(high, points)).toEqual({ value: 3, detail: "worst of 2 points: a, high" });
    });

    it("user-defined rule observes one point without naming it when where selects it completely, whether or not it was measured", () => {
      const given = { ...points, paths: () => [] };
      expect(observe({ field: "age", where: { priority: "low", queue: "a" }, above: 5 }, given)).toEqual({ value: 9 });
      expect(observe({ field: "age", where: { queue: "b", priority: "low" }, above: 5 }, given)).toEqual({ value: undefined });
      expect(observe({ field: "age", where: { queue: "c" }, above: 5 }, points)).toEqual({ value: undefined });
    });
  });

  it.each([
    [{ field: "depth", stat: "p95", above: 1 }, "p95 of depth over 1m", "{job}"],
    [{ field: "depth", above: 1 }, "depth over 1m", "{job}"],
    [{ field: "age", where: { queue: "a" }, above: 1 }, "age{queue=a} over 1m", "s"],
    [{ field: "bytes", stat: "rate", above: 1 }, "rate of bytes over 1m", "By/s"],
    [{ field: "age", stat: "trend", above: 1 }, "trend of age over 1m", "s/min"],
    [{ stat: "successRate", window: "5m", below: 1 }, "success rate over 5m", "1"],
    [{ stat: "durationP95", above: 1 }, "p95 of the reading time over 1m", "s"],
    [{ stat: "age", above: 1 }, "time since the newest success", "s"],
  ] as const)("user-defined rule %j is about the %s", (config, subject, unit) => {
    expect(ruleFor(config)).toMatchObject({ subject, unit });
  });

  it("user-defined rule has the threshold, the clear value and the hold times of its options, and defaults for the rest", () => {
    const config = { field: "depth", below: 2, clear: 3, for: "5s", keep_firing_for: "10s", status: "critical" } as const;
    expect(ruleFor(config)).toMatchObject({
      alert: "JobsDepthLast",
      good: "high",
      windowMs: 60_000,
      levels: [{ status: "critical", below: 2, clear: 3, forMs: 5_000, keepFiringForMs: 10_000 }],
    });
    expect(ruleFor({ name: "Deep", field: "depth", above: 2 })).toMatchObject({
      alert: "Deep",
      good: "low",
      levels: [{ status: "degraded", above: 2, clear: 2, forMs: 0, keepFiringForMs: 60_000 }],
    });
  });

  it("user-defined rules about other collections are left out", () => {
    const options = ruleOptions.parse({ collection: "others", field: "depth", above: 1 });
    const target = {
      name: "jobs",
      type: queue,
      measurements: measured({}),
      intervalMs: 1_000,
      sinceMs: () => 0,
      judgedSinceMs: () => Number.NEGATIVE_INFINITY,
      lastError: () => undefined,
      cadence: everyField(queue, 1_000),
      wallMs: () => 0,
    };
    expect(userRules([options], target)).toEqual([]);
  });
});

describe("thresholdsOf", () => {
  it("thresholds of a collection are those of its rules and the limit of its reading time", () => {
    const rules = [
      ruleOptions.parse({ collection: "jobs", field: "age", where: { queue: "a" }, stat: "p95", window: "5m", above: 10, clear: 8 }),
      ruleOptions.parse({ collection: "others", field: "depth", above: 1 }),
    ];
    expect(thresholdsOf(rules, "jobs", 800)).toEqual([
      { field: "age", where: { queue: "a" }, stat: "p95", window: "5m", above: 10, clear: 8, status: "degraded" },
      { where: {}, stat: "durationP95", window: "1m", above: 0.8, clear: 0.8, status: "degraded" },
    ]);
  });
});
