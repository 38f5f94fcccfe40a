import { describe, expect, it } from "vitest";
import { ruleOfCheck } from "../../src/health/check.ts";
import { Component } from "../../src/health/component.ts";
import type { EvaluationTime, Rule } from "../../src/health/rule.ts";
import type { ComponentReport, Finding, TrendReport } from "../../src/health/record.ts";

const EVERY_MS = 10_000;

const SHARED = { flappingMs: 0, fullEveryMs: EVERY_MS };

const at = (ms: number): EvaluationTime => ({ nowMs: ms, dueMs: ms });

/** The report on a component with one rule, evaluated every ten seconds; `observe` gives the value of each evaluation. */
function reportAfter(observe: (n: number) => number | undefined, times: number): ComponentReport {
  let value: number | undefined;
  const rule: Rule = {
    alert: "Full",
    subject: "share used",
    measure: "used",
    unit: "1",
    good: "low",
    levels: [
      { status: "degraded", above: 0.8, clear: 0.7, forMs: 0, keepFiringForMs: 0 },
      { status: "critical", above: 0.95, clear: 0.9, forMs: 0, keepFiringForMs: 0 },
    ],
    observe: () => ({ value }),
  };
  const component = new Component("disk", { rules: [rule] }, SHARED, 0);
  for (let n = 0; n < times; n += 1) {
    value = observe(n);
    component.evaluate("full", at(n * EVERY_MS), n * EVERY_MS);
  }
  return component.report((times - 1) * EVERY_MS);
}

const trendAfter = (observe: (n: number) => number | undefined, times: number): TrendReport => reportAfter(observe, times).trend;

describe("the trend of a component", () => {
  it("Component's trend is the slope of its number, with the time until the next threshold", () => {
    // Six hundredths per minute, from 0.2: at 0.5 after thirty evaluations, and at 0.8 five minutes later.
    const trend = trendAfter((n) => 0.2 + n * 0.01, 31);
    expect(trend).toMatchObject({ direction: "degrading", perMinute: expect.closeTo(0.06, 6), reachedInSeconds: 300 });
  });

  it("Component's trend gives the time to the next threshold once the first one is exceeded", () => {
    const trend = trendAfter((n) => 0.6 + n * 0.01, 31);
    expect(trend.direction).toBe("degrading");
    expect(trend.reachedInSeconds).toBe(50);
  });

  it("Component's trend has no time to a threshold when none lies ahead", () => {
    const trend = trendAfter((n) => 0.6 - n * 0.01, 31);
    expect(trend).toMatchObject({ direction: "improving", perMinute: expect.closeTo(-0.06, 6) });
    expect(trend).not.toHaveProperty("reachedInSeconds");
  });

  it("Component's trend is stable when its slope is not significant, even with an outlier", () => {
    const trend = trendAfter((n) => (n === 17 ? 0.79 : 0.5 + (n % 2) * 0.01), 31);
    expect(trend.direction).toBe("stable");
    expect(trend).not.toHaveProperty("reachedInSeconds");
  });

  it("Component's trend is unknown with too few values or none", () => {
    expect(trendAfter((n) => n / 100, 7)).toEqual({ direction: "unknown" });
    expect(trendAfter(() => undefined, 31)).toEqual({ direction: "unknown" });
  });

  it("Component without a number has the trend of its statuses", () => {
    const directionOf = (statuses: readonly Finding["status"][]): string => {
      let finding: Finding = { status: "healthy", reason: "" };
      const component = new Component("db", { rules: [ruleOfCheck(() => finding, 0)] }, SHARED, 0);
      statuses.forEach((status, n) => {
        finding = { status, reason: "" };
        component.evaluate("full", at(n * EVERY_MS), n * EVERY_MS);
      });
      return component.report(statuses.length * EVERY_MS).trend.direction;
    };
    const ten = <T>(value: T): readonly T[] => Array.from({ length: 10 }, () => value);
    expect(directionOf([...ten("healthy" as const), ...ten("degraded" as const)])).toBe("degrading");
    expect(directionOf([...ten("critical" as const), ...ten("healthy" as const)])).toBe("improving");
    expect(directionOf(ten("degraded"))).toBe("stable");
    expect(directionOf(ten("unknown"))).toBe("unknown");
  });

  it("Component's trend covers the last minutes only", () => {
    expect(trendAfter((n) => (n < 60 ? n / 100 : 0.6), 120).direction).toBe("stable");
  });
});

describe("the number of a component", () => {
  it("Component reports the number that its reason is about", () => {
    let [used, slow] = [0.1, 9];
    const rule = (alert: string, measure: string, observe: () => number): Rule => ({
      alert,
      subject: measure,
      measure,
      unit: "1",
      good: "low",
      levels: [{ status: "degraded", above: 5, clear: 5, forMs: 0, keepFiringForMs: 0 }],
      observe: () => ({ value: observe() }),
    });
    const component = new Component("c", { rules: [rule("Full", "used", () => used), rule("Slow", "latency", () => slow)] }, SHARED, 0);
    component.evaluate("full", at(0), 0);
    expect(component.report(0)).toMatchObject({
      measure: "latency",
      value: 9,
      reason: "latency is 9 (degraded above 5); clears at 5 or below",
    });
    [used, slow] = [0.2, 1];
    component.evaluate("full", at(1_000), 1_000);
    expect(component.report(1_000)).toMatchObject({ measure: "used", value: 0.2, reason: "used is 0.20" });
  });

  it("Component reports a p95 of its latest values, taken from the side where the number is bad", () => {
    expect(reportAfter((n) => n / 100, 41).p95).toBeCloseTo(0.38, 6);
    expect(reportAfter((n) => (n < 100 ? 0.9 : 0.5), 200).p95).toBeCloseTo(0.5, 6);
    expect(reportAfter(() => undefined, 31).p95).toBeUndefined();
  });
});

describe("the recovery of a component", () => {
  it("Component says what its status recovers by, and nothing while it is healthy", () => {
    expect(reportAfter(() => 0.5, 3).recovery).toBeUndefined();
    expect(reportAfter(() => 0.85, 3).recovery).toBe("share used is below 0.70");
    expect(reportAfter(() => 0.99, 3).recovery).toBe("share used is below 0.90");
  });

  it("Component says how much of the recovery hold has passed", () => {
    const held: Rule = {
      alert: "Slow",
      subject: "age",
      measure: "age",
      unit: "s",
      good: "low",
      levels: [{ status: "degraded", above: 5, clear: 4, forMs: 0, keepFiringForMs: 60_000 }],
      observe: (nowMs) => ({ value: nowMs < 10_000 ? 9 : 1 }),
    };
    const component = new Component("age", { rules: [held] }, SHARED, 0);
    component.evaluate("full", at(0), 0);
    expect(component.report(0).recovery).toBe("age is below 4 s for 1m");
    component.evaluate("full", at(10_000), 10_000);
    component.evaluate("full", at(25_000), 25_000);
    expect(component.report(25_000).recovery).toBe("age is below 4 s for 1m (15s so far)");
  });

  it("Component whose check reports a status recovers by another finding", () => {
    const component = new Component(
      "db",
      { rules: [ruleOfCheck(() => ({ status: "unhealthy", reason: "no answer" }), 30_000)] },
      SHARED,
      0,
    );
    component.evaluate("full", at(0), 0);
    expect(component.report(0).recovery).toBe("the check reports a better status for 30s");
  });

  it("Component that is suspended has no recovery and does not affect the overall status", () => {
    const rules = [ruleOfCheck(() => ({ status: "critical", reason: "down" }), 0)];
    const component = new Component("db", { rules, suspended: () => "paused" }, SHARED, 0);
    component.evaluate("full", at(0), 0);
    expect(component.report(0)).toMatchObject({ status: "unknown", reason: "paused", affectsOverall: false });
    expect(component.report(0)).not.toHaveProperty("recovery");
  });
});
