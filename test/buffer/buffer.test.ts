import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SampleBuffer } from "../../src/buffer/buffer.ts";
import { counter, gauge, upTo } from "../../src/sample/field.ts";
import { OUTCOMES, type Outcome } from "../../src/sample/outcome.ts";
import { defineSampleType } from "../../src/sample/sample-type.ts";
import type { SampleRecord } from "../../src/sample/sample.ts";

const queue = defineSampleType("queue", {
  depth: gauge("depth", "{job}"),
  done: counter("done", "{job}"),
  lanes: gauge("lanes", "{job}", { by: [upTo(5, "lane")] }),
});

const ORIGIN_MS = Date.parse("2026-01-01T00:00:00.000Z");

function record(seq: number, atMs: number, outcome: Outcome, values?: object, durationMs = 1): SampleRecord {
  const error = outcome === "success" ? {} : { error: { type: outcome, message: "no" } };
  const sample = {
    seq,
    time: new Date(ORIGIN_MS + atMs).toISOString(),
    collection: "queue",
    outcome,
    durationMs,
    ...(values ? { values } : {}),
    ...error,
  };
  return { sample: sample, atMs, latenessMs: 0 };
}

const at = (monotonicMs: number) => ({ wallMs: ORIGIN_MS + monotonicMs, monotonicMs });

describe("a buffer", () => {
  it("gives back the newest samples as they were put in, newest first", () => {
    const buffer = new SampleBuffer("queue", queue, 3);
    const records = [
      record(1, 0, "success", { depth: 1, lanes: { fast: 2, slow: 3 } }),
      record(2, 1_000, "failed"),
      record(3, 2_000, "success", { depth: 4 }),
      record(4, 3_000, "success", { lanes: { fast: 5 } }),
    ];
    for (const each of records) buffer.push(each);
    expect(buffer.size).toBe(3);
    expect(buffer.recent(10)).toEqual([records[3]?.sample, records[2]?.sample, records[1]?.sample]);
    expect(buffer.recent(1)).toEqual([records[3]?.sample]);
    expect(buffer.recent(0)).toEqual([]);
  });

  it("forgets a point that has been absent from everything retained, and its memory with it", () => {
    const buffer = new SampleBuffer("queue", queue, 2);
    buffer.push(record(1, 0, "success", { lanes: { gone: 1, stays: 1 } }));
    const full = buffer.bytes;
    buffer.push(record(2, 1, "success", { lanes: { stays: 1 } }));
    expect(buffer.bytes).toBe(full);
    buffer.push(record(3, 2, "success", { lanes: { stays: 1 } }));
    expect(buffer.bytes).toBeLessThan(full);
    expect(buffer.recent(2).map(({ values }) => values)).toEqual([{ lanes: { stays: 1 } }, { lanes: { stays: 1 } }]);
  });

  it("knows when it last heard anything, and when anything good", () => {
    const buffer = new SampleBuffer("queue", queue, 3);
    expect(buffer.newest).toEqual({ atMs: undefined, successMs: undefined });
    buffer.push(record(1, 10, "success", { depth: 1 }));
    buffer.push(record(2, 20, "timeout"));
    expect(buffer.newest).toEqual({ atMs: 20, successMs: 10 });
  });

  it("counts outcomes of what it retains, whatever comes and goes", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (outcomes, retain) => {
        const buffer = new SampleBuffer("queue", queue, retain);
        outcomes.forEach((outcome, n) => buffer.push(record(n + 1, n, outcome, outcome === "success" ? { depth: n } : undefined)));
        const kept = outcomes.slice(-retain);
        for (const outcome of OUTCOMES) expect(buffer.retained[outcome]).toBe(kept.filter((each) => each === outcome).length);
      }),
    );
  });
});

describe("a window", () => {
  /** The obvious way, over a list of samples. */
  function naive(records: readonly SampleRecord[], fromMs: number, toMs: number) {
    const inside = records.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    const depths = inside.flatMap(({ sample }) => (sample.values as { depth?: number } | undefined)?.depth ?? []);
    const done = inside.flatMap(({ sample }) => (sample.values as { done?: number } | undefined)?.done ?? []);
    const mean = depths.reduce((sum, each) => sum + each, 0) / depths.length;
    const increase = done.slice(1).reduce((sum, each, n) => sum + (each >= (done[n] as number) ? each - (done[n] as number) : each), 0);
    return { inside, depths, mean, increase };
  }

  it("equals a rescan of everything: irregular arrival, gaps, failures, counter resets, steps of the wall clock", () => {
    const step = fc.record({
      gapMs: fc.integer({ min: 0, max: 5_000 }),
      outcome: fc.constantFrom(...OUTCOMES),
      depth: fc.double({ min: 0, max: 1e6, noNaN: true }),
      done: fc.integer({ min: 0, max: 100 }),
      wallStepMs: fc.constantFrom(0, 0, 0, 3_600_000, -3_600_000),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 60_000 }),
        (steps, retain, windowMs) => {
          const buffer = new SampleBuffer("queue", queue, retain);
          let [atMs, wallMs] = [0, ORIGIN_MS];
          const records = steps.map(({ gapMs, outcome, depth, done, wallStepMs }, n) => {
            atMs += gapMs;
            wallMs += gapMs + wallStepMs;
            const made = record(n + 1, atMs, outcome, outcome === "success" ? { depth, done } : undefined, n);
            const stepped = { ...made, sample: { ...made.sample, time: new Date(wallMs).toISOString() } };
            buffer.push(stepped);
            return stepped;
          });
          const nowMs = atMs + 1;
          const { inside, depths, mean, increase } = naive(records.slice(-retain), nowMs - windowMs, nowMs);
          const aggregate = buffer.aggregate("w", windowMs, { wallMs, monotonicMs: nowMs });
          expect(aggregate.due).toBe(inside.length);
          const success = inside.filter(({ sample }) => sample.outcome === "success").length;
          expect(aggregate.outcomes.success).toBe(success);
          expect(aggregate.coverage).toBe(inside.length === 0 ? null : success / inside.length);
          expect(aggregate.fields.depth?.count ?? 0).toBe(depths.length);
          if (depths.length === 0) return;
          expect(aggregate.fields.depth?.mean).toBeCloseTo(mean, 6);
          expect(aggregate.fields.depth?.min).toBe(Math.min(...depths));
          expect(aggregate.fields.depth?.max).toBe(Math.max(...depths));
          expect(aggregate.fields.depth?.first).toBe(depths[0]);
          expect(aggregate.fields.depth?.last).toBe(depths.at(-1));
          expect(aggregate.fields.done?.increase).toBe(increase);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is half-open: a sample at its beginning is in, one at its end is not", () => {
    const buffer = new SampleBuffer("queue", queue, 10);
    for (const n of [0, 1, 2, 3]) buffer.push(record(n + 1, n * 1_000, "success", { depth: n }));
    expect(buffer.aggregate("2s", 2_000, at(3_000)).fields.depth).toMatchObject({ count: 2, first: 1, last: 2 });
  });

  it("empties by itself when nothing arrives", () => {
    const buffer = new SampleBuffer("queue", queue, 10);
    buffer.push(record(1, 0, "success", { depth: 1 }));
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
