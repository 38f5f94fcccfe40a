import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countRelations, MAX_RELATIONS, type TypedEdges } from "../../src/topology/relations.ts";
import { range } from "./graphs.ts";

type TypedEdge = readonly [from: number, type: number, to: number];

const typed = (nodeTypes: readonly number[], edges: readonly TypedEdge[]): TypedEdges => ({
  from: Uint32Array.from(edges, ([from]) => from),
  to: Uint32Array.from(edges, ([, , to]) => to),
  edgeTypes: Uint32Array.from(edges, ([, type]) => type),
  nodeTypes: Uint32Array.from(nodeTypes),
});

/** Edges between nodes of any types, with numbers of types that leave gaps. */
const anyEdges = fc.array(fc.constantFrom(0, 1, 2, 7, 40, 1_000), { minLength: 1, maxLength: 12 }).chain((nodeTypes) => {
  const node = fc.nat(nodeTypes.length - 1);
  return fc.tuple(fc.constant(nodeTypes), fc.array(fc.tuple(node, fc.constantFrom(0, 3, 9, 500), node), { maxLength: 60 }));
});

describe("countRelations", () => {
  it("countRelations finds what a scan for each combination finds, on random graphs", () => {
    let combined = 0;
    fc.assert(
      fc.property(anyEdges, ([nodeTypes, edges]) => {
        const { relations, rest } = countRelations(typed(nodeTypes, edges));
        for (const { from, type, to, count } of relations) {
          const same = edges.filter(([a, of, b]) => nodeTypes[a] === from && of === type && nodeTypes[b] === to);
          expect(count).toBe(same.length);
        }
        expect(new Set(relations.map(({ from, type, to }) => `${from} ${type} ${to}`)).size).toBe(relations.length);
        expect(relations.reduce((sum, { count }) => sum + count, rest)).toBe(edges.length);
        combined += relations.length;
      }),
      { numRuns: 300 },
    );
    expect(combined).toBeGreaterThan(300);
  });

  it("countRelations keeps directions, repeated edges and self-loops", () => {
    const edges: readonly TypedEdge[] = [
      [0, 0, 1],
      [0, 0, 1],
      [1, 0, 0],
      [1, 0, 1],
    ];
    expect(countRelations(typed([5, 6], edges))).toEqual({
      relations: [
        { from: 5, type: 0, to: 6, count: 2 },
        { from: 6, type: 0, to: 5, count: 1 },
        { from: 6, type: 0, to: 6, count: 1 },
      ],
      rest: 0,
    });
  });

  it("countRelations adds up the edges of the combinations that come after the largest number of them", () => {
    // Nodes of a high type leave too many combinations for an array of them.
    const edges = [...range(MAX_RELATIONS + 3), 0, MAX_RELATIONS].map((type): TypedEdge => [0, type, 0]);
    const { relations, rest } = countRelations(typed([10], edges));
    expect(relations.length).toBe(MAX_RELATIONS);
    expect(relations[0]).toEqual({ from: 10, type: 0, to: 10, count: 2 });
    expect(rest).toBe(3 + 1);
  });

  it("countRelations finds nothing in a graph without edges", () => {
    expect(countRelations(typed([], []))).toEqual({ relations: [], rest: 0 });
  });

  it.each([
    ["an edge to a missing node", typed([0], [[0, 0, 1]]), "graph: edge 0: expected nodes below 1, found 0 and 1"],
    [
      "fewer types than edges",
      { ...typed([0], [[0, 0, 0]]), edgeTypes: new Uint32Array() },
      "graph: expected 1 ends and types of edges, found 1 and 0",
    ],
    [
      "more types than can be combined",
      typed([2 ** 20, 0], [[0, 2 ** 20, 1]]),
      "graph: expected fewer types, found 1048577 of nodes and 1048577 of edges",
    ],
  ])("countRelations refuses %s", (_, edges, message) => {
    expect(() => countRelations(edges)).toThrow(expect.objectContaining({ code: "reading_invalid", message }) as Error);
  });
});
