import { metrics } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { ruleOfCheck } from "../../src/health/check.ts";
import type { ComponentSpec } from "../../src/health/component.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import type { Alert, Finding, Transition } from "../../src/health/record.ts";
import { compareStatus, STATUSES, worstStatus } from "../../src/health/status.ts";
import { settle, SimulatedClock } from "../support/simulated-clock.ts";

function monitored({ history = 100, informational = [] }: { readonly history?: number; readonly informational?: readonly string[] } = {}) {
  const clock = new SimulatedClock();
  const transitions: Transition[] = [];
  const alerts: Alert[] = [];
  const log = {
    transition: (transition: Omit<Transition, "seq">) => {
      const numbered = { seq: transitions.length + 1, ...transition };
      transitions.push(numbered);
      return numbered;
    },
    alerts: (changed: readonly Alert[]) => void alerts.push(...changed),
  };
  const settings = { clock, meter: metrics.getMeter("test"), log, history, identity: { service: "test" }, flapping: 0, informational };
  const monitor = new HealthMonitor(settings);
  /** Adds a component that says its status itself. */
  const add = (name: string, check: () => Finding, spec: Omit<ComponentSpec, "rules"> = {}): void =>
    monitor.add(name, { rules: [ruleOfCheck(check, 0)], ...spec });
  return { clock, monitor, add, transitions, alerts };
}

const healthy: Finding = { status: "healthy", reason: "fine" };
const degraded: Finding = { status: "degraded", reason: "slow" };
const critical: Finding = { status: "critical", reason: "gone" };

describe("the monitor", () => {
  it("tells a transition and an alert for each change, and resolves what has passed", () => {
    const { monitor, add, transitions, alerts, clock } = monitored();
    let finding = healthy;
    add("db", () => finding);
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
    const { monitor, add, alerts } = monitored();
    let finding = degraded;
    add("db", () => finding);
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
    const { monitor, add, alerts } = monitored();
    let finding = critical;
    add("db", () => finding);
    monitor.start();
    monitor.assess();
    finding = { status: "unknown", reason: "silent" };
    monitor.assess();
    expect(alerts.map(({ state }) => state)).toEqual(["firing"]);
    finding = healthy;
    monitor.assess();
    expect(alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
  });

  it("gives one reason for a status wherever it is shown, and keeps it current", () => {
    const { clock, monitor, transitions, alerts } = monitored();
    let value = 0.93;
    monitor.add("collection:a", {
      rules: [
        {
          alert: "Busy",
          what: "p95 of cpuUtilization over 1m",
          measure: "cpuUtilization",
          unit: "1",
          levels: [{ status: "degraded", above: 0.9, clear: 0.8, forMs: 42_000, keepFiringForMs: 60_000 }],
          observe: () => ({ value }),
        },
      ],
    });
    monitor.start();
    const reason = (): string | undefined => monitor.report().components[0]?.reason;
    const waits: [ms: number, value: number, reason: string][] = [
      [0, 0.93, "p95 of cpuUtilization over 1m is 0.93, above 0.9 for 0 s of the 42 s that make it degraded"],
      [42_000, 0.93, "p95 of cpuUtilization over 1m is 0.93, above 0.9 for 42 s; clears below 0.8 held for 60 s"],
      [18_000, 0.95, "p95 of cpuUtilization over 1m is 0.95, above 0.9 for 60 s; clears below 0.8 held for 60 s"],
      [1_000, 0.7, "p95 of cpuUtilization over 1m is 0.7, below 0.8 for 0 s of the 60 s it takes to clear"],
      [59_000, 0.7, "p95 of cpuUtilization over 1m is 0.7, below 0.8 for 59 s of the 60 s it takes to clear"],
      [1_000, 0.7, "p95 of cpuUtilization over 1m is 0.7"],
    ];
    for (const [ms, seen, expected] of waits) {
      clock.block(ms);
      value = seen;
      monitor.assess();
      expect(reason()).toBe(expected);
      for (const alert of monitor.alerts()) expect([alert.reason, alert.annotations.description]).toEqual([expected, expected]);
    }
    const told = transitions.filter(({ component }) => component === "collection:a");
    expect(told.map(({ to, reason: its }) => [to, its])).toEqual([
      ["degraded", waits[1]?.[2]],
      ["healthy", waits[5]?.[2]],
    ]);
    expect(alerts.map(({ state, reason: its }) => [state, its])).toEqual([
      ["firing", waits[1]?.[2]],
      ["resolved", waits[5]?.[2]],
    ]);
  });

  it("is as bad as the worst of what counts, and says which and why", () => {
    const { monitor, add } = monitored();
    add("a", () => healthy);
    add("b", () => degraded);
    add("c", () => critical, { counts: false });
    monitor.start();
    monitor.assess();
    expect(monitor.report()).toMatchObject({ status: "degraded", reason: "b: slow" });
    expect(monitor.alerts()).toHaveLength(1);
  });

  it("lets a component only inform where it is told to: it neither counts nor alerts, and says how it is", () => {
    const { monitor, add, alerts } = monitored({ informational: ["c"] });
    add("a", () => healthy);
    add("c", () => critical);
    monitor.start();
    monitor.assess();
    expect(monitor.report()).toMatchObject({ status: "healthy", components: [{ counts: true }, { status: "critical", counts: false }] });
    expect(alerts).toEqual([]);
  });

  it("takes what somebody wanted, such as a pause, neither for bad nor for good", () => {
    const { monitor, add, alerts } = monitored();
    add("a", () => healthy);
    add("b", () => critical, { expected: () => "paused" });
    monitor.start();
    monitor.assess();
    expect(monitor.report().status).toBe("healthy");
    expect(alerts).toEqual([]);
  });

  it("changes nothing any more once it stops", () => {
    const { monitor, add, transitions } = monitored();
    let finding = healthy;
    add("db", () => finding);
    monitor.start();
    monitor.assess();
    monitor.stop();
    finding = critical;
    monitor.assess();
    expect(transitions).toEqual([]);
    expect(monitor.report().components[0]?.status).toBe("healthy");
  });

  it("keeps the newest transitions of each component only, and finds them by component and time", () => {
    const { monitor, add, clock, transitions } = monitored({ history: 4 });
    let turn = 0;
    add("db", () => (turn % 2 === 0 ? healthy : degraded));
    monitor.start();
    for (turn = 0; turn < 10; turn += 1) {
      clock.block(1_000);
      monitor.assess(["db"]);
    }
    expect(monitor.history({ component: "db" })).toHaveLength(4);
    // The newest of what was forgotten is the one before the oldest that is kept.
    const told = transitions.filter(({ component }) => component === "db");
    expect(monitor.historyBounds).toMatchObject({ since: "2026-01-01T00:00:00.000Z", forgotten: { db: told.at(-5)?.time } });
    const all = monitor.history();
    expect(all.map(({ component }) => component)).toEqual(["db", "overall", "db", "overall", "db", "overall", "db", "overall"]);
    expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).toSorted((a, b) => a - b));
    expect(monitor.history({ since: new Date(clock.wallMs()) }).length).toBeGreaterThan(0);
    expect(monitor.history({ since: new Date(clock.wallMs() + 1) })).toEqual([]);
  });

  it("sees a component getting worse by its own values", () => {
    const { monitor, add, clock } = monitored();
    let value = 1;
    add("db", () => ({ ...healthy, value, good: "high" }));
    monitor.start();
    for (let n = 0; n < 20; n += 1) {
      clock.block(10_000);
      value -= 0.01;
      monitor.assess(["db"]);
    }
    expect(monitor.report().components[0]?.trend).toMatchObject({ direction: "degrading", perMinute: expect.closeTo(-0.06, 6) });
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
    expect(monitor.report().components[0]).toMatchObject({
      status: "unhealthy",
      reason: "connection refused; clears when that is over for 30 s",
    });
    answer = () => new Promise(() => {});
    await clock.advance(12_000);
    expect(monitor.report().components[0]).toMatchObject({
      status: "unhealthy",
      reason: "no answer within 2000 ms; clears when that is over for 30 s",
    });
    monitor.stop();
  });

  it("refuses a second component of one name", () => {
    const { monitor, add } = monitored();
    add("db", () => healthy);
    expect(() => monitor.register("db", () => {})).toThrow(/named "db"/);
    expect(() => add("overall", () => healthy)).toThrow(/named "overall"/);
  });
});

describe("statuses", () => {
  it("have an order in which not knowing stands between healthy and bad", () => {
    expect([...STATUSES].sort(compareStatus)).toEqual(["healthy", "unknown", "degraded", "unhealthy", "critical"]);
    expect(worstStatus([])).toBe("unknown");
    expect(worstStatus(["healthy", "degraded", "unknown"])).toBe("degraded");
  });
});
