import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pace } from "../../../src/http/stream/subscription.ts";

const take = (pace: Pace, atMs: number): boolean => {
  const isDue = pace.isDue(atMs);
  if (isDue) pace.spend(atMs);
  return isDue;
};

describe("a client's rate", () => {
  it("lets every sample through whose ticks have that very rate and are never quite on time", () => {
    const pace = new Pace(1);
    const wobble = [0, 12, -9, 3, -14, 8, -2];
    for (let n = 0; n < 100; n += 1) expect([n, take(pace, n * 1_000 + (wobble[n % wobble.length] as number))]).toEqual([n, true]);
  });

  it("is never exceeded for long, whenever samples come", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.constantFrom(0.5, 1, 4, 20), (samples, maxRate) => {
        const pace = new Pace(maxRate);
        let [nowMs, taken] = [0, 0];
        for (const gapMs of samples) {
          nowMs += gapMs;
          if (take(pace, nowMs)) taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(1.1 + (nowMs / 1_000) * maxRate);
      }),
    );
  });

  it("is not exceeded by samples that are always a little early", () => {
    const pace = new Pace(1);
    const taken = Array.from({ length: 1_000 }, (_, n) => take(pace, n * 910)).filter(Boolean);
    expect(taken.length).toBeLessThanOrEqual(912);
  });
});
