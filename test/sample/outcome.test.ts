import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coverage, noOutcomes, OUTCOMES, successRate, ticksDue } from "../../src/sample/outcome.ts";

const counts = fc.record(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, fc.nat(10_000)])) as never).map((some) => ({
  ...noOutcomes(),
  ...some,
}));

describe("outcomes", () => {
  it("noOutcomes starts every outcome at zero", () => {
    expect(noOutcomes()).toEqual({ success: 0, failed: 0, timeout: 0, invalid: 0, rejected: 0, missed: 0, waiting: 0 });
    expect(Object.keys(noOutcomes())).toEqual(OUTCOMES);
  });

  it("noOutcomes returns a new object each time", () => {
    noOutcomes().success += 1;
    expect(noOutcomes().success).toBe(0);
  });
});

describe("successRate", () => {
  it("successRate is null while no tick queried the source", () => {
    expect(successRate(noOutcomes())).toBeNull();
    expect(successRate({ ...noOutcomes(), missed: 9, waiting: 9 })).toBeNull();
  });

  it("successRate is 0 during an outage, also while the breaker is open", () => {
    expect(successRate({ ...noOutcomes(), failed: 5, rejected: 55 })).toBe(0);
  });

  it("successRate counts failed, timeout, invalid and rejected ticks as failures and ignores missed and waiting ones", () => {
    expect(successRate({ success: 4, failed: 1, timeout: 1, invalid: 1, rejected: 1, missed: 100, waiting: 100 })).toBe(0.5);
  });
});

describe("coverage", () => {
  it("coverage is null before the first tick", () => expect(coverage(noOutcomes())).toBeNull());

  it("coverage counts every due tick, missed and waiting ones included", () => {
    const some = { success: 4, failed: 1, timeout: 1, invalid: 1, rejected: 1, missed: 5, waiting: 3 };
    expect(ticksDue(some)).toBe(16);
    expect(coverage(some)).toBe(0.25);
  });
});

it("successRate and coverage are between 0 and 1, and coverage never exceeds successRate", () => {
  fc.assert(
    fc.property(counts, (some) => {
      const [rate, covered] = [successRate(some), coverage(some)];
      expect(ticksDue(some)).toBe(OUTCOMES.reduce((sum, outcome) => sum + some[outcome], 0));
      if (rate !== null) expect(rate >= 0 && rate <= 1 && covered !== null && covered <= rate).toBe(true);
      if (covered !== null) expect(covered >= 0 && covered <= 1).toBe(true);
    }),
  );
});
