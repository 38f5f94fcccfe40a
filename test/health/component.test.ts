import { describe, expect, it } from "vitest";
import { ruleOfCheck } from "../../src/health/check.ts";
import { Component } from "../../src/health/component.ts";
import type { Rule } from "../../src/health/rule.ts";
import type { Finding } from "../../src/health/record.ts";

const EVERY_MS = 10_000;

/** A component with one rule, looked at every ten seconds; what each look sees is up to `see`. */
function looked(see: (n: number) => number | undefined, times: number): Component {
  let seen: number | undefined;
  const rule: Rule = {
    alert: "Full",
    what: "share used",
    measure: "used",
    unit: "1",
    good: "low",
    levels: [
      { status: "degraded", above: 0.8, clear: 0.7, forMs: 0, keepFiringForMs: 0 },
      { status: "critical", above: 0.95, clear: 0.9, forMs: 0, keepFiringForMs: 0 },
    ],
    observe: () => ({ value: seen }),
  };
  const component = new Component("disk", { rules: [rule] }, 0, 0);
  for (let n = 0; n < times; n += 1) {
    seen = see(n);
    component.look(n * EVERY_MS, n * EVERY_MS);
  }
  return component;
}

describe("the trend of a component", () => {
  it("is its number's slope, with the time until the next threshold", () => {
    // Six hundredths a minute, from 0.2: at 0.5 after thirty looks, and at 0.8 five minutes later.
    const { trend } = looked((n) => 0.2 + n * 0.01, 31);
    expect(trend).toMatchObject({ direction: "degrading", perMinute: expect.closeTo(0.06, 6), reachedInSeconds: 300 });
  });

  it("looks for the next threshold beyond the one that is passed", () => {
    const { trend } = looked((n) => 0.6 + n * 0.01, 31);
    expect(trend.direction).toBe("degrading");
    expect(trend.reachedInSeconds).toBe(50);
  });

  it("has no time where no threshold lies ahead", () => {
    const { trend } = looked((n) => 0.6 - n * 0.01, 31);
    expect(trend).toMatchObject({ direction: "improving", perMinute: expect.closeTo(-0.06, 6) });
    expect(trend).not.toHaveProperty("reachedInSeconds");
  });

  it("is stable where a slope may as well be none, whatever an outlier says", () => {
    const { trend } = looked((n) => (n === 17 ? 0.79 : 0.5 + (n % 2) * 0.01), 31);
    expect(trend.direction).toBe("stable");
    expect(trend).not.toHaveProperty("reachedInSeconds");
  });

  it("is unknown where there is too little, or nothing was measured", () => {
    expect(looked((n) => n / 100, 7).trend).toEqual({ direction: "unknown" });
    expect(looked(() => undefined, 31).trend).toEqual({ direction: "unknown" });
  });

  it("is that of its statuses where it has no number", () => {
    const directionOf = (statuses: readonly Finding["status"][]): string => {
      let finding: Finding = { status: "healthy", reason: "" };
      const component = new Component("db", { rules: [ruleOfCheck(() => finding, 0)] }, 0, 0);
      statuses.forEach((status, n) => {
        finding = { status, reason: "" };
        component.look(n * EVERY_MS, n * EVERY_MS);
      });
      return component.trend.direction;
    };
    const ten = <T>(value: T): readonly T[] => Array.from({ length: 10 }, () => value);
    expect(directionOf([...ten("healthy" as const), ...ten("degraded" as const)])).toBe("degrading");
    expect(directionOf([...ten("critical" as const), ...ten("healthy" as const)])).toBe("improving");
    expect(directionOf(ten("degraded"))).toBe("stable");
    expect(directionOf(ten("unknown"))).toBe("unknown");
  });

  it("is of the last minutes: what was long ago is forgotten", () => {
    const { trend } = looked((n) => (n < 60 ? n / 100 : 0.6), 120);
    expect(trend.direction).toBe("stable");
  });
});

describe("the number of a component", () => {
  it("is the one its reason is about", () => {
    let [used, slow] = [0.1, 9];
    const rule = (alert: string, measure: string, see: () => number): Rule => ({
      alert,
      what: measure,
      measure,
      unit: "1",
      good: "low",
      levels: [{ status: "degraded", above: 5, clear: 5, forMs: 0, keepFiringForMs: 0 }],
      observe: () => ({ value: see() }),
    });
    const component = new Component("c", { rules: [rule("Full", "used", () => used), rule("Slow", "latency", () => slow)] }, 0, 0);
    component.look(0, 0);
    expect(component.measured).toMatchObject({ measure: "latency", value: 9 });
    expect(component.reason).toMatch(/^latency is 9, above 5/);
    [used, slow] = [0.2, 1];
    component.look(1_000, 1_000);
    expect(component.measured).toMatchObject({ measure: "used", value: 0.2 });
  });
});

describe("what a component shows of itself", () => {
  it("is a p95 of its number over the looks kept, from the end where it is bad", () => {
    expect(looked((n) => n / 100, 41).p95).toBeCloseTo(0.38, 6);
    expect(looked((n) => (n < 100 ? 0.9 : 0.5), 200).p95).toBeCloseTo(0.5, 6);
    expect(looked(() => undefined, 31).p95).toBeUndefined();
  });

  it("is what it takes to be well again, and how much of that is done; nothing while it is well", () => {
    expect(looked(() => 0.5, 3).recovery(20_000)).toBeUndefined();
    expect(looked(() => 0.85, 3).recovery(20_000)).toBe("share used has to get below 0.7");
    expect(looked(() => 0.99, 3).recovery(20_000)).toBe("share used has to get below 0.9");
    const held: Rule = {
      alert: "Slow",
      what: "age",
      measure: "age",
      unit: "s",
      good: "low",
      levels: [{ status: "degraded", above: 5, clear: 4, forMs: 0, keepFiringForMs: 60_000 }],
      observe: (nowMs) => ({ value: nowMs < 10_000 ? 9 : 1 }),
    };
    const component = new Component("age", { rules: [held] }, 0, 0);
    component.look(0, 0);
    expect(component.recovery(0)).toBe("age has to stay below 4 s for 60 s");
    component.look(10_000, 10_000);
    component.look(25_000, 25_000);
    expect(component.recovery(25_000)).toBe("age has to stay below 4 s for 60 s; it has for 15 s");
  });

  it("is said in words where its number is none that people know", () => {
    const component = new Component("db", { rules: [ruleOfCheck(() => ({ status: "unhealthy", reason: "no answer" }), 30_000)] }, 0, 0);
    component.look(0, 0);
    expect(component.recovery(0)).toBe("that has to be over for 30 s");
  });
});
