import { describe, expect, it } from "vitest";
import { AlertStore } from "../../src/health/alert.ts";
import type { Rule } from "../../src/health/rule.ts";
import type { Status } from "../../src/health/status.ts";

const ruleOf = (alert: string, reportedBy?: string): Rule => ({
  alert,
  subject: "it",
  measure: "it",
  unit: "1",
  levels: [],
  observe: () => ({ value: undefined }),
  ...(reportedBy === undefined ? {} : { reportedBy }),
});

const BREAKER = ruleOf("Breaker", "Failing");
const FAILING = ruleOf("Failing", "Failing");
const SLOW = ruleOf("Slow", "Failing");
const LOOKBACK_MS = 90_000;

/** A source with the collections `a` and `b`; it has been failing since the given time. */
function outage(quietMs = 0) {
  const alerts = new AlertStore({}, () => quietMs);
  const shown = (component: string, rule: Rule, status: Status | undefined, nowMs: number, failingSinceMs?: number): readonly string[] =>
    alerts
      .apply(
        {
          component,
          rule,
          status,
          reason: `it is ${status}`,
          value: 1,
          lookbackMs: LOOKBACK_MS,
          dependsOn: component === "source" ? undefined : "source",
          failingSinceMs,
          time: new Date(nowMs).toISOString(),
        },
        nowMs,
      )
      .map(({ labels, state, inhibitedBy }) => `${state} ${labels.alertname}${inhibitedBy === undefined ? "" : " inhibited"}`);
  const released = (nowMs: number) => alerts.releaseInhibited(nowMs).map(({ labels }) => labels.alertname);
  return { alerts, shown, released };
}

describe("The alert of a source whose outage has been reported", () => {
  it("The alert of a source is inhibited by that of a collection that fired since the source has been failing", () => {
    const { alerts, shown, released } = outage();
    expect(shown("a", FAILING, "degraded", 20_000, 1_000)).toEqual(["firing Failing"]);
    expect(shown("source", BREAKER, "unhealthy", 30_000, 1_000)).toEqual(["firing Breaker inhibited"]);
    const failing = alerts.list("firing").find(({ labels }) => labels.alertname === "Failing");
    expect(alerts.list("firing").find(({ labels }) => labels.alertname === "Breaker")?.inhibitedBy).toBe(failing?.fingerprint);
    expect(shown("a", FAILING, "critical", 40_000, 1_000)).toEqual(["firing Failing"]);
    expect(released(10 * LOOKBACK_MS)).toEqual([]);
    expect(shown("source", BREAKER, undefined, 10 * LOOKBACK_MS)).toEqual(["resolved Breaker inhibited"]);
    expect(shown("a", FAILING, undefined, 11 * LOOKBACK_MS)).toEqual(["resolved Failing", "resolved Failing"]);
  });

  it("The alert of a source is sent when that of a collection fired before the source began to fail", () => {
    const { shown } = outage();
    shown("a", FAILING, "degraded", 20_000);
    expect(shown("source", BREAKER, "unhealthy", 90_000, 60_000)).toEqual(["firing Breaker"]);
  });

  it("Another alert of a collection does not report the outage of its source", () => {
    const { shown } = outage();
    shown("a", ruleOf("Hot"), "critical", 20_000, 1_000);
    expect(shown("source", BREAKER, "unhealthy", 30_000, 1_000)).toEqual(["firing Breaker"]);
  });

  it("The alert of a source is sent when the collection that reported its outage is removed, and later when that collection is paused", () => {
    for (const how of ["removed", "paused"] as const) {
      const { alerts, shown, released } = outage();
      shown("a", FAILING, "degraded", 20_000, 1_000);
      shown("source", BREAKER, "unhealthy", 30_000, 1_000);
      if (how === "removed") alerts.remove("a", "removed", new Date(40_000).toISOString(), 40_000);
      else shown("a", FAILING, undefined, 40_000, 1_000);
      if (how === "paused") expect(released(40_000 + LOOKBACK_MS - 1)).toEqual([]);
      expect(released(how === "removed" ? 40_000 : 40_000 + LOOKBACK_MS)).toEqual(["Breaker"]);
      expect(shown("b", FAILING, "degraded", 200_000, 1_000)).toEqual(["firing Failing inhibited"]);
    }
  });

  it("At the end of the start-up grace the alert of the source is sent, and inhibits that of the collection that fired first", () => {
    const { alerts, shown } = outage();
    shown("a", FAILING, "degraded", 20_000, 1_000);
    shown("source", BREAKER, "unhealthy", 25_000, 1_000);
    alerts.inhibitExplained(() => false);
    expect(alerts.open().map(({ labels, inhibitedBy }) => [labels.alertname, inhibitedBy !== undefined])).toEqual([
      ["Failing", true],
      ["Breaker", false],
    ]);
  });

  it("At the end of the start-up grace a problem that sinks know is not inhibited, though it has become worse since the restart", () => {
    const { alerts, shown } = outage();
    shown("a", FAILING, "degraded", 20_000);
    shown("source", BREAKER, "unhealthy", 90_000, 60_000);
    shown("a", FAILING, "critical", 95_000);
    // Sinks received the milder alert before the restart. The worse one was withheld.
    expect(alerts.inhibitExplained(({ labels }) => labels.severity === "warning")).toEqual([]);
    expect(shown("a", FAILING, undefined, 120_000)).toEqual(["resolved Failing", "resolved Failing"]);
  });

  it("An alert that waits because it fired too recently reports the outage when its time comes, and not the alert of the source", () => {
    const { alerts, shown, released } = outage(300_000);
    expect(shown("a", FAILING, "degraded", 0, 0)).toEqual(["firing Failing"]);
    shown("a", FAILING, undefined, 60_000);
    expect(shown("a", FAILING, "degraded", 120_000, 100_000)).toEqual([]);
    expect(shown("b", FAILING, "degraded", 125_000, 100_000)).toEqual(["firing Failing inhibited"]);
    expect(shown("source", BREAKER, "unhealthy", 130_000, 100_000)).toEqual(["firing Breaker inhibited"]);
    expect(released(299_999)).toEqual([]);
    const [fired, ...others] = alerts.releaseWaiting(new Date(300_000).toISOString(), 300_000);
    expect(others).toEqual([]);
    expect(fired).toMatchObject({ state: "firing", labels: { alertname: "Failing", component: "a" } });
    expect(fired).not.toHaveProperty("inhibitedBy");
    expect(released(2_000_000)).toEqual([]);
  });
});

describe("The alert of a collection whose outage has been reported", () => {
  it("The alert of a collection is inhibited by that of another collection of its failing source, also while both recover", () => {
    const { shown, released } = outage();
    expect(shown("a", FAILING, "degraded", 20_000, 1_000)).toEqual(["firing Failing"]);
    expect(shown("b", FAILING, "degraded", 25_000, 1_000)).toEqual(["firing Failing inhibited"]);
    shown("a", FAILING, undefined, 100_000);
    expect(released(100_000 + LOOKBACK_MS - 1)).toEqual([]);
    expect(released(100_000 + LOOKBACK_MS)).toEqual(["Failing"]);
  });

  it("The alert of a collection is sent although that of another one fires, while their source answers", () => {
    const { shown } = outage();
    shown("a", FAILING, "degraded", 20_000);
    expect(shown("b", FAILING, "degraded", 25_000)).toEqual(["firing Failing"]);
  });

  it("A slow collection that also fails is reported as failing, until the failing has been over for the lookback of the rule", () => {
    const { shown, released } = outage();
    shown("a", FAILING, "degraded", 20_000);
    expect(shown("a", SLOW, "degraded", 70_000)).toEqual(["firing Slow inhibited"]);
    expect(shown("b", SLOW, "degraded", 70_000)).toEqual(["firing Slow"]);
    shown("a", FAILING, undefined, 100_000);
    expect(released(100_000 + LOOKBACK_MS - 1)).toEqual([]);
    expect(released(100_000 + LOOKBACK_MS)).toEqual(["Slow"]);
  });
});
