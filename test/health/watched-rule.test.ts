import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rule } from "../../src/health/rule.ts";
import { WatchedRule, type RuleState } from "../../src/health/watched-rule.ts";

const SHARED = { flappingMs: 20_000, fullEveryMs: 30_000 };

/** Numbers of a rule that is bad, good, between, or without data. */
const values = fc.array(fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined, freq: 6 }), { minLength: 2, maxLength: 60 });

const ruleOf = (observe: () => number | undefined): Rule => ({
  alert: "Rule",
  subject: "value",
  measure: "value",
  unit: "1",
  levels: [
    { status: "degraded", above: 5, clear: 4, forMs: 2_000, keepFiringForMs: 3_000 },
    { status: "critical", above: 8, clear: 7, forMs: 0, keepFiringForMs: 1_000 },
  ],
  tickMs: 1_000,
  staleMs: 3_000,
  observe: () => ({ value: observe() }),
});

describe("WatchedRule", () => {
  it("WatchedRule continues from a saved state as if it had never been replaced", () => {
    fc.assert(
      fc.property(values, fc.nat(59), (numbers, cut) => {
        let current: number | undefined;
        const rule = ruleOf(() => current);
        const kept = new WatchedRule(rule, SHARED);
        let replaced = new WatchedRule(rule, SHARED);
        numbers.forEach((each, n) => {
          current = each;
          if (n === cut) {
            const saved = JSON.parse(JSON.stringify(replaced.state)) as RuleState;
            replaced = new WatchedRule(rule, SHARED, saved);
          }
          const time = { nowMs: n * 1_000 + 1, dueMs: n * 1_000 };
          expect(replaced.evaluate("tick", time)).toEqual(kept.evaluate("tick", time));
          expect(replaced.state).toEqual(kept.state);
        });
      }),
    );
  });

  it("A rule at rest that begins anew makes the same changes as one that goes on, and counts the same", () => {
    let rests = 0;
    // Mostly good numbers, so that there are rests; and runs of each, so that data are missing for long enough.
    const run = fc.tuple(fc.constantFrom(1, 1, 1, 6, 9, undefined), fc.integer({ min: 1, max: 5 }));
    const runs = fc
      .array(run, { minLength: 2, maxLength: 20 })
      .map((all) => all.flatMap(([value, times]) => Array<typeof value>(times).fill(value)));
    fc.assert(
      fc.property(runs, fc.nat(20), (numbers, cut) => {
        let current: number | undefined;
        let suppressed = 0;
        const rule = ruleOf(() => current);
        const kept = new WatchedRule(rule, SHARED);
        let replaced = new WatchedRule(rule, SHARED);
        numbers.forEach((each, n) => {
          current = each;
          if (n >= cut && replaced.isAtRest(n * 1_000)) {
            rests += 1;
            suppressed += replaced.suppressed;
            replaced = new WatchedRule(rule, SHARED);
          }
          const time = { nowMs: n * 1_000 + 1, dueMs: n * 1_000 };
          expect(replaced.evaluate("tick", time)).toEqual(kept.evaluate("tick", time));
          expect(suppressed + replaced.suppressed).toBe(kept.suppressed);
        });
      }),
      { numRuns: 500 },
    );
    expect(rests).toBeGreaterThan(50);
  });
});
