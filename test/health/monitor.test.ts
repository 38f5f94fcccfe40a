import { metrics } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { bufferFinding, collectionFinding, exporterFinding, sourceFinding, type CollectionFacts } from "../../src/health/finding.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import type { Alert, Finding, Transition } from "../../src/health/record.ts";
import { compareStatus, STATUSES, worstStatus } from "../../src/health/status.ts";
import { settle, SimulatedClock } from "../support/simulated-clock.ts";

function monitored(history = 100) {
  const clock = new SimulatedClock();
  const transitions: Transition[] = [];
  const alerts: Alert[] = [];
  const log = {
    transition: (transition: Omit<Transition, "seq">) => {
      const numbered = { seq: transitions.length + 1, ...transition };
      transitions.push(numbered);
      return numbered;
    },
    alert: (alert: Alert) => void alerts.push(alert),
  };
  const monitor = new HealthMonitor({ clock, meter: metrics.getMeter("test"), log, history, identity: { service: "test" } });
  return { clock, monitor, transitions, alerts };
}

const healthy: Finding = { status: "healthy", reason: "fine" };
const degraded: Finding = { status: "degraded", reason: "slow" };
const critical: Finding = { status: "critical", reason: "gone" };

describe("the monitor", () => {
  it("tells a transition and an alert for each change, and resolves what has passed", () => {
    const { monitor, transitions, alerts, clock } = monitored();
    let finding = healthy;
    monitor.add("db", () => finding);
    monitor.start();
    monitor.assess();
    expect(transitions).toEqual([]);
    finding = degraded;
    monitor.assess(["db"]);
    clock.block(5_000);
    finding = healthy;
    monitor.assess(["db"]);
    expect(transitions.filter(({ component }) => component === "db").map(({ from, to, reason }) => [from, to, reason])).toEqual([
      ["healthy", "degraded", "slow"],
      ["degraded", "healthy", "fine"],
    ]);
    expect(alerts.map(({ state, labels }) => [state, labels.severity, labels.component, labels["service"]])).toEqual([
      ["firing", "warning", "db", "test"],
      ["resolved", "warning", "db", "test"],
    ]);
    expect(alerts[1]).toMatchObject({ fingerprint: alerts[0]?.fingerprint, startsAt: alerts[0]?.startsAt });
    expect(Date.parse(alerts[1]?.endsAt ?? "") - Date.parse(alerts[0]?.startsAt ?? "")).toBe(5_000);
  });

  it("resolves the old label set and fires the new one when the severity changes", () => {
    const { monitor, alerts } = monitored();
    let finding = degraded;
    monitor.add("db", () => finding);
    monitor.start();
    monitor.assess();
    finding = critical;
    monitor.assess();
    expect(alerts.map(({ state, labels }) => [state, labels.severity])).toEqual([
      ["firing", "warning"],
      ["resolved", "warning"],
      ["firing", "critical"],
    ]);
    expect(monitor.alerts("firing")).toHaveLength(1);
    expect(monitor.alerts("all")).toHaveLength(2);
  });

  it("alerts for a component born bad, and never takes silence for recovery", () => {
    const { monitor, alerts } = monitored();
    let finding = critical;
    monitor.add("db", () => finding);
    monitor.start();
    monitor.assess();
    finding = { status: "unknown", reason: "silent" };
    monitor.assess();
    expect(alerts.map(({ state }) => state)).toEqual(["firing"]);
    finding = healthy;
    monitor.assess();
    expect(alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
  });

  it("is as bad as the worst of what counts, and says which and why", () => {
    const { monitor } = monitored();
    monitor.add("a", () => healthy);
    monitor.add("b", () => degraded);
    monitor.add("c", () => critical, { counts: false });
    monitor.start();
    monitor.assess();
    expect(monitor.report()).toMatchObject({ status: "degraded", reason: "b: slow" });
    expect(monitor.alerts()).toHaveLength(1);
  });

  it("takes what somebody wanted, such as a pause, neither for bad nor for good", () => {
    const { monitor, alerts } = monitored();
    monitor.add("a", () => healthy);
    monitor.add("b", () => ({ status: "unknown", reason: "paused", expected: true }));
    monitor.start();
    monitor.assess();
    expect(monitor.report().status).toBe("healthy");
    expect(alerts).toEqual([]);
  });

  it("changes nothing any more once it stops", () => {
    const { monitor, transitions } = monitored();
    let finding = healthy;
    monitor.add("db", () => finding);
    monitor.start();
    monitor.assess();
    monitor.stop();
    finding = critical;
    monitor.assess();
    expect(transitions).toEqual([]);
    expect(monitor.report().components[0]?.status).toBe("healthy");
  });

  it("keeps the newest transitions only, and finds them by component and time", () => {
    const { monitor, clock } = monitored(4);
    let turn = 0;
    monitor.add("db", () => (turn % 2 === 0 ? healthy : degraded));
    monitor.start();
    for (turn = 0; turn < 10; turn += 1) {
      clock.block(1_000);
      monitor.assess(["db"]);
    }
    expect(monitor.history()).toHaveLength(4);
    expect(monitor.history({ component: "db" })).toHaveLength(2);
    expect(monitor.history({ since: new Date(clock.wallMs()) }).length).toBeGreaterThan(0);
    expect(monitor.history({ since: new Date(clock.wallMs() + 1) })).toEqual([]);
  });

  it("sees a component getting worse by its own values", () => {
    const { monitor, clock } = monitored();
    let value = 1;
    monitor.add("db", () => ({ ...healthy, value, good: "high" }));
    monitor.start();
    for (let n = 0; n < 20; n += 1) {
      clock.block(1_000);
      value -= 0.01;
      monitor.assess(["db"]);
    }
    expect(monitor.report().components[0]?.trend).toBe("degrading");
  });

  it("runs a program's own check in the background, with a deadline", async () => {
    const { monitor, clock } = monitored();
    let answer: () => Promise<void> = () => Promise.resolve();
    monitor.register("db", () => answer(), { interval: "10s", timeout: "2s" });
    monitor.start();
    await settle();
    expect(monitor.report().components[0]).toMatchObject({ status: "healthy", reason: "the check passed" });
    answer = () => Promise.reject(new Error("connection refused"));
    await clock.advance(10_000);
    expect(monitor.report().components[0]).toMatchObject({ status: "unhealthy", reason: "connection refused" });
    answer = () => new Promise(() => {});
    await clock.advance(12_000);
    expect(monitor.report().components[0]).toMatchObject({ status: "unhealthy", reason: "no answer within 2000 ms" });
    monitor.stop();
  });

  it("refuses a second component of one name", () => {
    const { monitor } = monitored();
    monitor.add("db", () => healthy);
    expect(() => monitor.register("db", () => {})).toThrow(/named "db"/);
    expect(() => monitor.add("overall", () => healthy)).toThrow(/named "overall"/);
  });
});

describe("what a collection is judged by", () => {
  const fine: CollectionFacts = {
    paused: false,
    intervalMs: 1e3,
    slowMs: 800,
    silentMs: 500,
    successRate: 1,
    due: 60,
    success: 60,
    durationP95Ms: 10,
    lastError: undefined,
  };
  it.each([
    ["all well", {}, "healthy"],
    ["exactly 80 %", { successRate: 0.8 }, "healthy"],
    ["below 80 %", { successRate: 0.79 }, "degraded"],
    ["below 50 %", { successRate: 0.49 }, "critical"],
    ["slow", { durationP95Ms: 801 }, "degraded"],
    ["silent for three intervals", { silentMs: 3_001 }, "unknown"],
    ["silent for ten", { silentMs: 10_001 }, "unhealthy"],
    ["never asked", { successRate: null }, "unknown"],
    ["paused", { paused: true, silentMs: 1e6 }, "unknown"],
  ] as const)("%s", (_, change, status) => expect(collectionFinding({ ...fine, ...change }).status).toBe(status));

  it("gives its reason with the numbers", () => {
    expect(collectionFinding({ ...fine, successRate: 0.25, lastError: "connection refused" }).reason).toBe(
      "25.0 % of 60 ticks in the last minute succeeded; last: connection refused",
    );
  });
});

describe("the other components", () => {
  it("are judged by their breaker, coverage and exports", () => {
    expect(sourceFinding({ breaker: "open", consecutiveFailures: 5 })).toMatchObject({
      status: "unhealthy",
      reason: "the breaker is open after 5 consecutive failures",
    });
    expect(sourceFinding({ breaker: "closed", consecutiveFailures: 2 }).status).toBe("healthy");
    expect(bufferFinding({ due: 10, coverage: 0.5 }).status).toBe("degraded");
    expect(bufferFinding({ due: 0, coverage: null }).status).toBe("unknown");
    expect(exporterFinding({ exports: 0, consecutiveFailures: 0, lastError: null }).status).toBe("healthy");
    expect(exporterFinding({ exports: 9, consecutiveFailures: 1, lastError: "503" })).toMatchObject({ status: "degraded" });
    expect(exporterFinding({ exports: 9, consecutiveFailures: 3, lastError: "503" })).toMatchObject({ status: "unhealthy" });
  });
});

describe("statuses", () => {
  it("have an order in which not knowing stands between healthy and bad", () => {
    expect([...STATUSES].sort(compareStatus)).toEqual(["healthy", "unknown", "degraded", "unhealthy", "critical"]);
    expect(worstStatus([])).toBe("unknown");
    expect(worstStatus(["healthy", "degraded", "unknown"])).toBe("degraded");
  });
});
