import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Moments, RECORD, summarize } from "../../src/statistics/moments.ts";

/** Moments of numbers that are summarized in runs and added up. */
function momentsOf(values: readonly number[], runLength: number): Moments {
  const record = new Float64Array(RECORD);
  const moments = new Moments();
  moments.clear();
  const ring = Float64Array.from(values);
  for (let from = 0; from < values.length; from += runLength) {
    summarize(record, 0, ring, from, Math.min(from + runLength, values.length));
    moments.add(record, 0);
  }
  return moments;
}

/** Mean and standard deviation of whole numbers, in whole numbers of any size until the last step. */
function exactly(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const whole = values.map(BigInt);
  const count = BigInt(whole.length);
  const sum = whole.reduce((a, b) => a + b, 0n);
  const squares = whole.reduce((a, b) => a + b * b, 0n);
  // Both are multiplied by the square of the count.
  const variance = count * squares - sum * sum;
  const rest = Number(sum % count) / Number(count);
  return { mean: Number(sum / count) + rest, deviation: Math.sqrt(Number(variance)) / Number(count) };
}

const wholeNumbers = fc.tuple(
  fc.integer({ min: -9e15, max: 9e15 }),
  fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -5_000, max: 5_000 })), { minLength: 2, maxLength: 400 }),
);

describe("Moments", () => {
  it("Moments of whole numbers of any size equal exact arithmetic, however they are split into runs", () => {
    fc.assert(
      fc.property(wholeNumbers, fc.constantFrom(1, 7, 60), ([base, steps], runLength) => {
        const values = steps.map((step) => base + step);
        const { mean, deviation } = exactly(values);
        const moments = momentsOf(values, runLength);
        expect(Math.abs(moments.deviation - deviation)).toBeLessThanOrEqual(1e-12 * deviation);
        expect(Math.abs(moments.mean - mean)).toBeLessThanOrEqual(4 * Number.EPSILON * Math.abs(mean) + 1e-12 * deviation);
      }),
      { numRuns: 500 },
    );
  });

  it("Moments of numbers around 1e15 have the standard deviation of their distances from it", () => {
    const steps = Array.from({ length: 637 }, (_, n) => (n * n) % 7);
    const values = steps.map((step) => 1e15 + step);
    // The remainders of squares by 7: 0, 1, 4, 2, 2, 4, 1.
    expect(momentsOf(values, 60).deviation).toBeCloseTo(Math.sqrt(42 / 7 - (14 / 7) ** 2), 12);
  });

  it("Moments lose no precision to a first number far from the others", () => {
    const values = [0, ...Array.from({ length: 3_600 }, (_, n) => 1e9 + (n % 2))];
    const { mean, deviation } = exactly(values);
    const moments = momentsOf(values, 60);
    expect(Math.abs(moments.deviation / deviation - 1)).toBeLessThan(1e-12);
    expect(Math.abs(moments.mean / mean - 1)).toBeLessThan(1e-14);
  });
});
