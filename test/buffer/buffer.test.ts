import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SampleBuffer } from "../../src/buffer/buffer.ts";
import { quantile } from "../../src/statistics/quantile.ts";
import type { Statistics } from "../../src/statistics/moments.ts";
import { counter, gauge, total, upDownCounter, upTo } from "../../src/sample/field.ts";
import { OUTCOMES, type Outcome } from "../../src/sample/outcome.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import type { SampleRecord } from "../../src/sample/sample.ts";
import { resolved } from "../support/points.ts";

const queue = defineSampleType("queue", {
  depth: gauge("depth", "{job}"),
  done: counter("done", "{job}"),
  lanes: gauge("lanes", "{job}", { by: [upTo(5, "lane")] }),
});

const ORIGIN_MS = Date.parse("2026-01-01T00:00:00.000Z");

function record(atMs: number, outcome: Outcome, values?: object, durationMs = 1): SampleRecord {
  const error = outcome === "success" ? {} : { error: { type: outcome, message: "no" } };
  const sample = {
    time: new Date(ORIGIN_MS + atMs).toISOString(),
    collection: "queue",
    outcome,
    durationMs,
    ...(values ? { values } : {}),
    ...error,
  };
  return { sample: sample, atMs, dueMs: atMs, latenessMs: 0 };
}

const push = (buffer: SampleBuffer, each: SampleRecord): void => buffer.push(each, resolved(buffer, buffer.type, each.sample.values));

const at = (monotonicMs: number) => ({ wallMs: ORIGIN_MS + monotonicMs, monotonicMs });

describe("SampleBuffer", () => {
  it("SampleBuffer.recent returns the samples as they were pushed, newest first", () => {
    const buffer = new SampleBuffer("queue", queue, 3);
    const records = [
      record(0, "success", { depth: 1, lanes: { fast: 2, slow: 3 } }),
      record(1_000, "failed"),
      record(2_000, "success", { depth: 4 }),
      record(3_000, "success", { lanes: { fast: 5 } }),
    ];
    for (const each of records) push(buffer, each);
    expect(buffer.size).toBe(3);
    expect(buffer.recent(10)).toEqual([records[3]?.sample, records[2]?.sample, records[1]?.sample]);
    expect(buffer.recent(1)).toEqual([records[3]?.sample]);
    expect(buffer.recent(0)).toEqual([]);
  });

  it("SampleBuffer removes a point, and frees its memory, once it is absent from all retained samples", () => {
    const buffer = new SampleBuffer("queue", queue, 2);
    push(buffer, record(0, "success", { lanes: { ended: 1, stays: 1 } }));
    const full = buffer.bytes;
    for (const n of [1, 2]) push(buffer, record(n, "success", { lanes: { stays: 1 } }));
    expect(buffer.aggregate("1m", 60_000, at(3)).fields).toEqual({ lanes: { stays: expect.objectContaining({ count: 2 }) } });
    for (let n = 3; n < 70; n += 1) push(buffer, record(n, "success", { lanes: { stays: 1 } }));
    expect(buffer.bytes).toBeLessThan(full);
    expect(buffer.recent(2).map(({ values }) => values)).toEqual([{ lanes: { stays: 1 } }, { lanes: { stays: 1 } }]);
  });

  it("SampleBuffer starts the statistics of a point anew when it returns after its removal", () => {
    const buffer = new SampleBuffer("queue", queue, 10, [5_000]);
    for (let n = 0; n < 300; n += 1) {
      const isThere = n < 20 || n > 200;
      push(buffer, record(n * 1_000, "success", isThere ? { depth: n } : {}));
      const count = Array.from({ length: 5 }, (_, back) => n - back).filter((each) => each >= 0 && (each < 20 || each > 200)).length;
      expect(buffer.aggregate("5s", 5_000, at(n * 1_000 + 1)).fields.depth?.count ?? 0).toBe(count);
    }
  });

  it("SampleBuffer.newest has the times of the newest sample and of the newest success", () => {
    const buffer = new SampleBuffer("queue", queue, 3);
    expect(buffer.newest).toEqual({ atMs: undefined, successMs: undefined });
    push(buffer, record(10, "success", { depth: 1 }));
    push(buffer, record(20, "timeout"));
    expect(buffer.newest).toEqual({ atMs: 20, successMs: 10 });
  });

  it("SampleBuffer.retained counts the outcomes of exactly the retained samples", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (outcomes, retain) => {
        const buffer = new SampleBuffer("queue", queue, retain);
        outcomes.forEach((outcome, n) => push(buffer, record(n, outcome, outcome === "success" ? { depth: n } : undefined)));
        const retained = outcomes.slice(-retain);
        for (const outcome of OUTCOMES) expect(buffer.retained[outcome]).toBe(retained.filter((each) => each === outcome).length);
      }),
    );
  });
});

/** The reference implementation: a list of records, scanned from end to end. */
class NaiveBuffer {
  readonly #retain: number;
  readonly #records: SampleRecord[] = [];

  constructor(retain: number) {
    this.#retain = retain;
  }

  push(record: SampleRecord): void {
    this.#records.push(record);
    if (this.#records.length > this.#retain) this.#records.shift();
  }

  window(windowMs: number, nowMs: number) {
    const inside = this.#records.filter(({ atMs }) => atMs >= nowMs - windowMs && atMs < nowMs);
    const success = inside.filter(({ sample }) => sample.outcome === "success").length;
    const attempted = inside.filter(({ sample }) => !["missed", "waiting"].includes(sample.outcome)).length;
    return {
      inside,
      success,
      coverage: inside.length === 0 ? null : success / inside.length,
      successRate: attempted === 0 ? null : success / attempted,
    };
  }

  /** The values of a field in a window, with their times. */
  series(field: "depth" | "done", windowMs: number, nowMs: number) {
    return this.window(windowMs, nowMs).inside.flatMap(({ sample, atMs }) => {
      const value = (sample.values as Record<string, number> | undefined)?.[field];
      return value === undefined || !Number.isFinite(value) ? [] : [{ atMs, value }];
    });
  }
}

function statisticsOf(series: readonly { readonly atMs: number; readonly value: number }[]) {
  const values = series.map(({ value }) => value);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const increase = values.slice(1).reduce((sum, value, n) => sum + (value >= values[n]! ? value - values[n]! : value), 0);
  const seconds = (series.at(-1)!.atMs - series[0]!.atMs) / 1_000;
  const sorted = Float64Array.from(values).sort();
  return {
    count: values.length,
    mean,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    stddev: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length),
    quantiles: [quantile(sorted, 0.5), quantile(sorted, 0.95), quantile(sorted, 0.99)],
    first: values[0]!,
    last: values.at(-1)!,
    increase,
    ...(seconds > 0 ? { rate: increase / seconds } : {}),
  };
}

/** Equal up to the rounding error of a sum of values as large as `scale`. */
function expectNearly(found: number | undefined, expected: number, scale: number): void {
  expect(found).toBeDefined();
  expect(Math.abs((found as number) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(scale, Math.abs(expected)) + 2 ** -1022);
}

function expectStatistics(found: Statistics | undefined, series: readonly { readonly atMs: number; readonly value: number }[]): void {
  if (series.length === 0) return expect(found).toBeUndefined();
  const expected = statisticsOf(series);
  const scale = Math.max(Math.abs(expected.min), Math.abs(expected.max));
  expect(found).toMatchObject({ count: expected.count, min: expected.min, max: expected.max, first: expected.first, last: expected.last });
  if (found?.increase !== undefined) {
    expectNearly(found.increase, expected.increase, scale);
    if (expected.rate === undefined) expect(found).not.toHaveProperty("rate");
    else expectNearly(found.rate, expected.rate, scale);
    for (const absent of ["mean", "stddev", "p50", "p95", "p99"]) expect(found).not.toHaveProperty(absent);
    return undefined;
  }
  expectNearly(found?.mean, expected.mean, scale);
  // The square root of the rounding error of a variance of 0; squares of values below 1e-150 underflow.
  expect(Math.abs((found?.stddev as number) - expected.stddev)).toBeLessThanOrEqual(1e-6 * scale + 1e-150);
  [found?.p50, found?.p95, found?.p99].forEach((each, n) => {
    const exact = expected.quantiles[n] as number;
    expect(Math.abs((each as number) - exact)).toBeLessThanOrEqual(Math.abs(exact) / 100 + 2 ** -1022);
  });
}

describe("SampleBuffer.aggregate", () => {
  it("SampleBuffer.aggregate has no mean or quantiles of a total of counters, and no increase, because it falls when one restarts", () => {
    const served = defineSampleType("served", {
      requests: total("byRoute", "{request}"),
      byRoute: counter("served.requests", "{request}", { by: [upTo(5, "route")] }),
      jobs: total("byQueue", "{job}"),
      byQueue: upDownCounter("served.jobs", "{job}", { by: [upTo(5, "queue")] }),
    });
    const buffer = new SampleBuffer("served", served, 100, [60_000]);
    const parts = [
      { a: 100, b: 900 },
      { a: 110, b: 5 },
    ];
    for (const [n, byRoute] of parts.entries())
      push(buffer, record(n * 1_000, "success", { requests: byRoute.a + byRoute.b, byRoute, jobs: 4, byQueue: { x: 4 } }));
    const { fields } = buffer.aggregate("1m", 60_000, at(2_000));
    expect(fields.requests).toEqual({ count: 2, min: 115, max: 1_000, first: 1_000, last: 115 });
    expect(fields.byRoute?.["b"]).toEqual({ count: 2, min: 5, max: 900, first: 900, last: 5, increase: 5, rate: 5 });
    expect(fields.jobs).toMatchObject({ mean: 4, p95: 4 });
  });
});

describe("SampleBuffer.trend", () => {
  it("SampleBuffer.trend covers only the measurements in its window", () => {
    const buffer = new SampleBuffer("queue", queue, 100, [20_000]);
    for (let n = 0; n < 60; n += 1) {
      const isRising = n >= 40;
      push(buffer, record(n * 1_000, "success", n % 2 === 0 ? { depth: isRising ? n : 100, lanes: { fast: 60 - n } } : {}));
    }
    expect(buffer.trend("depth", [], 20_000, at(60_000))?.perMinute).toBeCloseTo(60, 9);
    expect(buffer.trend("depth", [], 60_000, at(60_000))?.perMinute).toBeLessThanOrEqual(0);
    expect(buffer.trend("lanes", ["fast"], 20_000, at(60_000))?.perMinute).toBeCloseTo(-60, 9);
    expect(buffer.trend("lanes", ["slow"], 20_000, at(60_000))).toBeUndefined();
    expect(buffer.trend("depth", [], 10_000, at(60_000))).toBeUndefined();
  });
});

describe("A window of SampleBuffer", () => {
  const anyValue = fc.oneof(
    // Summing turns -0 into 0, which toEqual treats as a different value.
    fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value + 0),
    fc.integer({ min: -3, max: 3 }),
    fc.double({ min: 1e-12, max: 1e-9, noNaN: true }),
    // More octaves than the histogram has pages for. Squares of still smaller values would underflow in either implementation.
    fc.integer({ min: -140, max: 140 }).map((exponent) => 10 ** exponent),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  const step = fc.record({
    gapMs: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
    ),
    outcome: fc.oneof({ weight: 3, arbitrary: fc.constant("success" as const) }, { weight: 1, arbitrary: fc.constantFrom(...OUTCOMES) }),
    depth: fc.option(anyValue, { nil: undefined }),
    done: fc.integer({ min: 0, max: 100 }),
    wallStepMs: fc.constantFrom(0, 0, 0, 3_600_000, -3_600_000),
    /** Milliseconds after the sample at which the windows are read; undefined if they are not. */
    readAfterMs: fc.option(fc.integer({ min: 0, max: 30_000 }), { nil: undefined, freq: 3 }),
  });
  const lengths = [2_000, 10_000, 60_000, 300_000];

  it(
    "A window equals a scan of all samples: irregular arrival, gaps, failures, resets, wall-clock steps, values that are not finite",
    { timeout: 120_000 },
    () => {
      fc.assert(
        fc.property(
          fc.array(step, { minLength: 1, maxLength: 200, size: "max" }),
          fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 100, max: 250 })),
          fc.subarray(lengths),
          (steps, retain, live) => {
            const buffer = new SampleBuffer("queue", queue, retain, live);
            const naive = new NaiveBuffer(retain);
            let [atMs, wallMs, notRetained] = [0, ORIGIN_MS, 0];
            for (const [n, { gapMs, outcome, depth, done, wallStepMs, readAfterMs }] of steps.entries()) {
              atMs += gapMs;
              wallMs += gapMs + wallStepMs;
              const values = depth === undefined ? { done } : { depth, done };
              const made = record(atMs, outcome, outcome === "success" ? values : undefined, outcome === "missed" ? 0 : n);
              const stepped = { ...made, sample: { ...made.sample, time: new Date(wallMs).toISOString() } };
              push(buffer, stepped);
              naive.push(stepped);
              if (outcome === "success" && depth !== undefined && !Number.isFinite(depth)) notRetained += 1;
              const nowMs = atMs + (readAfterMs ?? 0);
              for (const windowMs of readAfterMs === undefined ? [] : lengths) {
                const now = { wallMs, monotonicMs: nowMs };
                const { inside, success, ...rates } = naive.window(windowMs, nowMs);
                const aggregate = buffer.aggregate("w", windowMs, now);
                expect(aggregate).toMatchObject({ due: inside.length, outcomes: { success }, ...rates });
                expectStatistics(aggregate.fields.depth, naive.series("depth", windowMs, nowMs));
                expectStatistics(aggregate.fields.done, naive.series("done", windowMs, nowMs));
                expect(buffer.statistics("done", [], windowMs, now)).toEqual(aggregate.fields.done);
              }
            }
            expect(buffer.notRetained).toBe(notRetained);
          },
        ),
        { numRuns: 150 },
      );
    },
  );

  it("A live window equals the same window found by search", () => {
    const [live, lookedUp] = [new SampleBuffer("queue", queue, 100, [60_000]), new SampleBuffer("queue", queue, 100)];
    for (let n = 0; n < 250; n += 1) {
      const made = record(n * 1_000, "success", { depth: 5, done: n }, 3);
      push(live, made);
      push(lookedUp, made);
      const [found, expected] = [live, lookedUp].map((buffer) => buffer.aggregate("1m", 60_000, at(n * 1_000 + 1)));
      expect({ ...found, fields: { depth: found?.fields.depth } }).toEqual({ ...expected, fields: { depth: expected?.fields.depth } });
    }
  });

  it("A live window of a past time is found by search", () => {
    const buffer = new SampleBuffer("queue", queue, 10, [2_000]);
    for (const n of [0, 1, 2, 3]) push(buffer, record(n * 1_000, "success", { depth: n }));
    expect(buffer.aggregate("2s", 2_000, at(9_000)).due).toBe(0);
    expect(buffer.aggregate("2s", 2_000, at(3_000)).fields.depth).toMatchObject({ count: 2, first: 1, last: 2 });
    push(buffer, record(9_500, "success", { depth: 9 }));
    expect(buffer.aggregate("2s", 2_000, at(9_501)).fields.depth).toMatchObject({ count: 1, first: 9 });
  });

  it.each([
    ["live", [2_000]],
    ["found by search", []],
  ])("A window that is %s is half-open: it includes a sample at its start and excludes one at its end", (_, live) => {
    const buffer = new SampleBuffer("queue", queue, 10, live);
    for (const n of [0, 1, 2, 3]) push(buffer, record(n * 1_000, "success", { depth: n }));
    expect(buffer.aggregate("2s", 2_000, at(3_000)).fields.depth).toMatchObject({ count: 2, first: 1, last: 2 });
    expect(buffer.aggregate("2s", 2_000, at(4_000)).fields.depth).toMatchObject({ count: 2, first: 2, last: 3 });
    expect(buffer.aggregate("2s", 2_000, at(4_001)).fields.depth).toMatchObject({ count: 1, first: 3 });
  });

  it("A window excludes a sample at its end within a tile that is otherwise included", () => {
    const buffer = new SampleBuffer("queue", queue, 200, [100_000]);
    for (let n = 0; n < 70; n += 1) push(buffer, record(n * 1_000, "success", { depth: n }));
    expect(buffer.aggregate("100s", 100_000, at(70_000)).fields.depth).toMatchObject({ count: 70 });
    expect(buffer.aggregate("100s", 100_000, at(69_000)).fields.depth).toMatchObject({ count: 69, last: 68, max: 68 });
  });

  it("A window becomes empty when no samples arrive", () => {
    const buffer = new SampleBuffer("queue", queue, 10);
    push(buffer, record(0, "success", { depth: 1 }));
    expect(buffer.aggregate("1m", 60_000, at(59_999)).due).toBe(1);
    expect(buffer.aggregate("1m", 60_000, at(60_001))).toMatchObject({
      due: 0,
      successRate: null,
      coverage: null,
      durationMs: null,
      fields: {},
    });
  });
});
