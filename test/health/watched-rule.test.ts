import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rule } from "../../src/health/rule.ts";
import { WatchedRule, type RuleState } from "../../src/health/watched-rule.ts";

const SHARED = { flappingMs: 20_000, fullEveryMs: 30_000 };

describe("WatchedRule", () => {
  it("WatchedRule continues from a saved state as if it had never been replaced", () => {
    const value = fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined, freq: 6 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 60 }), fc.nat(59), (values, cut) => {
        let current: number | undefined;
        const rule: Rule = {
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
          observe: () => ({ value: current }),
        };
        const kept = new WatchedRule(rule, SHARED);
        let replaced = new WatchedRule(rule, SHARED);
        values.forEach((each, n) => {
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
});
