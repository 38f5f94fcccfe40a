import { describe, expect, it } from "vitest";
import { chartData, rangeOf } from "../../src/page/chart-data.ts";
import { chartsOf, READING_TIME } from "../../src/page/chart-spec.ts";
import { Series, type Row } from "../../src/page/series.ts";
import type { CollectionReport } from "../../src/page/api.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { SimulatedClock } from "../support/simulated-clock.ts";

/** The report of a collection of a built-in type, as a collector tells it. */
function reportOf(type: string, rules: object[] = []): CollectionReport {
  const path = "nowhere.jsonl";
  const collector = createCollector(
    {
      sources: { a: type === "system" ? { kind: "host" } : { kind: "mcp-memory", path } },
      collections: { c: { source: "a", type, interval: "1s" } },
      health: { rules: rules as never },
    },
    { clock: new SimulatedClock() },
  );
  return collector.collection("c").report();
}

const places = (...keys: readonly string[]) => keys.map((key) => ({ field: key.split("/")[0] as string, path: key.split("/").slice(1) }));
const told = (report: CollectionReport, ...keys: readonly string[]) =>
  chartsOf(report, places(...keys)).map(({ id, kind, parts }) => `${id} ${kind} ${parts.map(({ label }) => label).join(",")}`);

describe("the charts of a collection", () => {
  it("follow from its sample type: gauges, counters as rates, breakdowns that add up or do not, and how long readings take", () => {
    expect(
      told(
        reportOf("system"),
        "cpuUtilization",
        "memoryUsage/used",
        "memoryUsage/free",
        "filesystemUtilization/root",
        "filesystemUtilization/data",
        "networkIo/eth0/receive",
      ),
    ).toEqual([
      "cpuUtilization line ",
      "memoryUsage stack used,free",
      "filesystemUtilization lines root,data",
      "networkIo lines eth0 receive",
      "readingTime line ",
    ]);
    const [, io] = chartsOf(reportOf("system"), places("networkIo/eth0/receive"))
      .map(({ unit }) => unit)
      .toReversed();
    expect(io).toMatchObject({ unit: "By", isRate: true });
  });

  it("are only of what was measured, show a total as the stack of its parts, and no flags", () => {
    expect(told(reportOf("graph"), "nodeCount", "nodes/person", "nodes/place", "edgeCount", "exact/density")).toEqual([
      "nodes stack person,place",
      "edgeCount line ",
      "readingTime line ",
    ]);
    expect(chartsOf(reportOf("graph"), places("nodeCount", "nodes/person"))[0]?.title).toBe("node count");
  });

  it("fold what can no longer be told apart, so that the stack is still the whole", () => {
    const many = Array.from({ length: 20 }, (_, n) => `nodes/type${n}`);
    const [nodes] = chartsOf(reportOf("graph"), places(...many));
    expect(nodes?.parts).toHaveLength(8);
    expect(nodes?.parts.at(-1)).toEqual({ columns: Array.from({ length: 13 }, (_, n) => n + 7), label: "13 others" });
    const shares = Array.from({ length: 9 }, (_, n) => `filesystemUtilization/${n}`);
    expect(chartsOf(reportOf("system"), places(...shares))[0]).toMatchObject({ title: "filesystem utilization, 8 of 9" });
  });

  it("a breakdown is stacked if its field is additive, whatever its unit", () => {
    const report = reportOf("system");
    const field = report.fields["filesystemUtilization"] as CollectionReport["fields"][string];
    const as = (additive: boolean, unit: string): CollectionReport => ({
      ...report,
      fields: { filesystemUtilization: { ...field, additive, unit } },
    });
    const columns = ["filesystemUtilization/a", "filesystemUtilization/b"];
    expect(told(as(true, "1"), ...columns)[0]).toBe("filesystemUtilization stack a,b");
    expect(told(as(false, "By"), ...columns)[0]).toBe("filesystemUtilization lines a,b");
  });

  it("carry the thresholds that stand on their axis", () => {
    const rule = { collection: "c", field: "cpuUtilization", above: 0.9, clear: 0.8 };
    const charts = chartsOf(
      reportOf("system", [
        { ...rule, stat: "p95" },
        { ...rule, stat: "trend", above: 9, clear: 8 },
      ]),
      places("cpuUtilization", "memoryUtilization"),
    );
    expect(charts.map(({ id, thresholds }) => [id, thresholds.map(({ above, status }) => [above, status])])).toEqual([
      ["cpuUtilization", [[0.9, "degraded"]]],
      ["memoryUtilization", []],
      [READING_TIME, [[0.8, "degraded"]]],
    ]);
  });
});

describe("what a chart draws", () => {
  const report = reportOf("system");
  const series = (values: readonly (number | undefined)[]): readonly Row[] => {
    const made = new Series();
    for (const [n, value] of values.entries()) {
      const outcome = value === undefined ? "timeout" : "success";
      const head = { time: new Date(n * 1_000).toISOString(), collection: "c", durationMs: 5 };
      made.add({ ...head, outcome, ...(value === undefined ? {} : { values: { cpuUtilization: value } }) } as never, report.fields);
    }
    return made.rows;
  };
  const [cpu, reading] = chartsOf(report, places("cpuUtilization"));

  it("has a gap and a mark where a tick brought no value, and tells the newest value only while the newest sample has one", () => {
    const range = { fromMs: 0, toMs: 4_000 };
    const data = chartData(cpu as never, series([0.1, 0.2, undefined, undefined]), range, 1_000);
    expect(data.drawn[0]).toEqual([0.1, 0.2, null, null]);
    expect(data.gaps).toEqual([{ fromMs: 1_000, toMs: 3_000 }]);
    expect(data.failures).toEqual([2, 3]);
    expect([data.newest, data.measuredMs]).toEqual([[NaN], 1_000]);
    // The reading that timed out took its time, too.
    expect(chartData(reading as never, series([0.1, undefined]), range, 1_000).drawn[0]).toEqual([0.005, 0.005]);
  });
});

describe("an axis", () => {
  it.each([
    [0, 100, undefined, [0, 150]],
    [0.02, 0.04, 1, [0, 0.05]],
    [0.2, 0.97, 1, [0, 1]],
    [12_000, 12_100, undefined, [11_950, 12_150]],
    [4, 4, undefined, [0, 5]],
    [0, 0, undefined, [0, 0.5]],
    [-5, 5, undefined, [-10, 10]],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined, [0, 1]],
  ])("for %d to %d holds them with round ends", (min, max, most, expected) => {
    const [low, high] = rangeOf(min, max, most);
    expect(Number.isFinite(low) && Number.isFinite(high) && low < high).toBe(true);
    if (Number.isFinite(min)) expect(low <= min && high >= max).toBe(true);
    expect([low, high]).toEqual(expected);
  });
});
