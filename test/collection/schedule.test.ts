import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueMs, scheduleOf, turnAt } from "../../src/collection/schedule.ts";

describe("the grid", () => {
  it("begins within the first interval, at most two seconds after the start, by the name alone", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 10, max: 100_000 }), (name, intervalMs) => {
        const { firstMs } = scheduleOf(name, intervalMs, 5_000);
        expect(firstMs).toBeGreaterThanOrEqual(5_000);
        expect(firstMs).toBeLessThan(5_000 + Math.min(intervalMs, 2_000));
        expect(scheduleOf(name, intervalMs, 5_000).firstMs).toBe(firstMs);
      }),
    );
  });

  it("spreads the names of a hundred collections over a fifth of a second", () => {
    const tenths = new Set(Array.from({ length: 100 }, (_, n) => Math.floor(scheduleOf(`queue-${n}`, 1_000, 0).firstMs / 20)));
    expect(tenths.size).toBe(10);
  });
});

describe("a turn", () => {
  const schedule = { firstMs: 100, intervalMs: 1_000 };

  it("does nothing before the tick is due", () => {
    expect(turnAt(schedule, 3, 3_099.9)).toEqual({ missedUntil: 3, run: undefined });
  });

  it("runs a tick that is up to half an interval late", () => {
    expect(turnAt(schedule, 3, 3_100)).toEqual({ missedUntil: 3, run: 3 });
    expect(turnAt(schedule, 3, 3_600)).toEqual({ missedUntil: 3, run: 3 });
    expect(turnAt(schedule, 3, 3_601)).toEqual({ missedUntil: 4, run: undefined });
  });

  it("misses everything but the newest after a long block, never a burst", () => {
    expect(turnAt(schedule, 3, 60_200)).toEqual({ missedUntil: 60, run: 60 });
    expect(turnAt(schedule, 3, 60_900)).toEqual({ missedUntil: 61, run: undefined });
  });

  it("accounts for every tick exactly once, in order, however time passes", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { maxLength: 50 }), (steps) => {
        let nowMs = 0;
        let next = 0;
        for (const step of steps) {
          nowMs += step;
          const turn = turnAt(schedule, next, nowMs);
          expect(turn.missedUntil).toBeGreaterThanOrEqual(next);
          if (turn.run !== undefined) {
            expect(turn.run).toBe(turn.missedUntil);
            expect(nowMs - dueMs(schedule, turn.run)).toBeLessThanOrEqual(500);
          }
          next = turn.run === undefined ? turn.missedUntil : turn.run + 1;
          // Nothing that is due is left over, nothing that is not yet due was touched.
          expect(dueMs(schedule, next)).toBeGreaterThan(nowMs);
          if (next > 0) expect(dueMs(schedule, next - 1)).toBeLessThanOrEqual(nowMs);
        }
      }),
    );
  });
});
