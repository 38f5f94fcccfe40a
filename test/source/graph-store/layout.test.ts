import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Catalog } from "../../../src/source/graph-store/catalog.ts";
import { ageOf, has, lacking, momentOf, OTHERS, partition } from "../../../src/source/graph-store/layout.ts";
import { isFallback, LAYOUTS, recognise } from "../../../src/source/graph-store/layouts/index.ts";
import { sumOf } from "../../../src/sample/sample-type.ts";

const catalog = (nodes: number, labels: Readonly<Record<string, number>>, types: Readonly<Record<string, number>> = {}): Catalog => ({
  nodes,
  edges: sumOf(types),
  labels: new Map(Object.entries(labels)),
  types: new Map(Object.entries(types)),
});

describe("partition", () => {
  it("nodes without any of the labels are others", () => {
    expect(partition(catalog(10, { A: 3, B: 4 }))).toEqual({ A: 3, B: 4, [OTHERS]: 3 });
  });

  it("no others are listed when the labels cover all nodes", () => {
    expect(partition(catalog(7, { A: 3, B: 4 }))).toEqual({ A: 3, B: 4 });
  });

  it("labels that overlap are no groups", () => {
    expect(partition(catalog(6, { A: 3, B: 4 }))).toEqual({ [OTHERS]: 6 });
  });

  it("a label that is named like the others is one of them", () => {
    expect(partition(catalog(10, { A: 3, [OTHERS]: 4 }))).toEqual({ A: 3, [OTHERS]: 7 });
  });

  it("only the labels of the groups count, and those that the graph lacks are left out", () => {
    expect(partition(catalog(36, { Entity: 20, Person: 10, Episodic: 5, Community: 1 }), ["Entity", "Episodic", "Saga"])).toEqual({
      Entity: 20,
      Episodic: 5,
      [OTHERS]: 11,
    });
  });

  it("the parts add up to the nodes, whatever the labels are", () => {
    const label = fc.oneof(fc.constant(OTHERS), fc.constant("constructor"), fc.stringMatching(/^[A-Z][a-z]{0,4}$/));
    fc.assert(
      fc.property(fc.dictionary(label, fc.nat(100), { minKeys: 1, maxKeys: 6 }), fc.nat(500), (counts, nodes) => {
        expect(sumOf(partition(catalog(nodes, counts)))).toBe(nodes);
      }),
    );
  });
});

describe("momentOf", () => {
  const NOON = Date.UTC(2026, 0, 2, 12);

  it.each([
    ["2026-01-02T12:00:00Z"],
    ["2026-01-02T12:00:00+00:00"],
    ["2026-01-02T12:00:00.000000+00:00"],
    ["2026-01-02T14:00:00+02:00"],
    ["2026-01-02T07:00:00-0500"],
    ["2026-01-02T12:00:00"],
    ["2026-01-02 12:00:00"],
  ])("%s is noon", (text) => {
    expect(momentOf(text)).toBe(NOON);
  });

  it("a number is Unix time in milliseconds", () => {
    expect(momentOf(NOON)).toBe(NOON);
  });

  it.each([["soon"], [""], [null], [undefined], [true], [[]], [2n ** 60n]])("%s is no moment", (cell) => {
    expect(momentOf(cell)).toBeUndefined();
  });

  it("a text that Python or Node writes is the moment that it was written for", () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") }), (date) => {
        expect(momentOf(date.toISOString())).toBe(date.getTime());
        expect(momentOf(date.toISOString().replace("Z", "000+00:00"))).toBe(date.getTime());
      }),
    );
  });
});

describe("ageOf", () => {
  it("the age of a moment in the past is in seconds", () => {
    expect(ageOf("2026-01-01T00:00:00Z", Date.UTC(2026, 0, 1, 0, 1))).toBe(60);
  });

  it("a moment in the future has the age 0, because clocks differ", () => {
    expect(ageOf(2_000, 1_000)).toBe(0);
  });

  it("without a moment there is no age", () => {
    expect(ageOf(null, 1_000)).toBeUndefined();
  });
});

describe("recognise", () => {
  it.each([
    ["graphiti", { Episodic: 1, Entity: 2, Person: 2 }],
    ["graphiti", { Episodic: 0, Entity: 0 }],
    ["graphiti", { Episodic: 4, Entity: 0 }],
    ["cognee", { __Node__: 3, Entity: 3 }],
    ["cognee", { __Node__: 3, Entity: 3, Episodic: 0 }],
    ["graphiti", { __Node__: 0, Entity: 3, Episodic: 1 }],
    ["neo4j-mcp", { Memory: 2, Entity: 0, Episodic: 0 }],
    ["generic", { Thing: 1, Memory: 0 }],
    ["neo4j-mcp", { Memory: 2, person: 2 }],
    ["generic", { Thing: 1 }],
    ["generic", { Entity: 1 }],
  ])("%s is recognised by its labels %o", (name, labels) => {
    expect(recognise(catalog(sumOf(labels), labels))?.name).toBe(name);
  });

  it("a graph without labels has no layout yet", () => {
    expect(recognise(catalog(0, {}))).toBeUndefined();
  });

  it("only the layout of any graph has no marks, and it is the last", () => {
    expect(LAYOUTS.filter(isFallback).map(({ name }) => name)).toEqual([LAYOUTS.at(-1)?.name]);
  });
});

describe("lacking", () => {
  const needs = { labels: ["A", "B"], types: ["KNOWS"] };

  it("what a catalog lacks is named", () => {
    expect(lacking(catalog(1, { A: 1 }), needs)).toEqual(["label B", "relation type KNOWS"]);
    expect(has(catalog(1, { A: 1 }), needs)).toBe(false);
  });

  it("a label that no node has any more is there: its count is zero", () => {
    expect(lacking(catalog(0, { A: 0, B: 0 }, { KNOWS: 0 }), needs)).toEqual([]);
  });
});
