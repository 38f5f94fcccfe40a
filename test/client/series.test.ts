import { describe, expect, it } from "vitest";
import { MAX_POINTS, MAX_ROWS, Series } from "../../src/client/series.ts";
import type { CollectionReport, Sample, SampleRows } from "../../src/client/api.ts";

const fields: CollectionReport["fields"] = {
  depth: { title: "Depth", kind: "gauge", additive: false, instrument: "queue.depth", unit: "{job}", intervalMs: 1_000, by: [] },
  io: {
    title: "I/O",
    kind: "counter",
    additive: true,
    instrument: "net.io",
    unit: "By",
    intervalMs: 1_000,
    by: ["interface", "direction"],
  },
};

const time = (second: number): string => new Date(second * 1_000).toISOString();

const sample = (second: number, values?: Sample["values"]): Sample => ({
  time: time(second),
  collection: "jobs",
  outcome: values ? "success" : "failed",
  durationMs: 2,
  ...(values ? { values } : {}),
});

const answer = (...rows: readonly (readonly [second: number, depth: number | null])[]): SampleRows => ({
  points: [{ field: "depth", path: [] }],
  rows: rows.map(([second, depth]) => [time(second), "success", 2, null, depth]),
});

const rowsOf = (series: Series) => series.rows.map(({ timeMs, values }) => [timeMs / 1_000, values[0]]);

describe("Series", () => {
  it("Series keeps points apart whose attribute values contain a slash, from the stream and from the API", () => {
    const series = new Series();
    const io = { "a/b": { c: 1 }, a: { "b/c": 2 } };
    series.add(sample(1, { io }), fields);
    const points = [
      { field: "io", path: ["a", "b/c"] },
      { field: "io", path: ["a/b", "c"] },
    ];
    series.merge({ points, rows: [[time(2), "success", 2, null, 4, 3]] });
    expect(series.points).toEqual([
      { field: "io", path: ["a/b", "c"] },
      { field: "io", path: ["a", "b/c"] },
    ]);
    expect(series.rows.map(({ values }) => values)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("Series adds a column when a point is measured for the first time", () => {
    const series = new Series();
    series.add(sample(1, { depth: 4 }), fields);
    series.add(sample(2, { depth: 5, io: { eth0: { receive: 10, transmit: 20 } } }), fields);
    series.add(sample(3), fields);
    expect(series.points.map(({ field, path }) => [field, ...path].join("/"))).toEqual(["depth", "io/eth0/receive", "io/eth0/transmit"]);
    expect(series.rows.map(({ values }) => values)).toEqual([[4], [5, 10, 20], []]);
  });

  it("Series skips samples that it has, because stream and API overlap", () => {
    const series = new Series();
    series.add(sample(8, { depth: 8 }), fields);
    series.merge(answer([6, 6], [7, 7], [8, 99]));
    series.add(sample(8, { depth: 77 }), fields);
    series.add(sample(9, { depth: 9 }), fields);
    expect(rowsOf(series)).toEqual([
      [6, 6],
      [7, 7],
      [8, 8],
      [9, 9],
    ]);
  });

  it("Series keeps the rows of an earlier boot and adds only newer ones", () => {
    const series = new Series();
    series.add(sample(10, { depth: 70 }), fields);
    series.beginBoot();
    series.add(sample(23, { depth: 3 }), fields);
    // The API of the new boot has no rows from before the restart.
    series.merge(answer([9, 1], [22, 2]));
    expect(rowsOf(series)).toEqual([
      [10, 70],
      [22, 2],
      [23, 3],
    ]);
    expect(series.ofThisBoot).toHaveLength(2);
  });

  it("Series trims old rows, also those of an earlier boot", () => {
    const series = new Series();
    for (const n of [1, 2, 3]) series.add(sample(n, { depth: n }), fields);
    series.beginBoot();
    series.add(sample(5, { depth: 5 }), fields);
    series.trim(3_000);
    expect(rowsOf(series)).toEqual([
      [3, 3],
      [5, 5],
    ]);
    series.trim(5_000);
    series.add(sample(6, { depth: 6 }), fields);
    expect(series.ofThisBoot).toHaveLength(2);
    series.trim(60_000);
    expect(series.rows).toEqual([]);
  });

  const io = (second: number, ...names: readonly string[]): Sample =>
    sample(second, { depth: second, io: Object.fromEntries(names.map((name) => [name, { receive: second }])) });
  const names = (series: Series): readonly string[] => series.points.map(({ field, path }) => [field, ...path].join("/"));

  it("Series forgets a point that has not been measured for as long as rows are kept, and keeps every value in its column", () => {
    const series = new Series();
    for (let second = 1; second <= 10; second += 1) series.add(io(second, second <= 3 ? "dead" : "live"), fields);
    series.trim(3_000);
    expect(names(series)).toEqual(["depth", "io/dead/receive", "io/live/receive"]);
    series.trim(4_000);
    expect(names(series)).toEqual(["depth", "io/live/receive"]);
    series.add(io(11, "new", "live"), fields);
    expect(names(series)).toEqual(["depth", "io/live/receive", "io/new/receive"]);
    expect(series.rows.map(({ values }) => values.slice(0, 2))).toEqual([4, 5, 6, 7, 8, 9, 10, 11].map((second) => [second, second]));
    expect(series.last?.values).toEqual([11, 11, 11]);
    expect(series.lifetimes).toEqual([
      { firstMs: 1_000, lastMs: 11_000 },
      { firstMs: 4_000, lastMs: 11_000 },
      { firstMs: 11_000, lastMs: 11_000 },
    ]);
  });

  it("Series keeps its points while nothing is measured, however long the source fails", () => {
    const series = new Series();
    series.add(io(1, "eth0"), fields);
    for (let second = 2; second <= 9; second += 1) series.add(sample(second), fields);
    series.trim(8_000);
    expect(series.rows).toHaveLength(2);
    expect(names(series)).toEqual(["depth", "io/eth0/receive"]);
    series.add(io(10, "eth0"), fields);
    expect(series.last?.values).toEqual([10, 10]);
  });

  it("Series has no column for a point that no row of an answer measures", () => {
    const series = new Series();
    const points = ["gone", "eth0"].map((name) => ({ field: "io", path: [name, "receive"] }));
    series.merge({ points, rows: [[time(1), "success", 2, null, null, 5]] });
    expect(names(series)).toEqual(["io/eth0/receive"]);
    expect(series.rows[0]?.values).toEqual([5]);
  });

  it("Series stays bounded while each sample has other attribute values, and however short the interval is", () => {
    const series = new Series();
    for (let second = 1; second <= 50; second += 1) {
      series.add(io(second, ...Array.from({ length: 100 }, (_, n) => `${second} ${n}`)), fields);
      series.trim(0);
    }
    expect(series.points.length).toBe(MAX_POINTS);
    expect(series.points[0]).toEqual({ field: "depth", path: [] });
    expect(names(series).at(-1)).toBe("io/50 99/receive");
    expect(series.last?.values.filter((value) => value === 50)).toHaveLength(101);

    const fast = new Series();
    fast.beginBoot();
    for (let n = 0; n < MAX_ROWS + 10; n += 1) fast.add(sample(n / 100, { depth: n }), fields);
    fast.trim(0);
    expect([fast.rows.length, fast.rows[0]?.values[0], fast.ofThisBoot.length]).toEqual([MAX_ROWS, 10, MAX_ROWS]);
  });

  it("Series keeps the rows of a linked range, however old", () => {
    const series = new Series();
    for (let second = 1; second <= 9; second += 1) series.add(sample(second, { depth: second }), fields);
    series.trim(8_000, ({ timeMs }) => timeMs >= 2_000 && timeMs < 4_000);
    expect(rowsOf(series)).toEqual([2, 3, 8, 9].map((second) => [second, second]));
    series.trim(8_000);
    expect(rowsOf(series)).toEqual([8, 9].map((second) => [second, second]));
  });
});
