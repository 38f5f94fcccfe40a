import { describe, expect, it } from "vitest";
import { layoutOf, orderOf } from "../../src/page/map-layout.ts";
import { absenceOf, hasMap, memoryMap } from "../../src/page/memory-map.ts";
import { Series } from "../../src/client/series.ts";
import type { CollectionReport, Sample } from "../../src/client/api.ts";
import { graphMetrics } from "../../src/sample/types/graph.ts";

const fields = Object.fromEntries(
  Object.entries(graphMetrics.fields).map(([key, { by }]) => [key, { by: by.map(({ attribute }) => attribute) }]),
) as unknown as CollectionReport["fields"];

/** A series with one sample each second. */
function seriesOf(...values: readonly (object | undefined)[]): Series {
  const series = new Series();
  for (const [n, each] of values.entries()) {
    const outcome = each ? "success" : "failed";
    series.add({ time: new Date(n * 1_000).toISOString(), collection: "g", outcome, durationMs: 1, values: each } as Sample, fields);
  }
  return series;
}

const range = { fromMs: 0, toMs: 60_000 };
const mapOf = (series: Series, maxTypes = 14, within = range) => memoryMap(series.points, series.rows, within, maxTypes);

const before = {
  nodeCount: 9,
  nodes: { person: 5, place: 3, tool: 1 },
  edgeCount: 6,
  relations: { person: { knows: { person: 4 }, lives_in: { place: 2 } } },
  orphanNodes: 2,
  unreferencedNodes: 1,
};
const after = {
  nodeCount: 12,
  nodes: { person: 5, place: 7 },
  edgeCount: 5,
  relations: { person: { knows: { person: 1 }, lives_in: { place: 3 }, likes: { place: 1 } } },
  orphanNodes: 5,
};

describe("memoryMap", () => {
  it("memoryMap of a graph that has lost its last edge shows none, and what is gone", () => {
    const map = mapOf(seriesOf(before, { nodeCount: 2, nodes: { person: 2 }, edgeCount: 0, relations: {} }));
    expect(map?.types.map(({ name, count, change }) => [name, count, change])).toEqual([
      ["person", 2, -3],
      ["place", 0, -3],
      ["tool", 0, -1],
    ]);
    expect(map?.relations.map(({ type, count, change }) => [type, count, change])).toEqual([
      ["knows", 0, -4],
      ["lives_in", 0, -2],
    ]);
    expect(map).toMatchObject({ nodes: { count: 2, change: -7 }, edges: { count: 0, change: -6 } });
  });

  it("memoryMap counts types and relations at the end of the range, with the change since its start", () => {
    const map = mapOf(seriesOf(before, {}, after, undefined));
    expect(map?.types).toEqual([
      { name: "place", types: 1, count: 7, change: 4 },
      { name: "person", types: 1, count: 5, change: 0 },
      { name: "tool", types: 1, count: 0, change: -1 },
    ]);
    expect(map?.relations).toEqual([
      { from: "person", type: "lives_in", to: "place", count: 3, change: 1 },
      { from: "person", type: "knows", to: "person", count: 1, change: -3 },
      { from: "person", type: "likes", to: "place", count: 1, change: 1 },
    ]);
    expect(map?.links.map(({ from, to, count, change, relations }) => [from, to, count, change, relations.length])).toEqual([
      ["person", "place", 4, 2, 2],
      ["person", "person", 1, -3, 1],
    ]);
    expect(map).toMatchObject({
      nodes: { count: 12, change: 3 },
      edges: { count: 5, change: -1 },
      orphans: { count: 5, change: 3 },
      unreferenced: undefined,
      sinceMs: 0,
      atMs: 2_000,
      countsEntities: true,
    });
  });

  it("memoryMap compares with the first measurement in the range, and has none where the range has none", () => {
    const series = seriesOf(before, after, after);
    expect(mapOf(series, 14, { fromMs: 1_000, toMs: 60_000 })?.orphans).toEqual({ count: 5, change: 0 });
    expect(mapOf(series, 14, { fromMs: 3_000, toMs: 60_000 })).toBeUndefined();
    expect(mapOf(seriesOf({ nodeCount: 3 }))).toBeUndefined();
  });

  it("memoryMap folds the smallest types into one, which keeps their relations", () => {
    const nodes = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`type${String(n).padStart(2, "0")}`, 20 - n]));
    const relations = { type00: { uses: { type19: 2, type01: 1 } }, _OTHER: { _OTHER: { _OTHER: 7 } } };
    const map = mapOf(seriesOf({ nodes, relations }), 5);
    expect(map?.types.map(({ name, count }) => `${name} ${count}`)).toEqual([
      "type00 20",
      "type01 19",
      "type02 18",
      "type03 17",
      `17 others ${Array.from({ length: 16 }, (_, n) => 16 - n).reduce((sum, count) => sum + count)}`,
    ]);
    expect(map?.links.map(({ from, to, count }) => `${from} > ${to} ${count}`)).toEqual([
      "17 others > 17 others 7",
      "type00 > 17 others 2",
      "type00 > type01 1",
    ]);
  });

  it("memoryMap counts the edges of a type where the source counts no entities by type", () => {
    const map = mapOf(seriesOf({ nodeCount: 4, relations: before.relations }));
    expect(map?.countsEntities).toBe(false);
    expect(map?.types.map(({ name, count }) => [name, count])).toEqual([
      ["person", 6],
      ["place", 2],
    ]);
  });

  it("memoryMap needs a sample type with relations by three attributes", () => {
    expect(hasMap({ fields })).toBe(true);
    expect(hasMap({ fields: { relations: { by: ["a"] } } as never })).toBe(false);
    expect(hasMap({ fields: {} })).toBe(false);
  });
});

describe("layoutOf", () => {
  const map = mapOf(seriesOf(after)) as NonNullable<ReturnType<typeof mapOf>>;

  it("orderOf places connected types beside each other, and does not depend on the order of measurement", () => {
    const links = [
      ["a", "d", 9],
      ["d", "b", 5],
      ["b", "c", 1],
    ].map(([from, to, count]) => ({ from, to, count, change: 0, relations: [] })) as never;
    const types = ["a", "b", "c", "d"].map((name) => ({ name, types: 1, count: 1, change: 0 }));
    expect(orderOf({ types, links })).toEqual(["a", "d", "b", "c"]);
    const shuffled = mapOf(
      seriesOf({
        ...after,
        nodes: { place: 7, person: 5 },
        relations: { person: { likes: { place: 1 }, lives_in: { place: 3 }, knows: { person: 1 } } },
      }),
    );
    expect(orderOf(shuffled as never)).toEqual(orderOf(map));
    expect(layoutOf(shuffled as never, orderOf(map), { width: 700, height: 400 })).toEqual(
      layoutOf(map, orderOf(map), { width: 700, height: 400 }),
    );
  });

  it.each([340, 560, 900])("layoutOf keeps circles and labels apart and within a picture of %d pixels", (width) => {
    const types = Array.from({ length: width < 560 ? 8 : 14 }, (_, n) => ({ name: `t${n}`, types: 1, count: 100, change: 0 }));
    const size = { width, height: width < 560 ? 360 : 430 };
    const { circles } = layoutOf(
      { ...map, types, links: [] },
      types.map(({ name }) => name),
      size,
    );
    expect(circles).toHaveLength(types.length);
    for (const [n, { x, y, radius, label }] of circles.entries()) {
      expect(x - radius).toBeGreaterThanOrEqual(0);
      expect(x + radius).toBeLessThanOrEqual(width);
      expect(label.y - 12).toBeGreaterThanOrEqual(0);
      expect(label.y + 16).toBeLessThanOrEqual(size.height);
      const next = circles[(n + 1) % circles.length] as (typeof circles)[number];
      expect(Math.hypot(next.x - x, next.y - y)).toBeGreaterThan(radius + next.radius - 12);
    }
  });

  it("layoutOf grows areas and widths with counts", () => {
    const { circles, curves } = layoutOf(map, orderOf(map), { width: 700, height: 400 });
    const radius = (name: string) => circles.find(({ type }) => type.name === name)?.radius ?? 0;
    expect(radius("place")).toBe(34);
    expect(radius("person")).toBeCloseTo(6 + 28 * Math.sqrt(5 / 7), 0);
    expect(curves.map(({ link, width }) => `${link.from} ${link.to} ${width.toFixed(2)}`)).toEqual([
      "person place 9.00",
      "person person 5.13",
    ]);
  });
});

describe("absenceOf", () => {
  const noSample = "No map: no sample of g in this range measured relations between types.";
  const unmeasured = (reason: string, ...parts: readonly string[]) => ({
    fields: ["nodes", "relations"],
    reason,
    ...(parts.length === 0 ? {} : { parts }),
  });

  it.each([
    ["no reason", [], noSample],
    ["reasons for other fields", [{ fields: ["nodes"], reason: "it is flat" }], noSample],
    [
      "a reason for all parts",
      [unmeasured("it is closed", "a"), unmeasured("it has no edges")],
      "No map: g does not measure relations between types, because it has no edges.",
    ],
    [
      "reasons for some parts",
      [unmeasured("it is closed", "a", "b"), unmeasured("it has no edges", "c")],
      `${noSample} Not measured in a, b: it is closed. Not measured in c: it has no edges.`,
    ],
  ])("absenceOf explains a missing map with %s", (_, reasons, expected) => {
    expect(absenceOf({ name: "g", unmeasured: reasons }, true)).toBe(expected);
  });

  it("absenceOf needs no reasons, as of a collector of an older version, and no sample", () => {
    expect(absenceOf({ name: "g" }, true)).toBe(noSample);
    expect(absenceOf({ name: "g", unmeasured: [unmeasured("it is closed")] }, false)).toBe("No map yet: no sample of g has arrived.");
  });
});
