import { describe, expect, it } from "vitest";
import type { Alert } from "../../src/health/record.ts";
import { resolve } from "../../src/collector/resolve.ts";
import { RuleSimulation } from "../../src/rule-simulation/simulation.ts";
import { INSTANT_MS } from "../../src/sample/sample.ts";
import { ticksOf } from "../../src/rule-simulation/ticks.ts";
import { parseSeries } from "../../src/rule-simulation/series.ts";
import { each, scriptedCollector, scriptedKind, type Script, type ScriptedConfig } from "../support/scripted.ts";

const SERIES = "5x40 _x5 50x45 failed x3 50x20 (5 failed)x20 5x60 _x20 (90x7 5x9)x6 5x120";

const CONFIG: ScriptedConfig = {
  ...each(["jobs"]),
  health: {
    flapping: "2m",
    // Holds that are no multiple of the interval: the real collector's ticks are off the whole second, and rounding must not decide.
    keep_firing_for: "29.5s",
    rules: [
      {
        collection: "jobs",
        field: "depth",
        stat: "p95",
        window: "30s",
        above: 20,
        clear: 10,
        for: "9.5s",
        keep_firing_for: "19.5s",
        status: "unhealthy",
      },
      { collection: "jobs", field: "depth", above: 60, clear: 40, keep_firing_for: "4.5s" },
      { collection: "jobs", stat: "successRate", window: "15s", below: 0.7, clear: 0.9, keep_firing_for: "0s" },
      { collection: "jobs", field: "depth", stat: "trend", window: "30s", above: 30, keep_firing_for: "0s" },
    ],
  },
};

/** The parts of an alert that can be compared between two clocks. */
const seen = ({ state, labels, reason }: Alert, ms: number): string =>
  `${Math.round(ms / 1_000)} s: ${labels.alertname} ${labels.severity} ${state}, ${reason}`;

/** The alerts of a real collector whose source returns the series. */
async function live(): Promise<readonly string[]> {
  const parsed = parseSeries(SERIES);
  const items = parsed.ok ? parsed.items : [];
  let next = 0;
  const script: Script = {
    jobs: () => {
      const item = items[next++];
      clock.block(INSTANT_MS);
      if (item === "failed") throw new Error("failed in the series");
      return typeof item === "number" ? { depth: item } : {};
    },
  };
  const { clock, collector } = scriptedCollector(script, CONFIG);
  const alerts: string[] = [];
  let firstMs = 0;
  collector.journal.subscribe(({ event }) => {
    if (event.kind === "sample") firstMs ||= Date.parse(event.sample.time);
    if (event.kind === "alert") alerts.push(seen(event.alert, Date.parse(event.alert.endsAt ?? event.alert.startsAt) - firstMs));
  });
  await collector.start();
  await clock.advance(items.length * 1_000);
  await collector.shutdown();
  expect(next).toBe(items.length);
  return alerts;
}

/** The alerts of a simulation of the same series. */
function simulated(): readonly string[] {
  const plan = resolve(CONFIG, { sourceKinds: [scriptedKind({})] });
  const jobs = plan.collections.get("jobs");
  if (!jobs) throw new Error("the plan has no collection jobs");
  const ticks = ticksOf(jobs, { depth: SERIES }, (path, message) => {
    throw new Error(`${path.join(".")}: ${message}`);
  });
  return new RuleSimulation(plan, new Map([["jobs", ticks]])).run([]).notifications.map(({ atMs, alert }) => seen(alert, atMs));
}

describe("RuleSimulation", () => {
  it("RuleSimulation produces the alerts of a real collector for the same series, at the same times, with the same reasons", async () => {
    const alerts = simulated();
    expect(alerts.length).toBeGreaterThan(10);
    expect(new Set(alerts.map((line) => line.split(" ")[2])).size).toBe(5);
    expect(alerts.some((line) => line.includes("(extended: flapping)"))).toBe(true);
    expect(alerts).toEqual(await live());
  });
});
