import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gridTimes, usualIntervalMs } from "../../src/rule-simulation/recorded-grid.ts";

const START_MS = 1_000.437;

/** Whole milliseconds, as samples show their times. */
const shown = (times: readonly number[]): number[] => times.map(Math.floor);

describe("gridTimes", () => {
  it("gridTimes finds when ticks were due, however late some started, if it is known when the first was", () => {
    const lateness = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 30, max: 490 }) });
    const ticks = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), lateness), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(ticks, (list) => {
        let n = 0;
        const real = list.map(([step, lateMs]) => ({ dueMs: START_MS + 1_000 * (n += step), lateMs }));
        // As many equally late ticks in a row are a shifted grid.
        fc.pre(!real.some(({ lateMs }, at) => lateMs > 0 && at > 0 && Math.abs((real[at - 1]?.lateMs ?? 0) - lateMs) <= 20));
        const found = gridTimes(shown(real.map(({ dueMs, lateMs }) => dueMs + lateMs)), 1_000, START_MS);
        for (const [at, { dueMs, lateMs }] of real.entries()) {
          expect(found[at]?.dueMs).toBeCloseTo(dueMs, 6);
          expect(Math.abs((found[at]?.atMs ?? 0) - dueMs - lateMs)).toBeLessThan(lateMs === 0 ? 1e-6 : 1.5);
        }
      }),
    );
  });

  it("gridTimes gives ticks the distance of the interval while the wall clock drifts", () => {
    const times = Array.from({ length: 600 }, (_, n) => Math.floor(n * 1_000.4));
    const found = gridTimes(times, 1_000);
    expect(found.map(({ dueMs }) => dueMs)).toEqual(times.map((_, n) => n * 1_000));
    expect(found.every(({ atMs, dueMs }) => atMs === dueMs)).toBe(true);
  });

  it("gridTimes follows a wall clock that steps, and never goes back", () => {
    const step = (ms: number) => Array.from({ length: 20 }, (_, n) => 1_000 * n + (n < 10 ? 0 : ms));
    for (const ms of [-5_300, -300, 300, 5_300]) {
      const found = gridTimes(step(ms), 1_000).map(({ dueMs }) => dueMs);
      const gaps = found.slice(1).map((dueMs, n) => dueMs - (found[n] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(700);
      expect(gaps.slice(-6)).toEqual(Array(6).fill(1_000));
    }
  });

  it("gridTimes corrects the grid after a first tick that was late", () => {
    const found = gridTimes([400, 1_000, 2_000, 3_000], 1_000);
    expect(found.slice(1).map(({ dueMs }) => dueMs)).toEqual([1_000, 2_000, 3_000]);
  });

  it("usualIntervalMs is the distance of most samples, whatever gaps there are", () => {
    expect(usualIntervalMs([0, 5_000, 10_001, 300_000, 305_000, 309_999])).toBe(5_000);
    expect(usualIntervalMs([0])).toBeUndefined();
  });
});
