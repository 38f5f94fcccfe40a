import { describe, expect, it } from "vitest";
import { RecordingSink } from "../../../src/testing.ts";
import type { HealthEvent } from "../../../src/health/record.ts";
import { each, scriptedCollector } from "../../support/scripted.ts";

describe("RecordingSink", () => {
  it("RecordingSink records the transitions and alerts of a collector in order", async () => {
    const sink = new RecordingSink();
    const config = {
      ...each(["jobs"]),
      health: { rules: [{ collection: "jobs", field: "depth", stat: "last" as const, above: 5, name: "TooDeep" }] },
    };
    const { clock, collector } = scriptedCollector({ jobs: () => ({ depth: 9 }) }, config, { sinks: [sink] });
    await collector.start();
    await clock.advance(120_000);
    expect(sink.transitions.map(({ component, to }) => `${component} ${to}`)).toContain("collection:jobs degraded");
    expect(sink.alerts.map(({ labels, state }) => `${labels.alertname} ${state}`)).toContain("TooDeep firing");
    expect(sink.events).toHaveLength(sink.transitions.length + sink.alerts.length);
    expect(collector.stats().sinks).toEqual([expect.objectContaining({ name: "recording", target: "memory", dropped: 0 })]);
    await collector.shutdown();
  });

  it("RecordingSink resolves until with a recorded event, or with the next one that matches", async () => {
    const sink = new RecordingSink("mine");
    const of = (component: string): HealthEvent => ({
      kind: "transition",
      transition: { time: "2026-01-01T00:00:00.000Z", component, from: "unknown", to: "healthy", reason: "reading" },
    });
    const isOf = (component: string) => (event: HealthEvent) => event.kind === "transition" && event.transition.component === component;
    await sink.send([of("a")]);
    expect(await sink.until(isOf("a"))).toEqual(of("a"));
    const waiting = sink.until(isOf("c"));
    await sink.send([of("b"), of("c"), of("c")]);
    expect(await waiting).toEqual(of("c"));
    expect(sink.name).toBe("mine");
  });

  it("RecordingSink ends until with the reason of its signal", async () => {
    const stop = new AbortController();
    const waiting = new RecordingSink().until(() => true, stop.signal);
    stop.abort(new Error("no alert"));
    await expect(waiting).rejects.toThrow("no alert");
  });
});
