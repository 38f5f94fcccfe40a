import { describe, expect, it } from "vitest";
import { chartData, rangeOf, stepsOf, ticksIn } from "../../src/page/chart-data.ts";
import { absences, chartsOf, fixedNumbers, READING_TIME, type ChartSpec } from "../../src/page/chart-spec.ts";
import { Series, type Row } from "../../src/client/series.ts";
import type { CollectionReport, FieldReport } from "../../src/client/api.ts";
import { createCollector } from "../../src/collector/create-collector.ts";
import { ManualClock } from "../../src/base/manual-clock.ts";

/** The report of a collection of a built-in type, as a collector returns it. */
function reportOf(type: string, rules: object[] = []): CollectionReport {
  const path = "nowhere.jsonl";
  const collector = createCollector(
    {
      sources: { a: type === "system" ? { kind: "host" } : { kind: "mcp-memory", path } },
      collections: { c: { source: "a", type, interval: "1s" } },
      health: { rules: rules as never },
    },
    { clock: new ManualClock() },
  );
  return collector.collection("c").report();
}

const points = (...keys: readonly string[]) => keys.map((key) => ({ field: key.split("/")[0] as string, path: key.split("/").slice(1) }));
const chartLines = (report: CollectionReport, ...keys: readonly string[]) =>
  chartsOf(report, points(...keys)).map(({ id, kind, parts }) => `${id} ${kind} ${parts.map(({ label }) => label).join(",")}`);

describe("chartsOf", () => {
  it("chartsOf derives charts from the sample type: gauges, counters as rates, breakdowns, and the reading time", () => {
    expect(
      chartLines(
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
    const [, io] = chartsOf(reportOf("system"), points("networkIo/eth0/receive"))
      .map(({ unit }) => unit)
      .toReversed();
    expect(io).toMatchObject({ unit: "By", isRate: true });
  });

  it("chartsOf puts the charts with a threshold first, and otherwise keeps the order of the type", () => {
    const rule = { collection: "c", field: "memoryUtilization", above: 0.5 };
    const lines = chartLines(reportOf("system", [rule]), "cpuUtilization", "memoryUtilization", "loadAverage1m");
    expect(lines).toEqual(["memoryUtilization line ", "cpuUtilization line ", "loadAverage1m line ", "readingTime line "]);
  });

  it("chartsOf has no chart of an uptime or a limit without a rule; their numbers are text", () => {
    const report = reportOf("system");
    const columns = points("uptime", "memoryLimit", "memoryUsage/used");
    expect(chartsOf(report, columns).map(({ id }) => id)).toEqual(["memoryUsage", "readingTime"]);
    expect(fixedNumbers(report, columns, [3_661, 16 * 1_024 ** 3, 1])).toEqual(["Uptime 1h 1m", "Memory limit 16 GiB"]);
    expect(fixedNumbers(report, columns, [Number.NaN])).toEqual([]);
    const ruled = reportOf("system", [{ collection: "c", field: "uptime", below: 60 }]);
    expect(chartsOf(ruled, columns).map(({ id }) => id)).toEqual(["uptime", "memoryUsage", "readingTime"]);
    expect(fixedNumbers(ruled, columns, [3_661])).toEqual([]);
  });

  it("chartsOf puts what is used above the chart of memory, and describes each field", () => {
    const [memory, reading] = chartsOf(reportOf("system"), points("memoryUsage/free", "memoryUsage/used"));
    expect(memory?.headline).toBe(1);
    expect(memory?.about).toMatch(/^[A-Z].+\.$/);
    expect(reading).toMatchObject({ headline: undefined, about: "Time from the request to the source's answer." });
    expect(chartsOf(reportOf("graph"), points("nodes/used", "nodes/b"))[0]?.headline).toBe(0);
    expect(chartsOf(reportOf("system"), points("filesystemUtilization/used"))[0]?.headline).toBeUndefined();
  });

  it("chartsOf shows only measured fields, a total as the stack of its parts, and no flags", () => {
    expect(chartLines(reportOf("graph"), "nodeCount", "nodes/person", "nodes/place", "edgeCount", "exact/density")).toEqual([
      "nodes stack person,place",
      "edgeCount line ",
      "readingTime line ",
    ]);
    expect(chartsOf(reportOf("graph"), points("nodeCount", "nodes/person"))[0]?.title).toBe("Node count");
  });

  it("chartsOf sums up parts beyond the eighth if they are additive, so that the stack shows the total", () => {
    const many = Array.from({ length: 20 }, (_, n) => `nodes/type${n}`);
    const [nodes] = chartsOf(reportOf("graph"), points(...many));
    expect(nodes?.parts).toHaveLength(8);
    expect(nodes?.parts.at(-1)).toEqual({ columns: Array.from({ length: 13 }, (_, n) => n + 7), label: "13 others" });
    const shares = Array.from({ length: 9 }, (_, n) => `filesystemUtilization/${n}`);
    expect(chartsOf(reportOf("system"), points(...shares))[0]).toMatchObject({ title: "Filesystem utilization, 8 of 9" });
  });

  it("chartsOf marks the number above a stack as a sum, unless a field of the type is that total", () => {
    const isSum = (report: CollectionReport, ...keys: readonly string[]): unknown => chartsOf(report, points(...keys))[0]?.isSum;
    expect(isSum(reportOf("system"), "memoryUsage/used", "memoryUsage/free")).toBe(true);
    expect(isSum(reportOf("graph"), "nodes/person", "nodes/place")).toBe(false);
    expect(isSum(reportOf("system"), "cpuUtilization")).toBe(false);
    expect(isSum(reportOf("system"), "filesystemUtilization/a", "filesystemUtilization/b")).toBe(false);
  });

  it("chartsOf stacks a breakdown if its field is additive, whatever its unit", () => {
    const report = reportOf("system");
    const field = report.fields["filesystemUtilization"] as CollectionReport["fields"][string];
    const as = (additive: boolean, unit: string): CollectionReport => ({
      ...report,
      fields: { filesystemUtilization: { ...field, additive, unit } },
    });
    const columns = ["filesystemUtilization/a", "filesystemUtilization/b"];
    expect(chartLines(as(true, "1"), ...columns)[0]).toBe("filesystemUtilization stack a,b");
    expect(chartLines(as(false, "By"), ...columns)[0]).toBe("filesystemUtilization lines a,b");
  });

  it("chartsOf gives a chart the thresholds that are values on its axis", () => {
    const rule = { collection: "c", field: "cpuUtilization", above: 0.9, clear: 0.8 };
    const charts = chartsOf(
      reportOf("system", [
        { ...rule, stat: "p95" },
        { ...rule, stat: "trend", above: 9, clear: 8 },
      ]),
      points("cpuUtilization", "memoryUtilization"),
    );
    expect(charts.map(({ id, thresholds }) => [id, thresholds.map(({ above, status }) => [above, status])])).toEqual([
      ["cpuUtilization", [[0.9, "degraded"]]],
      ["memoryUtilization", []],
      [READING_TIME, [[0.8, "degraded"]]],
    ]);
  });
});

describe("chartsOf of a breakdown whose parts come and go", () => {
  const report = reportOf("system");
  const range = { fromMs: 100_000, toMs: 200_000 };
  /** The labels of the chart of a field, for parts that were measured from one second to another. */
  const labels = (field: string, ...lives: readonly (readonly [name: string, first: number, last: number])[]): readonly string[] => {
    const lifetimes = lives.map(([, first, last]) => ({ firstMs: first * 1_000, lastMs: last * 1_000 }));
    const [chart] = chartsOf(report, points(...lives.map(([name]) => `${field}/${name}`)), lifetimes, range);
    return chart?.parts.map(({ label }) => label) ?? [];
  };

  it("chartsOf shows what is still measured before what has ended, in the order in which it appeared", () => {
    const ended = Array.from({ length: 10 }, (_, n) => [`old${n}`, 0, 150] as const);
    const live = Array.from({ length: 3 }, (_, n) => [`new${n}`, 150, 200] as const);
    expect(labels("filesystemUtilization", ...ended, ...live)).toEqual(["new0", "new1", "new2", "old0", "old1", "old2", "old3", "old4"]);
    expect(labels("filesystemUtilization", ["a", 0, 198], ["b", 0, 200])).toEqual(["a", "b"]);
  });

  it("chartsOf leaves out what ended before the range or started after it, unless that is all", () => {
    expect(labels("filesystemUtilization", ["before", 0, 99], ["within", 120, 180], ["after", 200, 300])).toEqual(["within"]);
    expect(labels("filesystemUtilization", ["a", 0, 90], ["b", 0, 95])).toEqual(["a", "b"]);
  });

  it("chartsOf sums up what has ended first", () => {
    const ended = Array.from({ length: 9 }, (_, n) => [`old${n}`, 0, 150] as const);
    expect(labels("memoryUsage", ...ended, ["live", 150, 200])).toEqual([
      "live",
      "old0",
      "old1",
      "old2",
      "old3",
      "old4",
      "old5",
      "3 others",
    ]);
  });
});

describe("chartData", () => {
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
  const [cpu, reading] = chartsOf(report, points("cpuUtilization"));

  it("chartData has a gap and a mark for a tick without a value, and a newest value only if the newest sample has one", () => {
    const range = { fromMs: 0, toMs: 4_000 };
    const data = chartData(cpu as never, series([0.1, 0.2, undefined, undefined]), range);
    expect(data.drawn[0]).toEqual([0.1, 0.2, null, null]);
    expect(data.gaps).toEqual([{ fromMs: 1_000, toMs: 3_000 }]);
    expect(data.failures).toEqual([2, 3]);
    expect([data.newest, data.measuredMs]).toEqual([[NaN], 1_000]);
    // A source that waits for its first write has a gap, but did not fail.
    const waiting = series([0.1, undefined]).map((row) => (row.outcome === "timeout" ? { ...row, outcome: "waiting" as const } : row));
    expect(chartData(cpu as never, waiting, range)).toMatchObject({ failures: [], gaps: [{ fromMs: 0 }] });
    expect(chartData(reading as never, waiting, range).drawn[0]).toEqual([0.005, null]);
    // The reading that timed out took its time, too.
    expect(chartData(reading as never, series([0.1, undefined]), range).drawn[0]).toEqual([0.005, 0.005]);
  });
});

describe("chartData of one part alone", () => {
  const report = reportOf("system");
  const made = new Series();
  for (const second of [0, 1]) {
    const values = { memoryUsage: { used: 2, free: 6 }, cpuUtilization: 0.5 };
    made.add(
      { time: new Date(second * 1_000).toISOString(), collection: "c", durationMs: 5, outcome: "success", values } as never,
      report.fields,
    );
  }
  const [cpu, memory] = chartsOf(report, made.points) as readonly [ChartSpec, ChartSpec];
  const range = { fromMs: 0, toMs: 2_000 };

  it("chartData draws an isolated part of a stack from zero, and nothing of the others", () => {
    expect(chartData(memory, made.rows, range).drawn).toEqual([
      [2, 2],
      [8, 8],
    ]);
    const alone = chartData(memory, made.rows, range, 1);
    expect(alone.drawn).toEqual([
      [null, null],
      [6, 6],
    ]);
    expect(alone.yRange[1]).toBeLessThan(chartData(memory, made.rows, range).yRange[1]);
  });

  it("chartData knows the value of a line that stays the same", () => {
    expect(chartData(cpu, made.rows, range).constant).toBe(0.5);
    expect(chartData(memory, made.rows, range).constant).toBeUndefined();
    expect(chartData(cpu, made.rows, { fromMs: 1_000, toMs: 2_000 }).constant).toBe(0.5);
    made.add(
      { time: new Date(2_000).toISOString(), collection: "c", durationMs: 5, outcome: "success", values: { cpuUtilization: 0.6 } } as never,
      report.fields,
    );
    expect(chartData(cpu, made.rows, { fromMs: 0, toMs: 3_000 }).constant).toBeUndefined();
  });
});

describe("chartData of a field that is measured less often than its collection", () => {
  const collection = reportOf("system");
  const field = { ...(collection.fields["cpuUtilization"] as FieldReport), intervalMs: 5_000 };
  const report = { ...collection, fields: { cpuUtilization: field } };
  const [cpu] = chartsOf(report, points("cpuUtilization")) as [ChartSpec];
  /** Samples one second apart, of which the listed seconds carry the field. */
  const rows = (seconds: number, measured: readonly number[]): readonly Row[] => {
    const series = new Series();
    for (let n = 0; n < seconds; n += 1) {
      const values = measured.includes(n) ? { cpuUtilization: 0.5 } : {};
      series.add({ time: new Date(n * 1_000).toISOString(), collection: "c", durationMs: 5, outcome: "success", values }, report.fields);
    }
    return series.rows;
  };

  it("chartData draws no gap between two measurements, and connects them", () => {
    const data = chartData(cpu, rows(12, [0, 5, 10]), { fromMs: 0, toMs: 12_000 });
    expect(data.gaps).toEqual([]);
    expect(data.drawn[0]).toEqual([0.5, 0.5, 0.5]);
    expect([data.measuredMs, data.newest]).toEqual([10_000, [0.5]]);
  });

  it("chartData keeps the line for three of the field's own intervals", () => {
    const range = { fromMs: 0, toMs: 40_000 };
    expect(chartData(cpu, rows(40, [0, 5, 20, 25, 30, 35]), range).gaps).toEqual([]);
    expect(chartData(cpu, rows(40, [0, 5, 21, 26, 31, 36]), range).gaps).toEqual([{ fromMs: 5_000, toMs: 21_000 }]);
    expect(chartData(cpu, rows(40, [0, 5]), range).gaps).toEqual([{ fromMs: 5_000, toMs: 40_000 }]);
  });

  it("chartData shows the last measurement from before the range", () => {
    const data = chartData(cpu, rows(14, [0, 5, 10]), { fromMs: 12_000, toMs: 14_000 });
    expect([data.newest, data.gaps]).toEqual([[0.5], []]);
  });
});

describe("The y axis", () => {
  const KIB = 1_024;
  const GIB = 1_024 ** 3;

  it("The y axis of bytes ends at round numbers of the unit that it shows", () => {
    const report = reportOf("system");
    const series = new Series();
    const memoryUsage = { used: 8 * GIB, free: 16 * GIB };
    series.add(
      { time: new Date(0).toISOString(), collection: "c", durationMs: 5, outcome: "success", values: { memoryUsage } },
      report.fields,
    );
    const [chart] = chartsOf(report, series.points) as readonly [ChartSpec];
    expect(chartData(chart, series.rows, { fromMs: 0, toMs: 1_000 }).yRange).toEqual([0, 32 * GIB]);
  });

  it("The y axis has its ticks at powers of two of sizes, at what a clock shows of times, and otherwise at 1, 2 and 5", () => {
    expect(
      stepsOf(40 * GIB, { unit: "By" })
        .filter((step) => step >= GIB / 2)
        .slice(0, 5),
    ).toEqual([GIB / 2, GIB, 2 * GIB, 4 * GIB, 8 * GIB]);
    expect(stepsOf(3 * KIB, { unit: "By", isRate: true })).toEqual(expect.arrayContaining([512, KIB, 2 * KIB]));
    // The fractions of a size are decimal, as the numbers beside the axis are.
    expect(stepsOf(2 * GIB, { unit: "By" })).toEqual(expect.arrayContaining([0.01 * GIB, 0.2 * GIB, 0.5 * GIB]));
    expect(stepsOf(40, { unit: "s" })).toEqual([0.1, 0.5, 1, 5, 15, 30]);
    expect(stepsOf(600, { unit: "s" })).toEqual([0.5, 1, 5, 15, 30, 60].map((minutes) => minutes * 60));
    expect(stepsOf(2.5 * 3_600, { unit: "s" })).toEqual(expect.arrayContaining([1_800, 3_600, 10_800]));
    expect(stepsOf(0.02, { unit: "s" })).toEqual(expect.arrayContaining([0.001, 0.002, 0.005]));
    expect(stepsOf(0.5, { unit: "1", max: 1 })).toEqual(expect.arrayContaining([0.1, 0.2, 0.5]));
    expect(stepsOf(0, { unit: "{node}" })).toEqual(expect.arrayContaining([0.1, 1, 10]));
    expect(ticksIn(0, 30 * GIB, 10 * GIB)).toEqual([0, 10 * GIB, 20 * GIB, 30 * GIB]);
    expect(ticksIn(-0.25 * KIB, 0.35 * KIB, 0.1 * KIB).map((tick) => tick / KIB)).toEqual([-0.2, -0.1, 0, 0.1, 0.2, 0.3]);
    expect(ticksIn(0.2, 0.6, 0.2)).toEqual([0.2, 0.4, 0.6]);
  });
});

describe("rangeOf", () => {
  it.each([
    [0, 100, undefined, [0, 150]],
    [0.02, 0.04, 1, [0, 0.05]],
    [0.2, 0.97, 1, [0, 1]],
    [12_000, 12_100, undefined, [11_950, 12_150]],
    [4, 4, undefined, [0, 5]],
    [0, 0, undefined, [0, 0.5]],
    [-5, 5, undefined, [-10, 10]],
    // Rounding errors of one value look like that value.
    [4, 4 + 1e-15, undefined, [0, 5]],
    [0.93, 0.93 + 2e-16, 1, [0, 1]],
    [0, 0.1 + 0.2 - 0.3, undefined, [0, 0.5]],
    [-5 - 1e-14, -5, undefined, [-6, -4]],
    [1.7e9, 1.7e9 + 300, undefined, [0, 2e9]],
    [12_000_000, 12_000_900, undefined, [11_999_500, 12_001_000]],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, undefined, [0, 1]],
  ])("rangeOf covers %d to %d with round ends", (min, max, most, expected) => {
    const [low, high] = rangeOf(min, max, most);
    expect(Number.isFinite(low) && Number.isFinite(high) && low < high).toBe(true);
    if (Number.isFinite(min)) expect(low <= min && high >= max).toBe(true);
    expect([low, high]).toEqual(expected);
  });
});

describe("absences", () => {
  it("absences has a line for each reason, with titles, without fields that have values, and with the parts that it is about", () => {
    const report = {
      ...reportOf("agent-memory"),
      unmeasured: [
        { fields: ["episodes", "pending", "scopes"], reason: "a memory file stores none" },
        { fields: ["totalMemories"], reason: "the reader was old" },
        { fields: ["duplicates"], reason: "the graph is empty", parts: ["a", "b"] },
      ],
    };
    const [episodes, scopes, duplicates] = ["episodes", "scopes", "duplicates"].map((key) => report.fields[key]?.title);
    expect(absences(report, points("totalMemories", "pending", "duplicates/a"))).toEqual([
      `${episodes}, ${scopes}: a memory file stores none`,
      `${duplicates}: the graph is empty (a, b)`,
    ]);
    expect(absences({ ...report, unmeasured: [] }, [])).toEqual([]);
  });

  it("absences has no line for a report of a collector of an older version, which gives no reasons", () => {
    const { unmeasured: _, ...older }: CollectionReport = reportOf("agent-memory");
    expect(absences(older, points("pending"))).toEqual([]);
  });
});
