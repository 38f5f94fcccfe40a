import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coverage, noOutcomes, OUTCOMES, successRate, ticksDue } from "../../src/sample/outcome.ts";

const counts = fc.record(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, fc.nat(10_000)])) as never).map((some) => ({
  ...noOutcomes(),
  ...some,
}));

describe("the counts of outcomes", () => {
  it("begin at zero for every outcome", () => {
    expect(noOutcomes()).toEqual({ success: 0, failed: 0, timeout: 0, invalid: 0, rejected: 0, missed: 0 });
    expect(Object.keys(noOutcomes())).toEqual(OUTCOMES);
  });

  it("are not shared by those who begin", () => {
    noOutcomes().success += 1;
    expect(noOutcomes().success).toBe(0);
  });
});

describe("the success rate", () => {
  it("is not known before anything was asked, nor from what was missed alone", () => {
    expect(successRate(noOutcomes())).toBeNull();
    expect(successRate({ ...noOutcomes(), missed: 9 })).toBeNull();
  });

  it("is 0 throughout an outage, also while the breaker keeps the source from being asked", () => {
    expect(successRate({ ...noOutcomes(), failed: 5, rejected: 55 })).toBe(0);
  });

  it("counts against the source what it answered badly, late or not at all, and nothing that was missed", () => {
    expect(successRate({ success: 4, failed: 1, timeout: 1, invalid: 1, rejected: 1, missed: 100 })).toBe(0.5);
  });
});

describe("the coverage", () => {
  it("is not known before a tick was due", () => expect(coverage(noOutcomes())).toBeNull());

  it("counts every tick that was due, the missed ones too", () => {
    expect(ticksDue({ success: 4, failed: 1, timeout: 1, invalid: 1, rejected: 1, missed: 8 })).toBe(16);
    expect(coverage({ success: 4, failed: 1, timeout: 1, invalid: 1, rejected: 1, missed: 8 })).toBe(0.25);
  });
});

it("both lie between 0 and 1, and no more is covered than succeeded", () => {
  fc.assert(
    fc.property(counts, (some) => {
      const [rate, covered] = [successRate(some), coverage(some)];
      expect(ticksDue(some)).toBe(OUTCOMES.reduce((sum, outcome) => sum + some[outcome], 0));
      if (rate !== null) expect(rate >= 0 && rate <= 1 && covered !== null && covered <= rate).toBe(true);
      if (covered !== null) expect(covered >= 0 && covered <= 1).toBe(true);
    }),
  );
});
