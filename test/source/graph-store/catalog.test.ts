import { describe, expect, it } from "vitest";
import { catalogOf } from "../../../src/source/graph-store/catalog.ts";
import { row, rows, stats } from "../../support/fake-store.ts";

describe("catalogOf", () => {
  it("FalkorDB's statistics are counts by label and by type", () => {
    const catalog = catalogOf("falkordb", stats({ A: 3, B: 0 }, { KNOWS: 2 }));
    expect(catalog).toEqual({ nodes: 3, edges: 2, labels: new Map([["A", 3], ["B", 0]]), types: new Map([["KNOWS", 2]]) }); // prettier-ignore
  });

  it("Neo4j's statistics list totals and combinations beside the counts by label and by type", () => {
    const nodes = [{ count: 6 }, { label: "A", count: 4 }, { label: "B", count: 3 }];
    const relationships = [
      { count: 5 },
      { relationshipType: "KNOWS", count: 5 },
      { relationshipType: "KNOWS", startLabel: "A", count: 4 },
      { relationshipType: "KNOWS", endLabel: "B", count: 1 },
    ];
    const catalog = catalogOf("neo4j", row({ nodes, relationships }));
    expect([catalog.nodes, catalog.edges]).toEqual([6, 5]);
    expect([...catalog.labels]).toEqual([["A", 4], ["B", 3]]); // prettier-ignore
    expect([...catalog.types]).toEqual([["KNOWS", 5]]);
  });

  it("an empty graph has no nodes, no edges, no labels and no types", () => {
    const nothing = { nodes: 0, edges: 0, labels: new Map(), types: new Map() };
    expect(catalogOf("falkordb", stats({}))).toEqual(nothing);
    expect(catalogOf("neo4j", row({ nodes: [{ count: 0 }], relationships: [{ count: 0 }] }))).toEqual(nothing);
  });

  it.each(["falkordb", "neo4j"] as const)("an answer of %s that has no counts is an error, not an empty graph", (dialect) => {
    expect(() => catalogOf(dialect, rows(["a", "b"]))).toThrow("the counts of the graph cannot be read");
    expect(() => catalogOf(dialect, row({ a: null, b: null, c: null, d: null }))).toThrow("the counts of the graph cannot be read");
  });
});
