import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Level } from "../../src/health/condition.ts";
import type { Observation, Rule } from "../../src/health/rule.ts";
import { WatchedRule } from "../../src/health/watched-rule.ts";

const SECOND = 1_000;

/** The reasons that a rule gives for these observations, one second apart. */
function reasonsFor(rule: Omit<Rule, "alert" | "measure" | "observe">, observations: readonly Observation[], flappingMs = 0): string[] {
  let observation: Observation = { value: undefined };
  const watched = new WatchedRule(
    { alert: "Rule", measure: "value", observe: () => observation, ...rule },
    { flappingMs, fullEveryMs: 30 * SECOND },
  );
  return observations.map((each, n) => {
    observation = each;
    watched.evaluate("full", { nowMs: n * SECOND, dueMs: n * SECOND });
    return watched.reason(n * SECOND);
  });
}

const level: Level = { status: "degraded", below: 0.8, clear: 0.9, forMs: 0, keepFiringForMs: 30 * SECOND };
const successRate = { subject: "success rate over 1m", unit: "1", levels: [level] };

describe("reasons", () => {
  it("reason of a bad value names the fact, the threshold, the cause and the recovery", () => {
    expect(reasonsFor(successRate, [{ value: 0.63, detail: "last error: returned 503" }])).toEqual([
      "success rate over 1m is 0.63 (degraded below 0.80); last error: returned 503; clears above 0.90 for 30s",
    ]);
  });

  it("reason of a rule with one threshold says that its value is good", () => {
    const count = { subject: "nodeCount", unit: "{node}", levels: [{ ...level, below: 3, clear: 3, keepFiringForMs: 6 * SECOND }] };
    expect(reasonsFor(count, [{ value: 2 }, { value: 3 }])).toEqual([
      "nodeCount is 2 (degraded below 3); clears at 3 or above for 6s",
      "nodeCount is 3, recovering: at 3 or above for 0s of 6s",
    ]);
  });

  it("reason of a value between the two thresholds says that it is recovering", () => {
    expect(reasonsFor(successRate, [{ value: 0.63 }, { value: 0.85 }])[1]).toBe(
      "success rate over 1m is 0.85, recovering: clears above 0.90 for 30s",
    );
  });

  it("reason of a good value says how much of the recovery hold has passed", () => {
    const good = Array.from({ length: 13 }, () => ({ value: 0.95 }));
    expect(reasonsFor(successRate, [{ value: 0.63 }, ...good]).at(-1)).toBe(
      "success rate over 1m is 0.95, recovering: above 0.90 for 12s of 30s",
    );
  });

  it("reason of a healthy value is the number alone", () => {
    expect(reasonsFor(successRate, [{ value: 0.95 }, { value: undefined }])).toEqual([
      "success rate over 1m is 0.95",
      "success rate over 1m has no data",
    ]);
  });

  it("reason of a pending level says how much of its time has passed", () => {
    const pending = { ...successRate, levels: [{ ...level, forMs: 42 * SECOND }] };
    expect(reasonsFor(pending, [{ value: 0.7 }, { value: 0.7 }]).at(-1)).toBe(
      "success rate over 1m is 0.70, below 0.80 for 1s of 42s until degraded",
    );
  });

  it("reason of missing data says that the status still holds", () => {
    expect(reasonsFor(successRate, [{ value: 0.63 }, { value: undefined }])[1]).toBe(
      "success rate over 1m has no data; still degraded; clears above 0.90 for 30s",
    );
  });

  it("reason of a value that rounding makes equal to a threshold says on which side of it the value is", () => {
    expect(reasonsFor(successRate, [{ value: 0.79999999 }, { value: 0.89999999 }])).toEqual([
      "success rate over 1m is just below 0.80 (degraded below 0.80); clears above 0.90 for 30s",
      "success rate over 1m is just below 0.90, recovering: clears above 0.90 for 30s",
    ]);
  });

  it("reason of a flapping rule says that its recovery hold is extended", () => {
    const quick = { ...successRate, levels: [{ ...level, keepFiringForMs: 0 }] };
    const reasons = reasonsFor(quick, [{ value: 0.5 }, { value: 1 }, { value: 0.5 }, { value: 1 }], 300 * SECOND);
    expect(reasons.slice(2)).toEqual([
      "success rate over 1m is 0.50 (degraded below 0.80); clears above 0.90 for 5m (extended: flapping)",
      "success rate over 1m is 1, recovering: above 0.90 for 0s of 5m (extended: flapping)",
    ]);
  });

  it("reason with a text of its own replaces the number and names what clears it", () => {
    const breaker: Level = { status: "unhealthy", above: 0.5, clear: 0.5, forMs: 0, keepFiringForMs: 30 * SECOND };
    const rule = { subject: "failures", unit: "{failure}", levels: [breaker], clearsWhen: "the breaker is closed" };
    expect(
      reasonsFor(rule, [
        { value: 1, text: "the breaker is open" },
        { value: 0, text: "the source answers" },
      ]),
    ).toEqual(["the breaker is open; clears when the breaker is closed for 30s", "the source answers; recovering: 0s of 30s"]);
  });
});

const NUMBER = String.raw`(-?\d[\d.]*(?:e[+-]?\d+)?)`;
/** `value is 0.85`, `value is just below 0.8`. */
const FACT = new RegExp(`^value is (?:just (above|below) )?${NUMBER}`);
/** The value is past a bound now: `(degraded below 0.8)`, `, above 0.9 for 1 s of`, `recovering: above 0.9 for`. */
const PAST = new RegExp(String.raw`(?:\((?:degraded|unhealthy|critical) |, |recovering: )(above|below) ${NUMBER}`, "g");
/** The value is not past a bound yet: `recovering: clears above 0.9`. */
const NOT_YET = new RegExp(`recovering: clears (above|below) ${NUMBER}`, "g");
/** One threshold does for both, and is good itself: `recovering: at 0.9 or above for`. */
const NOT_PAST = new RegExp(`recovering: at ${NUMBER} or (above|below) for`, "g");

describe("reasons of any rule and any values", () => {
  const bound = fc.oneof(
    fc.integer({ min: -20, max: 20 }).map((n) => n / 20),
    fc.integer({ min: -20_000, max: 20_000 }).map((n) => n / 10_000),
  );
  const near = fc.constantFrom(0, 1e-9, -1e-9, 0.0001, -0.0001, 0.004, -0.004, 0.04, -0.04);
  const anyLevel = fc
    .record({
      status: fc.constantFrom<Level["status"]>("degraded", "unhealthy", "critical"),
      bound,
      slack: fc.integer({ min: 0, max: 6 }).map((n) => n / 20),
      isAbove: fc.boolean(),
      forMs: fc.constantFrom(0, SECOND, 3 * SECOND),
      keepFiringForMs: fc.constantFrom(0, SECOND, 5 * SECOND),
    })
    .map(({ bound: edge, slack, isAbove, ...rest }): Level => {
      const side = isAbove
        ? { above: edge, clear: Number((edge - slack).toFixed(4)) }
        : { below: edge, clear: Number((edge + slack).toFixed(4)) };
      return { ...rest, ...side };
    });
  const value = fc.option(
    fc.tuple(bound, near).map(([edge, distance]) => edge + distance),
    { nil: undefined, freq: 6 },
  );

  it("no reason states a comparison that its own number contradicts", () => {
    let claims = 0;
    fc.assert(
      fc.property(
        fc.array(anyLevel, { minLength: 1, maxLength: 3 }),
        fc.array(value, { minLength: 1, maxLength: 30 }),
        fc.constantFrom(0, 20 * SECOND),
        (levels, values, flappingMs) => {
          const rule = { subject: "value", unit: "1", levels };
          const reasons = reasonsFor(
            rule,
            values.map((each) => ({ value: each })),
            flappingMs,
          );
          for (const reason of reasons) {
            const [, nudge, number] = FACT.exec(reason) ?? [];
            const past = [...reason.matchAll(PAST)].map(([, side, edge]) => ({ side, edge: Number(edge), expected: true }));
            const notYet = [...reason.matchAll(NOT_YET)].map(([, side, edge]) => ({ side, edge: Number(edge), expected: false }));
            const opposite = { above: "below", below: "above" } as const;
            for (const [, edge, side] of reason.matchAll(NOT_PAST))
              notYet.push({ side: opposite[side as "above" | "below"], edge: Number(edge), expected: false });
            // Without a number there is nothing to compare.
            if (number === undefined) expect([...past, ...notYet]).toEqual([]);
            const shown = Number(number) + (nudge === undefined ? 0 : nudge === "above" ? 1e-12 : -1e-12);
            for (const { side, edge, expected } of [...past, ...notYet]) {
              claims += 1;
              expect([reason, side === "above" ? shown > edge : shown < edge]).toEqual([reason, expected]);
            }
          }
        },
      ),
      { numRuns: 2_000 },
    );
    expect(claims).toBeGreaterThan(1_000);
  });
});
