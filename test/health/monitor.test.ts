import { metrics } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../src/base/errors.ts";
import { ruleOfCheck } from "../../src/health/check.ts";
import type { ComponentSpec } from "../../src/health/component.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import type { Alert, Finding, Transition } from "../../src/health/record.ts";
import { compareStatus, STATUSES, worstStatus, type Status } from "../../src/health/status.ts";
import { settle, ManualClock } from "../../src/base/manual-clock.ts";

function monitored({ history = 100, informational = [] }: { readonly history?: number; readonly informational?: readonly string[] } = {}) {
  const clock = new ManualClock();
  const transitions: Transition[] = [];
  const alerts: Alert[] = [];
  const log = {
    transition: (transition: Omit<Transition, "seq">) => {
      const numbered = { seq: transitions.length + 1, ...transition };
      transitions.push(numbered);
      return numbered;
    },
    alerts: (changed: readonly Alert[]) => void alerts.push(...changed),
    send: () => {},
  };
  const settings = { clock, meter: metrics.getMeter("test"), log, history, identity: { service: "test" }, flapping: 0, informational };
  const monitor = new HealthMonitor(settings);
  /** Adds a component whose check reports its status. */
  const add = (name: string, check: () => Finding, spec: Omit<ComponentSpec, "rules"> = {}): void =>
    monitor.add(name, { rules: [ruleOfCheck(check, 0)], ...spec });
  return { clock, monitor, add, transitions, alerts };
}

const healthy: Finding = { status: "healthy", reason: "fine" };
const degraded: Finding = { status: "degraded", reason: "slow" };
const critical: Finding = { status: "critical", reason: "gone" };

describe("HealthMonitor", () => {
  it("HealthMonitor records a transition and an alert for each change of status, and resolves the alert at the end", () => {
    const { monitor, add, transitions, alerts, clock } = monitored();
    let finding = healthy;
    add("db", () => finding);
    monitor.start();
    monitor.assess();
    expect(transitions).toEqual([]);
    finding = degraded;
    monitor.assessChange(["db"]);
    clock.block(5_000);
    finding = healthy;
    monitor.assessChange(["db"]);
    expect(transitions.filter(({ component }) => component === "db").map(({ from, to, reason }) => [from, to, reason])).toEqual([
      ["healthy", "degraded", "slow; clears when the check reports a better status"],
      ["degraded", "healthy", "fine"],
    ]);
    expect(alerts.map(({ state, labels }) => [state, labels.severity, labels.component, labels["service"]])).toEqual([
      ["firing", "warning", "db", "test"],
      ["resolved", "warning", "db", "test"],
    ]);
    expect(alerts[1]).toMatchObject({ fingerprint: alerts[0]?.fingerprint, startsAt: alerts[0]?.startsAt });
    expect(Date.parse(alerts[1]?.endsAt ?? "") - Date.parse(alerts[0]?.startsAt ?? "")).toBe(5_000);
  });

  it("HealthMonitor fires a worse alert without resolving the milder one, and lists the problem once", () => {
    const { monitor, add, alerts } = monitored();
    let finding = degraded;
    add("db", () => finding);
    monitor.start();
    monitor.assess();
    finding = critical;
    monitor.assess();
    expect(alerts.map(({ state, labels }) => [state, labels.severity])).toEqual([
      ["firing", "warning"],
      ["firing", "critical"],
    ]);
    expect(monitor.alerts("all")).toMatchObject([{ state: "firing", labels: { severity: "critical" } }]);
    expect(monitor.openAlerts().map(({ labels }) => labels.severity)).toEqual(["warning", "critical"]);
  });

  it("HealthMonitor alerts for a component that starts bad, and does not take missing data for a recovery", () => {
    const { monitor, add, alerts } = monitored();
    let finding = critical;
    add("db", () => finding);
    monitor.start();
    monitor.assess();
    finding = { status: "unknown", reason: "no data" };
    monitor.assess();
    expect(alerts.map(({ state }) => state)).toEqual(["firing"]);
    finding = healthy;
    monitor.assess();
    expect(alerts.map(({ state }) => state)).toEqual(["firing", "resolved"]);
  });

  it("HealthMonitor gives the same current reason in the report, the transition and the alert", () => {
    const { clock, monitor, transitions, alerts } = monitored();
    let value = 0.93;
    monitor.add("collection:a", {
      rules: [
        {
          alert: "Busy",
          subject: "p95 of cpuUtilization over 1m",
          measure: "cpuUtilization",
          unit: "1",
          levels: [{ status: "degraded", above: 0.9, clear: 0.8, forMs: 42_000, keepFiringForMs: 60_000 }],
          observe: () => ({ value }),
        },
      ],
    });
    monitor.start();
    const reason = (): string | undefined => monitor.report().components[0]?.reason;
    const steps: [ms: number, value: number, reason: string][] = [
      [0, 0.93, "p95 of cpuUtilization over 1m is 0.93, above 0.90 for 0s of 42s until degraded"],
      [42_000, 0.93, "p95 of cpuUtilization over 1m is 0.93 (degraded above 0.90); clears below 0.80 for 1m"],
      [18_000, 0.95, "p95 of cpuUtilization over 1m is 0.95 (degraded above 0.90); clears below 0.80 for 1m"],
      [1_000, 0.7, "p95 of cpuUtilization over 1m is 0.70, recovering: below 0.80 for 0s of 1m"],
      [59_000, 0.7, "p95 of cpuUtilization over 1m is 0.70, recovering: below 0.80 for 59s of 1m"],
      [1_000, 0.7, "p95 of cpuUtilization over 1m is 0.70"],
    ];
    for (const [ms, next, expected] of steps) {
      clock.block(ms);
      value = next;
      monitor.assess();
      expect(reason()).toBe(expected);
      for (const alert of monitor.alerts()) expect([alert.reason, alert.annotations.description]).toEqual([expected, expected]);
    }
    const recorded = transitions.filter(({ component }) => component === "collection:a");
    expect(recorded.map(({ to, reason: its }) => [to, its])).toEqual([
      ["degraded", steps[1]?.[2]],
      ["healthy", steps[5]?.[2]],
    ]);
    expect(alerts.map(({ state, reason: its }) => [state, its])).toEqual([
      ["firing", steps[1]?.[2]],
      ["resolved", steps[5]?.[2]],
    ]);
  });

  it("HealthMonitor has the worst status of the components that affect it, and says which and why", () => {
    const { monitor, add } = monitored();
    add("a", () => healthy);
    add("b", () => degraded);
    add("c", () => critical, { affectsOverall: false });
    monitor.start();
    monitor.assess();
    expect(monitor.report()).toMatchObject({ status: "degraded", reason: "b: slow; clears when the check reports a better status" });
    expect(monitor.alerts()).toHaveLength(1);
  });

  it("HealthMonitor lets an informational component report its status without alerts or effect on the overall status", () => {
    const { monitor, add, alerts } = monitored({ informational: ["c"] });
    add("a", () => healthy);
    add("c", () => critical);
    monitor.start();
    monitor.assess();
    expect(monitor.report()).toMatchObject({
      status: "healthy",
      components: [{ affectsOverall: true }, { status: "critical", affectsOverall: false }],
    });
    expect(alerts).toEqual([]);
  });

  it("HealthMonitor neither alerts for a suspended component nor lets it affect the overall status", () => {
    const { monitor, add, alerts } = monitored();
    add("a", () => healthy);
    add("b", () => critical, { suspended: () => "paused" });
    monitor.start();
    monitor.assess();
    expect(monitor.report().status).toBe("healthy");
    expect(alerts).toEqual([]);
  });

  it("HealthMonitor changes nothing once it is stopped", () => {
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

  it("HealthMonitor keeps the newest transitions of each component and lists them by component and time", () => {
    const { monitor, add, clock, transitions } = monitored({ history: 4 });
    let turn = 0;
    add("db", () => (turn % 2 === 0 ? healthy : degraded));
    monitor.start();
    for (turn = 0; turn < 10; turn += 1) {
      clock.block(1_000);
      monitor.assessChange(["db"]);
    }
    expect(monitor.history({ component: "db" })).toHaveLength(4);
    // The newest dropped transition is the one before the oldest that is kept.
    const recorded = transitions.filter(({ component }) => component === "db");
    expect(monitor.historyBounds).toMatchObject({ since: "2026-01-01T00:00:00.000Z", forgotten: { db: recorded.at(-5)?.time } });
    const all = monitor.history();
    expect(all.map(({ component }) => component)).toEqual(["db", "overall", "db", "overall", "db", "overall", "db", "overall"]);
    expect(all.map(({ time }) => time)).toEqual(all.map(({ time }) => time).toSorted());
    expect(monitor.history({ since: new Date(clock.wallMs()) }).length).toBeGreaterThan(0);
    expect(monitor.history({ since: new Date(clock.wallMs() + 1) })).toEqual([]);
  });

  it("HealthMonitor reports a degrading trend of a component's own values", () => {
    const { monitor, add, clock } = monitored();
    let value = 1;
    add("db", () => ({ ...healthy, value, good: "high" }));
    monitor.start();
    for (let n = 0; n < 20; n += 1) {
      clock.block(10_000);
      value -= 0.01;
      monitor.assessChange(["db"]);
    }
    expect(monitor.report().components[0]?.trend).toMatchObject({ direction: "degrading", perMinute: expect.closeTo(-0.06, 6) });
  });

  it("HealthMonitor runs a registered check in the background, with a deadline", async () => {
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
      reason: "connection refused; clears when the check reports a better status for 30s",
    });
    answer = () => new Promise(() => {});
    await clock.advance(12_000);
    expect(monitor.report().components[0]).toMatchObject({
      status: "unhealthy",
      reason: "no result within 2s; clears when the check reports a better status for 30s",
    });
    monitor.stop();
  });

  it.each<[result: unknown, status: Status, reason: string]>([
    [undefined, "healthy", "the check passed"],
    [true, "healthy", "the check passed"],
    [false, "unhealthy", "the check returned false"],
    [{ status: "degraded", reason: "slow", value: 3, unit: "s", good: "low" }, "degraded", "slow"],
    [{ status: "unknown", reason: "no data yet" }, "unknown", "no data yet"],
    [null, "unhealthy", "the check returned null; expected a finding, true, false, or nothing"],
    ["ok", "unhealthy", 'the check returned "ok"; expected a finding, true, false, or nothing'],
    [0, "unhealthy", "the check returned 0; expected a finding, true, false, or nothing"],
    [[], "unhealthy", "the check returned an empty list; expected a finding, true, false, or nothing"],
    [{}, "unhealthy", "the check returned an invalid finding: status: required, but missing; expected unknown, "],
    [
      { status: "helthy", reason: "fine" },
      "unhealthy",
      'the check returned an invalid finding: status: expected unknown, healthy, degraded, unhealthy or critical; found "helthy"; did you mean "healthy"?',
    ],
    [{ status: "healthy" }, "unhealthy", "the check returned an invalid finding: reason: required, but missing; expected text"],
    [
      { status: "healthy", reason: "fine", value: Number.NaN },
      "unhealthy",
      "the check returned an invalid finding: value: expected a number",
    ],
  ])("HealthMonitor takes a check's result %j as %s", async (result, status, reason) => {
    const { monitor, clock } = monitored();
    monitor.register("db", () => result as never, { interval: "10s" });
    monitor.start();
    await settle();
    const [component] = monitor.report().components;
    expect(component?.status).toBe(status);
    expect(component?.reason.startsWith(reason), component?.reason).toBe(true);
    await clock.advance(10_000);
    monitor.stop();
  });

  it("HealthMonitor refuses a second component of the same name", () => {
    const { monitor, add } = monitored();
    add("db", () => healthy);
    expect(() => monitor.register("db", () => {})).toThrow(/named "db"/);
    expect(() => add("overall", () => healthy)).toThrow(/named "overall"/);
  });
});

describe("HealthMonitor.remove", () => {
  it("HealthMonitor resolves the alerts of a removed component, updates the overall status and keeps its transitions", () => {
    const { monitor, add, clock, transitions, alerts } = monitored();
    add("a", () => healthy);
    add("collection:b", () => critical);
    monitor.start();
    monitor.assess();
    clock.block(5_000);
    monitor.remove("collection:b", "the collection was removed");
    expect(alerts).toMatchObject([
      { state: "firing", labels: { component: "collection:b" } },
      { state: "resolved", labels: { component: "collection:b" }, reason: "the collection was removed" },
    ]);
    expect(alerts[1]?.fingerprint).toBe(alerts[0]?.fingerprint);
    expect(monitor.alerts()).toEqual([]);
    expect(monitor.report()).toMatchObject({ status: "healthy", reason: "1 component is healthy", components: [{ component: "a" }] });
    expect(transitions.map(({ component, to }) => [component, to])).toEqual([
      ["collection:b", "critical"],
      ["overall", "critical"],
      ["overall", "healthy"],
    ]);
    expect(monitor.history({ component: "collection:b" })).toHaveLength(1);
    monitor.assessChange(["collection:b"]);
    expect(alerts).toHaveLength(2);
  });

  it("HealthMonitor accepts the name of a removed component again, whose history continues", () => {
    const { monitor, add, alerts } = monitored();
    for (let n = 0; n < 3; n += 1) {
      add("db", () => critical);
      monitor.start();
      monitor.assess();
      monitor.remove("db");
    }
    expect(alerts.map(({ state }) => state)).toEqual(["firing", "resolved", "firing", "resolved", "firing", "resolved"]);
    expect(monitor.history({ component: "db" })).toHaveLength(3);
  });

  it("HealthMonitor ignores the removal of a component that does not exist", () => {
    const { monitor, transitions, alerts } = monitored();
    monitor.start();
    monitor.remove("nothing");
    expect([...transitions, ...alerts]).toEqual([]);
  });

  it("HealthMonitor keeps the transitions of the latest hundred removed components", () => {
    const { monitor, add } = monitored();
    monitor.start();
    for (let n = 0; n < 101; n += 1) {
      add(`check${n}`, () => critical);
      monitor.assessChange([`check${n}`]);
      monitor.remove(`check${n}`);
    }
    expect(monitor.history({ component: "check0" })).toEqual([]);
    expect(monitor.history({ component: "check1" })).toHaveLength(1);
    expect(monitor.history({ component: "check100" })).toHaveLength(1);
  });
});

describe("HealthMonitor.register", () => {
  it("HealthMonitor stops a disposed check and resolves its alerts", async () => {
    const { monitor, clock, alerts } = monitored();
    let runs = 0;
    let signal: AbortSignal | undefined;
    const check = monitor.register("db", (its) => {
      runs += 1;
      signal = its;
      throw new Error("connection refused");
    });
    monitor.start();
    await settle();
    expect(monitor.alerts()).toHaveLength(1);
    check[Symbol.dispose]();
    expect(alerts.at(-1)).toMatchObject({ state: "resolved", reason: "the check was removed", labels: { component: "db" } });
    expect(monitor.report().components).toEqual([]);
    await clock.advance(120_000);
    expect(runs).toBe(1);
    expect(signal?.aborted).toBe(false);
    check[Symbol.dispose]();
    expect(alerts).toHaveLength(2);
    monitor.stop();
  });

  it("HealthMonitor aborts a check that is running when it is disposed", async () => {
    const { monitor } = monitored();
    let aborted = false;
    const hanging = (signal: AbortSignal): Promise<void> =>
      new Promise(() => signal.addEventListener("abort", () => void (aborted = true)));
    monitor.start();
    {
      using check = monitor.register("db", hanging);
      await settle();
      expect(check).toBeDefined();
      expect(aborted).toBe(false);
    }
    expect(aborted).toBe(true);
    expect(monitor.report().components).toEqual([]);
    monitor.stop();
  });

  it("HealthMonitor does not remove a later check of the same name with an earlier one's disposable", async () => {
    const { monitor } = monitored();
    monitor.start();
    const first = monitor.register("db", () => {});
    first[Symbol.dispose]();
    monitor.register("db", () => healthy);
    first[Symbol.dispose]();
    await settle();
    expect(monitor.report().components).toMatchObject([{ component: "db", status: "healthy" }]);
    monitor.stop();
  });

  it("HealthMonitor refuses invalid options of a check with a coded error that names them", () => {
    const { monitor } = monitored();
    let refusal: unknown;
    try {
      monitor.register("db", () => {}, { interval: "soon" });
    } catch (error) {
      refusal = error;
    }
    expect(isVitalsError(refusal) && refusal.code).toBe("config_invalid");
    expect((refusal as Error).message).toMatch(/^invalid options of check "db": .*interval/);
  });
});

describe("Status", () => {
  it("Status unknown ranks between healthy and degraded", () => {
    expect([...STATUSES].sort(compareStatus)).toEqual(["healthy", "unknown", "degraded", "unhealthy", "critical"]);
    expect(worstStatus([])).toBe("unknown");
    expect(worstStatus(["healthy", "degraded", "unknown"])).toBe("degraded");
  });
});
