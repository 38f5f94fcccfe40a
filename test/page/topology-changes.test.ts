import { describe, expect, it } from "vitest";
import { changesBefore, changeText, TopologyBefore } from "../../src/page/topology-changes.ts";
import { Series } from "../../src/client/series.ts";

const fields = { nodeCount: { by: [] }, edgeCount: { by: [] }, edges: { by: ["t"] }, relations: { by: ["f", "t", "to"] } } as never;

/** A series of samples at seconds, each with the values that it measured. */
function seriesOf(samples: readonly (readonly [second: number, values: object])[]): Series {
  const series = new Series();
  for (const [second, values] of samples)
    series.add({ time: new Date(second * 1_000).toISOString(), collection: "g", outcome: "success", durationMs: 1, values }, fields);
  return series;
}

const textsBefore = (series: Series, second: number): readonly string[] =>
  changesBefore(series.points, series.rows, second * 1_000).map((change) => changeText(change, "degraded"));

describe("changesBefore", () => {
  it("changesBefore finds what was removed in the minute before, and when", () => {
    const series = seriesOf([
      [0, { nodeCount: 5, edgeCount: 90 }],
      [39, { nodeCount: 5, edgeCount: 100 }],
      [96, { nodeCount: 4, edgeCount: 86 }],
      [100, { nodeCount: 4, edgeCount: 86 }],
    ]);
    expect(textsBefore(series, 100)).toEqual(["14 edges gone 4 s before degraded", "1 node gone 4 s before degraded"]);
    expect(textsBefore(series, 99.6)).toEqual(["14 edges gone 4 s before degraded", "1 node gone 4 s before degraded"]);
    // The step at second 39 is within the minute here, that at 96 has not happened yet.
    expect(textsBefore(series, 90)).toEqual(["10 edges added 51 s before degraded"]);
    expect(textsBefore(series, 200)).toEqual([]);
  });

  it("changesBefore adds up the steps of a loss", () => {
    const series = seriesOf([
      [0, { nodeCount: 10 }],
      [20, { nodeCount: 9 }],
      [30, { nodeCount: 6 }],
    ]);
    expect(textsBefore(series, 42)).toEqual(["4 nodes gone from 22 s to 12 s before degraded"]);
  });

  it("changesBefore names growth only if it is a leap, since a memory grows all the time", () => {
    const steps = (...totals: readonly number[]) => seriesOf(totals.map((nodeCount, n) => [n * 10, { nodeCount }]));
    expect(textsBefore(steps(100, 100, 200), 22)).toEqual(["100 nodes added 2 s before degraded"]);
    expect(textsBefore(steps(100, 150, 200), 22)).toEqual([]);
    expect(textsBefore(steps(100, 100, 104), 22)).toEqual([]);
    expect(textsBefore(steps(200, 100, 204), 22)).toEqual(["100 nodes gone 12 s before degraded", "104 nodes added 2 s before degraded"]);
  });

  it("changesBefore adds up a breakdown where no total is measured, and ignores samples that measured neither", () => {
    const series = seriesOf([
      [0, { edges: { a: 4, b: 2 } }],
      [5, {}],
      [10, { edges: { a: 4 } }],
    ]);
    expect(textsBefore(series, 12)).toEqual(["2 edges gone 2 s before degraded"]);
  });
});

describe("TopologyBefore", () => {
  const report = { name: "g", fields } as never;
  const transition = { id: "1", from: "healthy", to: "critical", time: new Date(12_000).toISOString() } as const;
  const steps = [
    [0, { edgeCount: 6 }],
    [10, { edgeCount: 4 }],
  ] as const;

  it("TopologyBefore searches again when samples before the transition arrive late", () => {
    const series = seriesOf([]);
    const topology = new TopologyBefore(() => [{ report, series }]);
    expect(topology.textOf(transition)).toBe("");
    for (const [second, values] of steps)
      series.add(
        { time: new Date(second * 1_000).toISOString(), collection: "g", outcome: "success", durationMs: 1, values } as never,
        fields,
      );
    expect(topology.textOf(transition)).toBe("2 edges gone 2 s before critical");
    series.add(
      { time: new Date(13_000).toISOString(), collection: "g", outcome: "success", durationMs: 1, values: { edgeCount: 1 } } as never,
      fields,
    );
    expect(topology.textOf(transition)).toBe("2 edges gone 2 s before critical");
  });

  it("TopologyBefore explains only what got worse, and names the graph if there are several", () => {
    const two = new TopologyBefore(() => [
      { report, series: seriesOf(steps) },
      { report: { name: "other", fields } as never, series: seriesOf(steps.slice(0, 1)) },
    ]);
    expect(two.textOf(transition)).toBe("g: 2 edges gone 2 s before critical");
    expect(two.textOf({ ...transition, id: "2", from: "critical", to: "degraded" })).toBe("");
  });
});
