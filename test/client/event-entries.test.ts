import { describe, expect, it } from "vitest";
import { entriesOf } from "../../src/client/event-entries.ts";

const alert = {
  fingerprint: "f",
  state: "resolved" as const,
  labels: { alertname: "Deep", component: "collection:jobs", severity: "error" as const },
  annotations: { summary: "s", description: "depth is 80" },
  startsAt: "2026-01-01T12:00:00Z",
  endsAt: "2026-01-01T12:01:00Z",
  reason: "depth is 4",
};

describe("entriesOf", () => {
  it("entriesOf lists a transition once, and an alert when it fired and when it resolved", () => {
    const transition = {
      id: "b",
      time: "2026-01-01T12:00:00Z",
      component: "process",
      from: "healthy",
      to: "critical",
      reason: "r",
    } as const;
    expect(entriesOf([transition], [alert]).map(({ what, status, reason, event }) => [what, status, reason, event])).toEqual([
      ["process changed from healthy to critical", "critical", "r", "b"],
      ["alert Deep fired for collection:jobs (error)", "unhealthy", "depth is 80", undefined],
      ["alert Deep resolved for collection:jobs (error)", "healthy", "depth is 4", undefined],
    ]);
  });

  it("entriesOf does not show an alert as healthy that a milder one replaced, and names the alert that fired", () => {
    const improved = { ...alert, reason: "improved to severity=warning: depth is 60" };
    const [fired, ended] = entriesOf([], [improved]);
    expect(fired?.alert).toBe("Deep");
    expect(ended).toMatchObject({ status: "degraded", what: "alert Deep improved to warning for collection:jobs (error)" });
    expect(ended).not.toHaveProperty("alert");
  });

  it("entriesOf marks an alert that another one caused as suppressed", () => {
    expect(entriesOf([], [{ ...alert, inhibitedBy: "g" }])[0]?.what).toBe(
      "alert Deep fired for collection:jobs (error), suppressed: caused by another alert",
    );
  });
});
