import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueMs, dueTicks, scheduleOf } from "../../src/collection/schedule.ts";

describe("scheduleOf", () => {
  it("scheduleOf offsets the first tick within the first interval, by less than 200 ms and by a hash of the name alone", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 10, max: 100_000 }), (name, intervalMs) => {
        const { firstMs } = scheduleOf(name, intervalMs, 5_000);
        expect(firstMs).toBeGreaterThanOrEqual(5_000);
        expect(firstMs).toBeLessThan(5_000 + Math.min(intervalMs, 200));
        expect(scheduleOf(name, intervalMs, 5_000).firstMs).toBe(firstMs);
      }),
    );
  });

  it("scheduleOf spreads a hundred collections over 200 ms", () => {
    const tenths = new Set(Array.from({ length: 100 }, (_, n) => Math.floor(scheduleOf(`queue-${n}`, 1_000, 0).firstMs / 20)));
    expect(tenths.size).toBe(10);
  });
});

describe("dueTicks", () => {
  const schedule = { firstMs: 100, intervalMs: 1_000 };

  it("dueTicks runs nothing before a tick is due", () => {
    expect(dueTicks(schedule, 3, 3_099.9)).toEqual({ missedUntil: 3, run: undefined });
  });

  it("dueTicks runs a tick that is up to half an interval late", () => {
    expect(dueTicks(schedule, 3, 3_100)).toEqual({ missedUntil: 3, run: 3 });
    expect(dueTicks(schedule, 3, 3_600)).toEqual({ missedUntil: 3, run: 3 });
    expect(dueTicks(schedule, 3, 3_601)).toEqual({ missedUntil: 4, run: undefined });
  });

  it("dueTicks runs only the newest tick after a long block", () => {
    expect(dueTicks(schedule, 3, 60_200)).toEqual({ missedUntil: 60, run: 60 });
    expect(dueTicks(schedule, 3, 60_900)).toEqual({ missedUntil: 61, run: undefined });
  });

  it("dueTicks accounts for every tick exactly once, in order, however time passes", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { maxLength: 50 }), (steps) => {
        let nowMs = 0;
        let next = 0;
        for (const step of steps) {
          nowMs += step;
          const due = dueTicks(schedule, next, nowMs);
          expect(due.missedUntil).toBeGreaterThanOrEqual(next);
          if (due.run !== undefined) {
            expect(due.run).toBe(due.missedUntil);
            expect(nowMs - dueMs(schedule, due.run)).toBeLessThanOrEqual(500);
          }
          next = due.run === undefined ? due.missedUntil : due.run + 1;
          // All due ticks were accounted for, and no later one.
          expect(dueMs(schedule, next)).toBeGreaterThan(nowMs);
          if (next > 0) expect(dueMs(schedule, next - 1)).toBeLessThanOrEqual(nowMs);
        }
      }),
    );
  });
});
