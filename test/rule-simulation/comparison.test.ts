import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resolve } from "../../src/collector/resolve.ts";
import type { RecordedAlert, Retained } from "../../src/collector/retained.ts";
import type { Alert } from "../../src/health/record.ts";
import { compareRules, type Comparison } from "../../src/rule-simulation/comparison.ts";
import { replayRules } from "../../src/rule-simulation/replay.ts";
import type { Sample } from "../../src/sample/sample.ts";
import { scriptedKind, type ScriptedConfig } from "../support/scripted.ts";

const START_MS = Date.UTC(2026, 0, 1);
const at = (seconds: number): number => START_MS + seconds * 1_000;

/** A rule on the newest depth. */
const deep = (above: number, more: object = {}) => ({
  name: "Deep",
  collection: "jobs",
  field: "depth",
  above,
  clear: above,
  keep_firing_for: "0s",
  ...more,
});

function planOf(rules: NonNullable<ScriptedConfig["health"]>["rules"], interval = "1s") {
  const config: ScriptedConfig = {
    sources: { queue: { kind: "scripted" } },
    collections: { jobs: { source: "queue", type: "queue", interval } },
    health: { startup_grace: "0s", flapping: "0s", rules },
  };
  return resolve(config, { sourceKinds: [scriptedKind({})] });
}

const sample = (seconds: number, values: NonNullable<Sample["values"]>, collection = "jobs"): Sample => ({
  time: new Date(at(seconds)).toISOString(),
  collection,
  outcome: "success",
  durationMs: 2,
  values,
});

/** A sample each second, with these depths. */
const depths = (list: readonly number[]): Sample[] => list.map((depth, n) => sample(n, { depth }));

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

function recorded(seconds: number, state: Alert["state"], labels: Partial<Alert["labels"]> = {}): RecordedAlert {
  const all = { alertname: "Deep", component: "collection:jobs", severity: "warning" as const, ...labels };
  const text = { summary: "", description: "" };
  const alert = { fingerprint: Object.values(all).join(), state, labels: all, annotations: text, startsAt: "", reason: "recorded" };
  return { atMs: at(seconds), alert };
}

const retained = (samples: readonly Sample[], alerts: readonly RecordedAlert[] = [], more: Partial<Retained> = {}): Retained => ({
  samples,
  alerts,
  transitions: [],
  runs: [],
  isFromStart: true,
  notes: [],
  ...more,
});

/** Each line: what, when it would, and when it did; in seconds. */
const shown = ({ alerts }: Comparison): readonly string[] =>
  alerts.map(({ alert, did, event, would }) => {
    const second = (time: typeof would): string => (time ? String(Math.floor((time.atMs - START_MS) / 1_000)) : "-");
    return `${event} ${alert}: ${second(would)} ${second(did)}`;
  });

const PEAK = depths([...times(20, 10), ...times(10, 50), ...times(20, 10), ...times(10, 90), ...times(20, 10)]);
const DID = [recorded(20, "firing"), recorded(30, "resolved"), recorded(50, "firing"), recorded(60, "resolved")];

const SRC = new URL("../../src/", import.meta.url).pathname;

/** Names of alerts in a file of the source. */
const namesIn = (file: string): readonly string[] =>
  [...readFileSync(`${SRC}${file}`, "utf8").matchAll(/"(Vitals[A-Z][A-Za-z]+)"/g)].map(([, name]) => String(name));

describe("compareRules", () => {
  it("Every built-in rule is replayed or listed as not replayed", () => {
    const plan = planOf([]);
    const { alertsOf } = replayRules(plan, retained(PEAK));
    const { notReplayed } = compareRules(plan, retained(PEAK), 3_600_000);
    const known = [...[...alertsOf.values()].flat(), ...notReplayed.map(({ what }) => what)];
    const names = ["health/rules/built-in.ts", "health/rules/state.ts", "health/check.ts", "collector/components.ts"].flatMap(namesIn);
    expect(new Set(names).size).toBeGreaterThan(11);
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });

  it("A higher threshold keeps the alert that it still reaches, and shows that the other would not fire", () => {
    const result = compareRules(planOf([deep(60)]), retained(PEAK, DID), 3_600_000);
    expect(shown(result)).toEqual(["fired Deep: - 20", "resolved Deep: - 30", "fired Deep: 50 50", "resolved Deep: 60 60"]);
    expect(result.alerts[2]?.shown.reason).toBe("depth over 1m is 90 (degraded above 60); clears at 60 or below");
  });

  it("A lower threshold fires from the start, and a new rule fires beside it", () => {
    const plan = planOf([deep(5), deep(80, { name: "Deeper" })]);
    expect(shown(compareRules(plan, retained(PEAK, DID.slice(2)), 3_600_000))).toEqual([
      "fired Deep: 0 -",
      "fired Deep: - 50",
      "fired Deeper: 50 -",
      "resolved Deep: - 60",
      "resolved Deeper: 60 -",
    ]);
  });

  it("What is before the time shown fills windows and fires unseen; it is listed as firing at the start", () => {
    const samples = depths([...times(30, 90), ...times(30, 10)]);
    const result = compareRules(planOf([deep(60), deep(100, { name: "Never" })]), retained(samples, [recorded(0, "firing")]), 40_000);
    expect(shown(result)).toEqual(["resolved Deep: 30 -"]);
    const firing = { alert: "Deep", component: "collection:jobs", severity: "warning" };
    expect(result.firing).toEqual({ would: [firing], did: [firing] });
    expect([result.firstMs, result.fromMs, result.toMs]).toEqual([at(0), at(19) + 2, at(59) + 2]);
    const mean = planOf([deep(60, { stat: "mean", window: "40s" })]);
    expect(shown(compareRules(mean, retained(samples), 25_000))).toEqual(["resolved Deep: 44 -"]);
  });

  it("Two times are one event up to two intervals apart, each with the nearest", () => {
    const near = [recorded(48.1, "firing"), recorded(51, "firing"), recorded(63, "resolved")];
    expect(shown(compareRules(planOf([deep(60)]), retained(PEAK, near), 3_600_000))).toEqual([
      "fired Deep: - 48",
      "fired Deep: 50 51",
      "resolved Deep: 60 -",
      "resolved Deep: - 63",
    ]);
    expect(shown(compareRules(planOf([deep(60)]), retained(PEAK, near.toSpliced(1, 1)), 3_600_000))[0]).toBe("fired Deep: 50 48");
  });

  it("An alert of the first sample is shown, although it is dated before the end of that sample", () => {
    const first = [{ ...recorded(0, "firing"), atMs: at(0) - 3 }];
    const result = compareRules(planOf([deep(60)]), retained(depths(times(5, 90)), first), 3_600_000);
    expect([result.firing, shown(result)]).toEqual([{ would: [], did: [] }, ["fired Deep: 0 -1"]]);
  });

  it("An alert that fires since before the first sample is the one that would fire at first, and one that was resolved by then is not shown", () => {
    const before = [recorded(-90, "firing"), recorded(-80, "resolved"), recorded(-70, "firing"), recorded(25, "resolved")];
    const samples = depths([...times(25, 90), ...times(10, 10)]);
    const result = compareRules(planOf([deep(60)]), retained(samples, before), 3_600_000);
    expect(shown(result)).toEqual(["fired Deep: 0 -70", "resolved Deep: 25 25"]);
    const ended = compareRules(planOf([deep(60)]), retained(samples, before.slice(0, 2)), 3_600_000);
    expect([ended.firing.did, shown(ended)]).toEqual([[], ["fired Deep: 0 -", "resolved Deep: 25 -"]]);
  });

  it("The severity belongs to the alert: the same rule with another status is another alert", () => {
    const result = compareRules(planOf([deep(60, { status: "critical" })]), retained(PEAK, DID.slice(2)), 3_600_000);
    expect(shown(result)).toEqual(["fired Deep: - 50", "fired Deep: 50 -", "resolved Deep: - 60", "resolved Deep: 60 -"]);
  });

  it("An inhibited alert is left out on both sides", () => {
    const alerts = DID.map(({ alert, atMs }) => ({ atMs, alert: { ...alert, inhibitedBy: "other" } }));
    expect(shown(compareRules(planOf([deep(95)]), retained(PEAK, alerts), 3_600_000))).toEqual([]);
  });

  it("What samples do not hold, and what the configuration or the samples lack, is listed with the number of its alerts", () => {
    const alerts = [
      recorded(1, "firing", { alertname: "VitalsSinkFailing", component: "sink:pager" }),
      recorded(2, "firing", { alertname: "VitalsCollectionIncomplete" }),
      recorded(3, "firing", { alertname: "Old", component: "collection:old" }),
      recorded(4, "firing", { alertname: "VitalsCheckFailing", component: "disk" }),
      recorded(5, "firing", { alertname: "VitalsBreakerOpen", component: "source:gone" }),
    ];
    const plan = resolve(
      {
        sources: { queue: { kind: "scripted" } },
        collections: {
          jobs: { source: "queue", type: "queue", interval: "1s" },
          later: { source: "queue", type: "worker", interval: "1s" },
        },
      },
      { sourceKinds: [scriptedKind({})] },
    );
    const result = compareRules(plan, retained([...depths(times(10, 1)), sample(9, { depth: 1 }, "old")], alerts), 3_600_000);
    expect(shown(result)).toEqual([]);
    expect(Object.fromEntries(result.notReplayed.map(({ fired, what }) => [what, fired]))).toEqual({
      VitalsCollectionIncomplete: 1,
      VitalsEventLoopSlow: 0,
      VitalsHeapNearLimit: 0,
      VitalsExporterFailing: 0,
      VitalsSinkFailing: 1,
      VitalsSinkDropping: 0,
      VitalsStateNotSaved: 0,
      "collection:later": 0,
      VitalsCheckFailing: 1,
      "collection:old": 1,
      "source:gone": 1,
    });
  });

  it("Fields that the configuration does not have, or splits otherwise, are left out of samples, and the others count", () => {
    const samples = PEAK.map((each, n) => {
      const depth = n < 10 ? ({ east: 99 } as never) : (each.values?.["depth"] as number);
      return { ...each, values: { depth, removed: 7 } };
    });
    expect(shown(compareRules(planOf([deep(60)]), retained(samples), 3_600_000))).toEqual(["fired Deep: 50 -", "resolved Deep: 60 -"]);
  });

  it("Samples of another interval than the configured one are replayed at their own, with a note", () => {
    const result = compareRules(planOf([deep(60)], "5s"), retained(PEAK), 3_600_000);
    expect(shown(result)).toEqual(["fired Deep: 50 -", "resolved Deep: 60 -"]);
    expect(result.notes).toEqual(["jobs was sampled every 1s, not every 5s: replayed as sampled"]);
  });

  it("A recording that begins in the middle of a run has no start-up grace", () => {
    const plan = resolve(
      {
        sources: { queue: { kind: "scripted" } },
        collections: { jobs: { source: "queue", type: "queue", interval: "1s" } },
        health: { startup_grace: "60s", flapping: "5m", rules: [deep(60)] },
      },
      { sourceKinds: [scriptedKind({})] },
    );
    const samples = depths([...times(10, 90), ...times(10, 10), ...times(10, 90)]);
    const count = (more: Partial<Retained>): number => compareRules(plan, retained(samples, [], more), 3_600_000).alerts.length;
    // Within the grace nothing waits for five minutes.
    expect([count({ isFromStart: true }), count({ isFromStart: false, runs: [{ startMs: at(-9_000.25), savedMs: undefined }] })]).toEqual([
      3, 2,
    ]);
  });
});
