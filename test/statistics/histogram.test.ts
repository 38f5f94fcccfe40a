import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketOf, middleOf } from "../../src/statistics/bucket.ts";
import { WindowHistogram } from "../../src/statistics/histogram.ts";
import { quantile } from "../../src/statistics/quantile.ts";

const anyNumber = fc.double({ noNaN: true, noDefaultInfinity: true });
/** The smallest normal number: numbers closer to zero count as zero. */
const SMALLEST_NORMAL = 2 ** -1022;

describe("bucketOf and middleOf", () => {
  it("middleOf is within 1/128 of every number in the bucket: positive, negative, zero, tiny and huge", () => {
    for (const value of [0, -0, 1, -1, 0.1, 1e-300, -1e-300, SMALLEST_NORMAL, Number.MAX_VALUE, -Number.MAX_VALUE, 1.9999999, Math.PI])
      expect(Math.abs(middleOf(bucketOf(value)) - value)).toBeLessThanOrEqual(Math.abs(value) / 128);
    fc.assert(
      fc.property(anyNumber, (value) => {
        const error = Math.abs(middleOf(bucketOf(value)) - value);
        expect(error).toBeLessThanOrEqual(Math.abs(value) < SMALLEST_NORMAL ? SMALLEST_NORMAL : Math.abs(value) / 128);
      }),
    );
  });

  it("bucketOf a greater number is never lower", () => {
    fc.assert(fc.property(anyNumber, anyNumber, (a, b) => a <= b || bucketOf(a) >= bucketOf(b)));
  });
});

describe("WindowHistogram", () => {
  it("WindowHistogram gives a quantile within 1 % of the sorted one while numbers are added and removed", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), fc.constant(0), fc.double({ min: -1e3, max: -1e-3, noNaN: true })),
          {
            minLength: 12,
            maxLength: 80,
          },
        ),
        fc.constantFrom(0.5, 0.95, 0.99),
        (values, q) => {
          const histogram = new WindowHistogram(2, 100, 100);
          const lengths = [5, 10];
          values.forEach((value, n) => {
            lengths.forEach((length, window) => n >= length && histogram.remove(values[n - length] as number, window));
            histogram.add(value);
            lengths.forEach((length, window) => {
              const inside = Float64Array.from(values.slice(Math.max(0, n + 1 - length), n + 1)).sort();
              const found = histogram.quantile(window, q, inside.length);
              const exact = quantile(inside, q);
              if (found === undefined) expect([...inside].some((each) => each < 0) && [...inside].some((each) => each > 0)).toBe(true);
              else expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.abs(exact) / 100 + 1e-12);
            });
          });
        },
      ),
    );
  });

  it("WindowHistogram refuses a number of a new octave when no page is left, and accepts it once a page is free", () => {
    const histogram = new WindowHistogram(1, 10, 3);
    expect([1, 2, 4].map((value) => histogram.add(value))).toEqual([true, true, true]);
    expect(histogram.add(8)).toBe(false);
    histogram.remove(2, 0);
    expect(histogram.add(8)).toBe(true);
    expect(histogram.quantile(0, 1, 3)).toBeCloseTo(8, 0);
  });

  it("WindowHistogram separates octaves that share a place in its cache", () => {
    const histogram = new WindowHistogram(1, 10, 3);
    const far = 2 ** 256;
    for (const value of [1, far, 1, far, far]) histogram.add(value);
    histogram.remove(1, 0);
    expect(histogram.quantile(0, 0, 4)).toBeCloseTo(1, 1);
    expect((histogram.quantile(0, 1, 4) as number) / far).toBeCloseTo(1, 1);
  });
});
