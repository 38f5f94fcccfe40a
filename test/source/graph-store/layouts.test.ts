import { describe, expect, it } from "vitest";
import { recognise } from "../../../src/source/graph-store/layouts/index.ts";

/** The name of the layout of a graph with these numbers of nodes by label. */
const layoutOf = (labels: Readonly<Record<string, number>>): string | undefined => {
  const nodes = Object.values(labels).reduce((sum, count) => sum + count, 0);
  return recognise({ nodes, edges: 0, labels: new Map(Object.entries(labels)), types: new Map() })?.name;
};

describe("recognise", () => {
  it.each([
    ["graphiti", { Episodic: 2, Entity: 3, Person: 1 }],
    // Episodes arrive, and nothing was ever extracted.
    ["graphiti", { Episodic: 2, Entity: 0 }],
    // Its indexes were created, and nothing was stored.
    ["graphiti", { Episodic: 0, Entity: 0 }],
    ["cognee", { __Node__: 2, Chunk: 2 }],
    ["neo4j-mcp", { Memory: 2, person: 2 }],
    ["generic", { Book: 1 }],
    // Another program has used the database before.
    ["neo4j-mcp", { Episodic: 0, Entity: 0, Memory: 2, person: 2 }],
    ["generic", { Episodic: 0, Entity: 0, Book: 1 }],
    [undefined, {}],
  ])("recognise finds the layout %s in %j", (layout, labels) => {
    expect(layoutOf(labels)).toBe(layout);
  });
});
