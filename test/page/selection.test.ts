import { describe, expect, it } from "vitest";
import { isExpandedAtFirst, selectionOf, type Selectable } from "../../src/page/selection.ts";
import type { Status } from "../../src/client/api.ts";

const collection = (name: string, type: string, status: Status, ...fields: readonly string[]): Selectable => ({
  report: {
    name,
    source: `${name}-source`,
    type,
    fields: Object.fromEntries(fields.map((key) => [key, { title: `Title of ${key}` } as never])),
  },
  status,
});
const all = [
  collection("graph", "graph", "healthy", "nodes", "edges"),
  collection("memory", "agent-memory", "critical", "memories", "duplicates"),
  collection("graph-2", "graph", "degraded", "nodes"),
];
const names = (address: Parameters<typeof selectionOf>[1]) => selectionOf(all, address).map(({ name }) => name);

describe("selectionOf", () => {
  it("selectionOf selects every collection without a filter, and one by its name", () => {
    expect(names({})).toEqual(["graph", "memory", "graph-2"]);
    expect(names({ collection: "graph", find: "memory" })).toEqual(["graph"]);
    expect(names({ collection: "removed" })).toEqual(["graph", "memory", "graph-2"]);
  });

  it("selectionOf finds text in names, sources and types, whatever its case", () => {
    expect(names({ find: "GRAPH" })).toEqual(["graph", "graph-2"]);
    expect(names({ find: "agent-" })).toEqual(["memory"]);
    expect(names({ find: "2-source" })).toEqual(["graph-2"]);
    expect(names({ find: "nothing" })).toEqual([]);
  });

  it("selectionOf shows only the fields that contain the words which their collection does not", () => {
    expect(selectionOf(all, { find: "graph edges" })).toEqual([{ name: "graph", fields: new Set(["edges"]) }]);
    expect(selectionOf(all, { find: "title duplicates" })).toEqual([{ name: "memory", fields: new Set(["duplicates"]) }]);
    expect(selectionOf(all, { find: "memory" })).toEqual([{ name: "memory", fields: undefined }]);
  });

  it("selectionOf filters by health", () => {
    expect(names({ onlyProblems: true })).toEqual(["memory", "graph-2"]);
    expect(names({ onlyProblems: true, find: "graph" })).toEqual(["graph-2"]);
  });
});

describe("isExpandedAtFirst", () => {
  it("isExpandedAtFirst collapses healthy collections where there are many", () => {
    expect([isExpandedAtFirst(6, "healthy", false), isExpandedAtFirst(7, "healthy", false)]).toEqual([true, false]);
    expect([isExpandedAtFirst(50, "critical", false), isExpandedAtFirst(50, "healthy", true)]).toEqual([true, true]);
  });
});
