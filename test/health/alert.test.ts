import { describe, expect, it } from "vitest";
import { AlertStore } from "../../src/health/alert.ts";
import { fingerprintOf } from "../../src/base/hash.ts";
import type { Alert } from "../../src/health/record.ts";
import type { Rule } from "../../src/health/rule.ts";
import type { Status } from "../../src/health/status.ts";

const rule: Rule = { alert: "Slow", subject: "p95", measure: "p95", unit: "s", levels: [], observe: () => ({ value: undefined }) };

/** A store, and a function that changes the status of a component's only rule; `collection:a` depends on `source:a`. */
function makeStore(quietMs = 0) {
  const alerts = new AlertStore({ service: "test" }, () => quietMs);
  const change = (component: string, status: Status | undefined, nowMs: number) =>
    alerts.apply(
      {
        component,
        rule,
        status,
        reason: `it is ${status}`,
        value: 1,
        lookbackMs: 90_000,
        dependsOn: component === "collection:a" ? "source:a" : undefined,
        time: new Date(nowMs).toISOString(),
      },
      nowMs,
    );
  return { alerts, change };
}

const shown = ({ state, labels, reason }: Alert): string => `${state} ${labels.severity}: ${reason}`;

describe("fingerprint", () => {
  it("fingerprint is the one Prometheus gives the same labels, in any order", () => {
    // Of no labels it is FNV-1a's offset basis.
    expect(fingerprintOf({})).toBe("cbf29ce484222325");
    expect(fingerprintOf({ a: "1", b: "2" })).toBe(fingerprintOf({ b: "2", a: "1" }));
    expect(fingerprintOf({ a: "1", b: "2" })).not.toBe(fingerprintOf({ a: "12", b: "" }));
    expect(fingerprintOf({ a: "é" })).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("AlertStore", () => {
  it("AlertStore resolves the alert it fired, each with its own reason", () => {
    const { alerts, change } = makeStore();
    const [fired] = change("db", "degraded", 1_000);
    const [resolved] = change("db", undefined, 5_000);
    expect(fired).toMatchObject({ state: "firing", reason: "it is degraded", labels: { severity: "warning", service: "test" } });
    expect(resolved).toMatchObject({ state: "resolved", reason: "it is undefined", annotations: { description: "it is degraded" } });
    expect(resolved).toMatchObject({ fingerprint: fired?.fingerprint, startsAt: fired?.startsAt, endsAt: new Date(5_000).toISOString() });
    expect(alerts.list("all")).toEqual([resolved]);
  });

  it("AlertStore only fires when it gets worse, and resolves every severity of the problem when the problem ends", () => {
    const { alerts, change } = makeStore();
    const [warning] = change("db", "degraded", 0);
    const worse = change("db", "critical", 1_000);
    expect(worse.map(shown)).toEqual(["firing critical: it is critical"]);
    expect(change("db", undefined, 9_000).map(shown)).toEqual(["resolved critical: it is undefined", "resolved warning: it is undefined"]);
    expect(alerts.list("resolved")).toMatchObject([
      { fingerprint: worse[0]?.fingerprint, startsAt: new Date(1_000).toISOString(), endsAt: new Date(9_000).toISOString() },
      { fingerprint: warning?.fingerprint, startsAt: new Date(0).toISOString(), endsAt: new Date(9_000).toISOString() },
    ]);
    expect(alerts.open()).toEqual([]);
  });

  it("AlertStore lists a problem once, at its present severity, and keeps the milder alert open with the present reason", () => {
    const { alerts, change } = makeStore();
    change("db", "degraded", 0);
    change("db", "unhealthy", 1_000);
    change("db", "critical", 2_000);
    expect(alerts.list("all").map(shown)).toEqual(["firing critical: it is critical"]);
    expect([alerts.count("warning"), alerts.count("error"), alerts.count("critical")]).toEqual([0, 0, 1]);
    expect(alerts.open().map(shown)).toEqual([
      "firing warning: it is critical",
      "firing error: it is critical",
      "firing critical: it is critical",
    ]);
    alerts.update("db", { rule: { ...rule, alert: "Slow" }, reason: "it is worse still", value: 7, isBad: true });
    expect(alerts.open().map(({ reason, annotations }) => [reason, annotations.description])).toEqual(
      Array.from({ length: 3 }, () => ["it is worse still", "it is worse still"]),
    );
  });

  it("AlertStore gives the open alerts of components, including those of a problem that got worse", () => {
    const { alerts, change } = makeStore();
    change("db", "degraded", 0);
    change("db", "critical", 1_000);
    change("cache", "degraded", 0);
    const shownOf = (names?: readonly string[]) => alerts.open(names).map(({ labels }) => `${labels.component} ${labels.severity}`);
    expect(shownOf(["db", "none"])).toEqual(["db warning", "db critical"]);
    expect(shownOf(["cache"])).toEqual(["cache warning"]);
    expect(shownOf()).toEqual(["db warning", "db critical", "cache warning"]);
    change("db", undefined, 2_000);
    expect(shownOf(["db"])).toEqual([]);
  });

  it("AlertStore says that it improved when it resolves the worse alert of a problem that continues", () => {
    const { alerts, change } = makeStore();
    const [warning] = change("db", "degraded", 0);
    change("db", "unhealthy", 1_000);
    change("db", "critical", 2_000);
    const milder = change("db", "degraded", 3_000);
    expect(milder.map(shown)).toEqual([
      "resolved critical: improved to severity=warning: it is degraded",
      "resolved error: improved to severity=warning: it is degraded",
    ]);
    expect(alerts.open()).toMatchObject([{ fingerprint: warning?.fingerprint, startsAt: warning?.startsAt, reason: "it is degraded" }]);
    expect(change("db", undefined, 4_000).map(shown)).toEqual(["resolved warning: it is undefined"]);
  });

  it("AlertStore fires a new alert for a milder severity that the problem did not have before", () => {
    const { change } = makeStore();
    change("db", "critical", 0);
    const milder = change("db", "degraded", 3_000);
    expect(milder.map(shown)).toEqual([
      "firing warning: it is degraded",
      "resolved critical: improved to severity=warning: it is degraded",
    ]);
    expect(milder[0]?.startsAt).toBe(new Date(3_000).toISOString());
  });

  it("AlertStore has no empty label, which Alertmanager would remove before it computes the fingerprint", () => {
    const alerts = new AlertStore({ service: "test", instance: "" });
    const change = { component: "db", rule, status: "critical", reason: "gone", value: 1, lookbackMs: 0, dependsOn: undefined } as const;
    const [fired] = alerts.apply({ ...change, time: new Date(0).toISOString() }, 0);
    const labels = { service: "test", alertname: "Slow", component: "db", severity: "critical" };
    expect(fired?.labels).toEqual(labels);
    expect(fired?.fingerprint).toBe(fingerprintOf(labels));
  });

  it("AlertStore neither fires nor resolves on status unknown", () => {
    const { change } = makeStore();
    expect(change("db", "unknown", 0)).toEqual([]);
    change("db", "critical", 1_000);
    expect(change("db", "unknown", 2_000)).toEqual([]);
    expect(change("db", "critical", 3_000)).toEqual([]);
  });

  it("AlertStore updates the reason and value of an open alert without sending it again", () => {
    const { alerts, change } = makeStore();
    change("db", "critical", 0);
    alerts.update("db", { rule: { ...rule, alert: "Slow" }, reason: "it is worse", value: 7, isBad: true });
    alerts.update("db", { rule: { ...rule, alert: "Other" }, reason: "of no alert", value: 8, isBad: true });
    expect(alerts.list("firing")).toMatchObject([{ reason: "it is worse", annotations: { description: "it is worse" }, value: 7 }]);
  });
});

describe("AlertStore with a time between two fires", () => {
  const MINUTE = 60_000;

  /** A store whose alerts fire at most once in five minutes. */
  function paced() {
    const state = { quietMs: 5 * MINUTE };
    const alerts = new AlertStore({}, () => state.quietMs);
    const change = (status: Status | undefined, nowMs: number, dependsOn?: string): readonly string[] =>
      alerts
        .apply(
          {
            component: "db",
            rule,
            status,
            reason: `it is ${status}`,
            value: 1,
            lookbackMs: 0,
            dependsOn,
            time: new Date(nowMs).toISOString(),
          },
          nowMs,
        )
        .map(shown);
    const released = (nowMs: number) => alerts.releaseWaiting(new Date(nowMs).toISOString(), nowMs);
    const suppressed = (): readonly number[] => [...alerts.suppressed].map(({ count }) => count);
    return { alerts, state, change, released, suppressed };
  }

  it("AlertStore fires an alert again when five minutes have passed since it fired, with the reason and at the time of then", () => {
    const { alerts, change, released, suppressed } = paced();
    change("degraded", 0);
    change(undefined, MINUTE);
    expect(change("degraded", 2 * MINUTE)).toEqual([]);
    expect(alerts.list("firing")).toEqual([]);
    alerts.update("db", { rule: { ...rule, alert: "Slow" }, reason: "it is still slow", value: 2, isBad: true });
    expect(released(5 * MINUTE - 1)).toEqual([]);
    const [fired] = released(5 * MINUTE);
    expect(fired).toMatchObject({ state: "firing", reason: "it is still slow", value: 2, startsAt: new Date(5 * MINUTE).toISOString() });
    expect(released(6 * MINUTE)).toEqual([]);
    expect(suppressed()).toEqual([]);
  });

  it("AlertStore counts a fire and a resolve for what ended before its time came", () => {
    const { change, released, suppressed } = paced();
    change("degraded", 0);
    change(undefined, MINUTE);
    for (let n = 2; n < 4; n += 1) {
      expect(change("degraded", n * MINUTE)).toEqual([]);
      expect(change(undefined, (n + 0.5) * MINUTE)).toEqual([]);
    }
    expect(suppressed()).toEqual([4]);
    expect(released(10 * MINUTE)).toEqual([]);
    expect(change("degraded", 10 * MINUTE)).toEqual(["firing warning: it is degraded"]);
  });

  it("AlertStore fires a worse severity at once, and the same one again only after the time", () => {
    const { alerts, change, released } = paced();
    change("degraded", 0);
    expect(change("critical", MINUTE)).toEqual(["firing critical: it is critical"]);
    expect(change("degraded", 2 * MINUTE)).toEqual(["resolved critical: improved to severity=warning: it is degraded"]);
    expect(change("critical", 3 * MINUTE)).toEqual([]);
    expect(alerts.list("firing").map(shown)).toEqual(["firing warning: it is degraded"]);
    expect(released(6 * MINUTE).map(shown)).toEqual(["firing critical: it is critical"]);
  });

  it("AlertStore counts what waited when the problem got worse as suppressed only if it does not fire before the problem ends", () => {
    for (const [statuses, expected] of [
      [["critical", "degraded", undefined], []],
      [["critical", undefined], [2]],
      [["unhealthy", "critical", undefined], [2]],
      [["unhealthy", "degraded", "critical", undefined], []],
      [["critical", "unhealthy", undefined], [2]],
    ] as const) {
      const { change, suppressed } = paced();
      change("degraded", 0);
      change(undefined, MINUTE);
      expect(change("degraded", 2 * MINUTE)).toEqual([]);
      const sent = statuses.flatMap((status, n) => change(status, 2 * MINUTE + (n + 1) * 1_000));
      expect(suppressed(), statuses.join(", ")).toEqual(expected);
      // Of all severities that the problem had, each one is sent as firing and as resolved, or counted.
      const had = new Set(["degraded", ...statuses].filter((status) => status !== undefined)).size;
      expect(sent.length + expected.reduce((sum: number, count) => sum + count, 0)).toBe(2 * had);
    }
  });

  it("AlertStore does not delay an alert because it fired during the start-up grace, which no sink received", () => {
    const { alerts, state, change } = paced();
    state.quietMs = 0;
    change("degraded", 0);
    change(undefined, 10_000);
    alerts.restartPace(30_000);
    state.quietMs = 5 * MINUTE;
    expect(change("degraded", 40_000)).toEqual(["firing warning: it is degraded"]);
  });

  it("AlertStore forgets what waits when its component is removed", () => {
    const { alerts, change, released, suppressed } = paced();
    change("degraded", 0);
    change(undefined, MINUTE);
    change("degraded", 2 * MINUTE);
    expect(alerts.remove("db", "removed", new Date(3 * MINUTE).toISOString(), 3 * MINUTE)).toEqual([]);
    expect(released(10 * MINUTE)).toEqual([]);
    expect(suppressed()).toEqual([]);
  });
});

describe("AlertStore with dependent components", () => {
  it("AlertStore inhibits a dependent alert while its cause waits because it fired too recently", () => {
    const MINUTE = 60_000;
    const { alerts, change } = makeStore(5 * MINUTE);
    const [cause] = change("source:a", "unhealthy", 0);
    change("source:a", undefined, MINUTE);
    expect(change("source:a", "unhealthy", 3 * MINUTE)).toEqual([]);
    expect(change("collection:a", "critical", 3 * MINUTE + 1)).toMatchObject([{ state: "firing", inhibitedBy: cause?.fingerprint }]);
    expect(alerts.releaseInhibited(5 * MINUTE - 1)).toEqual([]);
    change("source:a", undefined, 5 * MINUTE - 1);
    expect(alerts.releaseInhibited(5 * MINUTE)).toMatchObject([{ labels: { component: "collection:a" } }]);
  });

  it("AlertStore inhibits a dependent alert until its cause has been resolved for the rule's lookback", () => {
    const { alerts, change } = makeStore();
    const [cause] = change("source:a", "unhealthy", 0);
    const [follower] = change("collection:a", "critical", 1_000);
    expect(follower?.inhibitedBy).toBe(cause?.fingerprint);
    expect(alerts.inhibited).toBe(1);
    expect(alerts.releaseInhibited(500_000)).toEqual([]);
    change("source:a", undefined, 500_000);
    expect(alerts.releaseInhibited(589_999)).toEqual([]);
    const released = alerts.releaseInhibited(590_000);
    expect(released).toMatchObject([{ fingerprint: follower?.fingerprint, state: "firing" }]);
    expect(released[0]).not.toHaveProperty("inhibitedBy");
    expect(alerts.releaseInhibited(600_000)).toEqual([]);
  });

  it("AlertStore resolves an inhibited alert as inhibited when it ends with its cause", () => {
    const { alerts, change } = makeStore();
    change("source:a", "unhealthy", 0);
    change("collection:a", "critical", 1_000);
    change("source:a", undefined, 60_000);
    expect(change("collection:a", undefined, 70_000)).toMatchObject([{ state: "resolved", inhibitedBy: expect.any(String) as string }]);
    expect(alerts.releaseInhibited(1_000_000)).toEqual([]);
  });

  it("AlertStore sends an escalation when the milder alert was sent before its cause fired", () => {
    const { alerts, change } = makeStore();
    change("collection:a", "degraded", 0);
    change("source:a", "unhealthy", 1_000);
    const worse = change("collection:a", "critical", 2_000);
    expect(worse.map(({ state, inhibitedBy }) => [state, inhibitedBy])).toEqual([["firing", undefined]]);
    expect(alerts.inhibited).toBe(0);
  });

  it("AlertStore keeps a milder alert inhibited while the cause of the worse one has only just been resolved", () => {
    const { alerts, change } = makeStore();
    const [cause] = change("source:a", "unhealthy", 0);
    change("collection:a", "critical", 1_000);
    change("source:a", undefined, 60_000);
    const milder = change("collection:a", "degraded", 70_000);
    expect(milder.map(({ state, inhibitedBy }) => [state, inhibitedBy])).toEqual([
      ["firing", cause?.fingerprint],
      ["resolved", cause?.fingerprint],
    ]);
    expect(alerts.releaseInhibited(149_999)).toEqual([]);
    expect(alerts.releaseInhibited(150_000)).toMatchObject([{ state: "firing", labels: { severity: "warning" } }]);
  });
});

describe("AlertStore.remove", () => {
  it("AlertStore resolves every alert of a removed component with the given reason, and none of another", () => {
    const { alerts, change } = makeStore();
    const [fired] = change("db", "critical", 0);
    change("cache", "degraded", 0);
    const removed = alerts.remove("db", "the collection was removed", new Date(9_000).toISOString(), 9_000);
    expect(removed).toMatchObject([
      {
        fingerprint: fired?.fingerprint,
        state: "resolved",
        reason: "the collection was removed",
        value: 1,
        startsAt: fired?.startsAt,
        endsAt: new Date(9_000).toISOString(),
        annotations: { description: "it is critical" },
      },
    ]);
    expect(alerts.list("firing").map(({ labels }) => labels.component)).toEqual(["cache"]);
    expect(alerts.list("resolved")).toEqual(removed);
    expect(alerts.remove("db", "again", new Date(10_000).toISOString(), 10_000)).toEqual([]);
  });

  it("AlertStore ends the inhibition of dependent alerts at once when the component they depend on is removed", () => {
    const { alerts, change } = makeStore();
    change("source:a", "unhealthy", 0);
    const [dependent] = change("collection:a", "critical", 1_000);
    expect(dependent).toHaveProperty("inhibitedBy");
    alerts.remove("source:a", "removed", new Date(2_000).toISOString(), 2_000);
    expect(alerts.releaseInhibited(2_000)).toMatchObject([{ fingerprint: dependent?.fingerprint, state: "firing" }]);
  });
});
