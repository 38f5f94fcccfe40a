import { describe, expect, it } from "vitest";
import { describeGraphs } from "../../../src/source/graph-store/describe.ts";
import type { GraphState } from "../../../src/source/graph-store/graphs.ts";
import type { Catalog } from "../../../src/source/graph-store/catalog.ts";
import type { Layout } from "../../../src/source/graph-store/layout.ts";

/** A layout of two measures, of which one needs a type of relation. */
const diary: Layout = {
  name: "diary",
  title: "a diary",
  marks: { labels: ["Page"] },
  measures: [
    { name: "pages", type: "agent-memory", fields: ["episodes"], cost: "cheap", count: ({ nodes }) => ({ episodes: nodes }) },
    { name: "facts", type: "agent-memory", fields: ["invalidated"], cost: "scan", needs: { types: ["SAYS"] }, query: { falkordb: "..." } },
    {
      name: "share",
      type: "agent-memory",
      fields: ["invalidatedShare"],
      cost: "cheap",
      needs: { types: ["SAYS"] },
      query: { falkordb: "..." },
    },
  ],
};
const other: Layout = {
  name: "other",
  title: "another",
  marks: {},
  measures: [{ ...diary.measures[0]!, type: "graph", fields: ["nodeCount"] }],
};

const catalog = (types: readonly string[], nodes = 1): Catalog => ({
  nodes,
  edges: 2,
  labels: new Map([["Page", nodes]]),
  types: new Map(types.map((type) => [type, 2])),
});
const found = (graph: string, types: readonly string[], layout = diary, nodes = 1): GraphState => ({
  graph,
  catalog: catalog(types, nodes),
  layout,
});
const lines = (
  graphs: readonly GraphState[],
  dialect: "falkordb" | "neo4j" = "falkordb",
  probe?: { intervalMs: number },
): readonly string[] =>
  describeGraphs(graphs, dialect, { custom: [], scanIntervalMs: 300_000, probe }).filter((line) => !line.startsWith("  graph, every 5m: "));

describe("describeGraphs", () => {
  it("a graph that has everything is described by its layout, its counts and the fields at each pace", () => {
    expect(lines([found("a", ["SAYS"], diary, 12_000)])).toEqual([
      "graph a: layout diary (a diary), 12,000 nodes, 2 edges",
      "  agent-memory, at each reading: episodes, invalidatedShare",
      "  agent-memory, every 5m: invalidated",
      "  not measured: graph (the layout diary has none of its fields; set layout, or add queries)",
      "  not measured: retrievalDuration, retrievals, failedRetrievals (set probe to make a retrieval)",
      "  labels in the graph: Page",
    ]);
  });

  it("fields that are missing for the same reason share a line, with what the graph has instead", () => {
    expect(lines([found("a", [])])).toEqual([
      "graph a: layout diary (a diary), 1 node, 2 edges",
      "  agent-memory, at each reading: episodes",
      "  not measured: invalidated, invalidatedShare (the graph has no relation type SAYS)",
      "  not measured: graph (the layout diary has none of its fields; set layout, or add queries)",
      "  not measured: retrievalDuration, retrievals, failedRetrievals (set probe to make a retrieval)",
      "  labels in the graph: Page",
    ]);
  });

  it("a measure without a query for the engine is not measured", () => {
    expect(lines([found("a", ["SAYS"])], "neo4j")).toContain("  not measured: invalidated, invalidatedShare (there is no query for neo4j)");
  });

  it("a probe is described with its pace", () => {
    expect(lines([found("a", ["SAYS"])], "falkordb", { intervalMs: 60_000 })).toContain(
      "  agent-memory, every 1m: retrievalDuration, retrievals, failedRetrievals",
    );
  });

  it("fifty graphs of one kind and one of another are two blocks, with the first names and the sums", () => {
    const graphs = Array.from({ length: 50 }, (_, n) => found(`user-${n}`, ["SAYS"]));
    const all = lines([...graphs, found("books", [], other)]);
    expect(all.filter((line) => !line.startsWith("  "))).toEqual([
      "graphs user-0, user-1, user-2, user-3, user-4, user-5, user-6, user-7 and 42 more: layout diary (a diary), 50 nodes, 100 edges",
      "graph books: layout other (another), 1 node, 2 edges",
    ]);
    expect(all.length).toBeLessThan(15);
  });

  it("graphs that all differ are described up to a number of blocks, and the others are counted", () => {
    const graphs = Array.from({ length: 50 }, (_, n) => found(`g${n}`, [], { ...diary, name: `layout-${n}` }));
    const all = lines(graphs);
    expect(all.filter((line) => line.startsWith("graph "))).toHaveLength(6);
    expect(all.at(-1)).toBe("and 44 more graphs");
  });
});
