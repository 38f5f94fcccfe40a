import { describe, expect, it } from "vitest";
import { AlertStore } from "../../src/health/alert.ts";
import { fingerprintOf } from "../../src/base/hash.ts";
import type { Rule } from "../../src/health/rule.ts";
import type { Status } from "../../src/health/status.ts";

const rule: Rule = { alert: "Slow", what: "p95", measure: "p95", unit: "s", levels: [], observe: () => ({ value: undefined }) };

/** A book, and a way to change the status of a component's only rule; `source:a` explains `collection:a`. */
function book() {
  const alerts = new AlertStore({ service: "test" });
  const change = (component: string, status: Status | undefined, nowMs: number) =>
    alerts.follow(
      {
        component,
        rule,
        status,
        reason: `it is ${status}`,
        value: 1,
        lookbackMs: 90_000,
        follows: component === "collection:a" ? "source:a" : undefined,
        time: new Date(nowMs).toISOString(),
      },
      nowMs,
    );
  return { alerts, change };
}

describe("a fingerprint", () => {
  it("is the one Prometheus gives the same labels, in any order", () => {
    // Of no labels it is FNV-1a's offset basis.
    expect(fingerprintOf({})).toBe("cbf29ce484222325");
    expect(fingerprintOf({ a: "1", b: "2" })).toBe(fingerprintOf({ b: "2", a: "1" }));
    expect(fingerprintOf({ a: "1", b: "2" })).not.toBe(fingerprintOf({ a: "12", b: "" }));
    expect(fingerprintOf({ a: "é" })).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("an alert", () => {
  it("fires and resolves as one, with the reason of each", () => {
    const { alerts, change } = book();
    const [fired] = change("db", "degraded", 1_000);
    const [resolved] = change("db", undefined, 5_000);
    expect(fired).toMatchObject({ state: "firing", reason: "it is degraded", labels: { severity: "warning", service: "test" } });
    expect(resolved).toMatchObject({ state: "resolved", reason: "it is undefined", annotations: { description: "it is degraded" } });
    expect(resolved).toMatchObject({ fingerprint: fired?.fingerprint, startsAt: fired?.startsAt, endsAt: new Date(5_000).toISOString() });
    expect(alerts.list("all")).toEqual([resolved]);
  });

  it("of another severity resolves the old label set and fires the new one, told together", () => {
    const { change } = book();
    change("db", "degraded", 0);
    const both = change("db", "critical", 1_000);
    expect(both.map(({ state, labels }) => [state, labels.severity])).toEqual([
      ["resolved", "warning"],
      ["firing", "critical"],
    ]);
    expect(both.every(({ labels }) => labels["value"] === undefined)).toBe(true);
  });

  it("is neither fired nor resolved by not knowing", () => {
    const { change } = book();
    expect(change("db", "unknown", 0)).toEqual([]);
    change("db", "critical", 1_000);
    expect(change("db", "unknown", 2_000)).toEqual([]);
    expect(change("db", "critical", 3_000)).toEqual([]);
  });

  it("keeps its reason current while it is open, without being told again", () => {
    const { alerts, change } = book();
    change("db", "critical", 0);
    alerts.refresh("db", "Slow", "it is worse", 7);
    alerts.refresh("db", "Other", "nobody's", 8);
    expect(alerts.list("firing")).toMatchObject([{ reason: "it is worse", annotations: { description: "it is worse" }, value: 7 }]);
  });
});

describe("an alert that follows from another", () => {
  it("names it, and is held until the cause is over and out of its sight", () => {
    const { alerts, change } = book();
    const [cause] = change("source:a", "unhealthy", 0);
    const [follower] = change("collection:a", "critical", 1_000);
    expect(follower?.inhibitedBy).toBe(cause?.fingerprint);
    expect(alerts.inhibited).toBe(1);
    expect(alerts.release(500_000)).toEqual([]);
    change("source:a", undefined, 500_000);
    expect(alerts.release(589_999)).toEqual([]);
    const released = alerts.release(590_000);
    expect(released).toMatchObject([{ fingerprint: follower?.fingerprint, state: "firing" }]);
    expect(released[0]).not.toHaveProperty("inhibitedBy");
    expect(alerts.release(600_000)).toEqual([]);
  });

  it("resolves as untold as it fired when it passes with its cause", () => {
    const { alerts, change } = book();
    change("source:a", "unhealthy", 0);
    change("collection:a", "critical", 1_000);
    change("source:a", undefined, 60_000);
    expect(change("collection:a", undefined, 70_000)).toMatchObject([{ state: "resolved", inhibitedBy: expect.any(String) as string }]);
    expect(alerts.release(1_000_000)).toEqual([]);
  });

  it("is told when it gets worse, if it was told before the cause was known", () => {
    const { alerts, change } = book();
    change("collection:a", "degraded", 0);
    change("source:a", "unhealthy", 1_000);
    const worse = change("collection:a", "critical", 2_000);
    expect(worse.map(({ state, inhibitedBy }) => [state, inhibitedBy])).toEqual([
      ["resolved", undefined],
      ["firing", undefined],
    ]);
    expect(alerts.inhibited).toBe(0);
  });

  it("is told of no milder severity while its cause is only just over, if the worse one was not told", () => {
    const { alerts, change } = book();
    const [cause] = change("source:a", "unhealthy", 0);
    change("collection:a", "critical", 1_000);
    change("source:a", undefined, 60_000);
    const milder = change("collection:a", "degraded", 70_000);
    expect(milder.map(({ state, inhibitedBy }) => [state, inhibitedBy])).toEqual([
      ["resolved", cause?.fingerprint],
      ["firing", cause?.fingerprint],
    ]);
    expect(alerts.release(149_999)).toEqual([]);
    expect(alerts.release(150_000)).toMatchObject([{ state: "firing", labels: { severity: "warning" } }]);
  });
});
