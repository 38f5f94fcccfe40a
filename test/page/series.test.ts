import { describe, expect, it } from "vitest";
import { Series } from "../../src/page/series.ts";
import type { CollectionReport, Sample, SampleRows } from "../../src/page/api.ts";

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
});
