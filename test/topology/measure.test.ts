import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureGraph, type GraphInput } from "../../src/topology/index.ts";

const graph = (nodeCount: number, edges: readonly (readonly [number, number])[]): GraphInput => ({
  nodeCount,
  from: Uint32Array.from(edges, ([a]) => a),
  to: Uint32Array.from(edges, ([, b]) => b),
});
const range = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const path = (n: number) =>
  graph(
    n,
    range(n - 1).map((i) => [i, i + 1] as const),
  );
const cycle = (n: number) =>
  graph(
    n,
    range(n).map((i) => [i, (i + 1) % n] as const),
  );
const star = (n: number) =>
  graph(
    n,
    range(n - 1).map((i) => [0, i + 1] as const),
  );
const complete = (n: number) =>
  graph(
    n,
    range(n).flatMap((i) => range(i).map((j) => [i, j] as const)),
  );
const grid = (w: number, h: number) =>
  graph(
    w * h,
    range(w * h).flatMap((n) => [...(n % w < w - 1 ? [[n, n + 1] as const] : []), ...(n < w * (h - 1) ? [[n, n + w] as const] : [])]),
  );

/** Zachary's karate club (1977), members from 1. */
const KARATE =
  "1-2 1-3 1-4 1-5 1-6 1-7 1-8 1-9 1-11 1-12 1-13 1-14 1-18 1-20 1-22 1-32 2-3 2-4 2-8 2-14 2-18 2-20 2-22 2-31 3-4 3-8 3-9 3-10 3-14 3-28 3-29 3-33 4-8 4-13 4-14 5-7 5-11 6-7 6-11 6-17 7-17 9-31 9-33 9-34 10-34 14-34 15-33 15-34 16-33 16-34 19-33 19-34 20-34 21-33 21-34 23-33 23-34 24-26 24-28 24-30 24-33 24-34 25-26 25-28 25-32 26-32 27-30 27-34 28-34 29-32 29-34 30-33 30-34 31-33 31-34 32-33 32-34 33-34";
/** Marriages of the Florentine families (Padgett 1994), without the Pucci, who married nobody. */
const FLORENTINE =
  "acciaiuoli-medici castellani-peruzzi castellani-strozzi castellani-barbadori medici-barbadori medici-ridolfi medici-tornabuoni medici-albizzi medici-salviati salviati-pazzi peruzzi-strozzi peruzzi-bischeri strozzi-ridolfi strozzi-bischeri ridolfi-tornabuoni tornabuoni-guadagni albizzi-ginori albizzi-guadagni bischeri-guadagni guadagni-lamberteschi";

function named(edges: string): GraphInput {
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => numbers.get(name) ?? (numbers.set(name, numbers.size), numbers.size - 1);
  const pairs = edges.split(" ").map((edge) => edge.split("-").map(numberOf) as [number, number]);
  return graph(numbers.size, pairs);
}

/** Everything the slow and obvious way. */
function reference({ nodeCount, from, to }: GraphInput) {
  const near = range(nodeCount).map(() => new Set<number>());
  from.forEach((a, e) => {
    const b = to[e] as number;
    if (a !== b) {
      near[a]?.add(b);
      near[b]?.add(a);
    }
  });
  const distancesFrom = (start: number): Map<number, number> => {
    const found = new Map([[start, 0]]);
    for (const [node, far] of found) for (const next of near[node] ?? []) if (!found.has(next)) found.set(next, far + 1);
    return found;
  };
  const all = range(nodeCount).map(distancesFrom);
  const largest = Math.max(0, ...all.map(({ size }) => size));
  const component = all.find(({ size }) => size === largest);
  const clustering = near.map((set) => {
    const list = [...set];
    const pairs = list.flatMap((a, i) => list.slice(i + 1).filter((b) => near[a]?.has(b)));
    return list.length < 2 ? 0 : (2 * pairs.length) / (list.length * (list.length - 1));
  });
  const edges = near.reduce((sum, { size }) => sum + size, 0) / 2;
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  return {
    connectedComponents: new Set(all.map((found) => Math.min(...found.keys()))).size,
    largestComponentSize: largest,
    components: all.filter(({ size }) => size === largest).map((found) => Math.max(...found.values())),
    diameter: component
      ? Math.max(...[...component.keys()].map((node) => Math.max(...(all[node] as Map<number, number>).values())))
      : undefined,
    density: nodeCount < 2 ? 0 : edges / ((nodeCount * (nodeCount - 1)) / 2),
    clusteringCoefficient: nodeCount === 0 ? 0 : mean(clustering),
    averageCentrality:
      nodeCount === 0
        ? undefined
        : nodeCount < 2
          ? 0
          : mean(all.map((found) => [...found.values()].reduce((sum, far) => sum + (far === 0 ? 0 : 1 / far), 0) / (nodeCount - 1))),
  };
}

describe("known graphs", () => {
  it("have their published measures: Zachary's karate club", () => {
    const measured = measureGraph(named(KARATE));
    expect(measured).toMatchObject({ connectedComponents: 1, largestComponentSize: 34, diameter: 5 });
    expect(measured.density).toBeCloseTo(0.1390374, 6);
    expect(measured.clusteringCoefficient).toBeCloseTo(0.5706384782076823, 12);
    // The greatest there is, is 0.4198 (Brandes and others 2008).
    expect(measured.modularity).toBeGreaterThan(0.41);
    expect(measured.modularity).toBeLessThanOrEqual(0.4198);
  });

  it("have their published measures: the Florentine families", () => {
    const measured = measureGraph(named(FLORENTINE));
    expect(measured).toMatchObject({ connectedComponents: 1, largestComponentSize: 15, diameter: 5 });
    expect(measured.density).toBeCloseTo(20 / 105, 12);
    expect(measured.clusteringCoefficient).toBeCloseTo(0.16, 10);
  });

  it.each([
    ["a path", path(10), { diameter: 9, connectedComponents: 1, clusteringCoefficient: 0, density: 0.2 }],
    ["an even cycle", cycle(10), { diameter: 5, clusteringCoefficient: 0 }],
    ["an odd cycle", cycle(11), { diameter: 5, density: 0.2 }],
    ["a triangle", cycle(3), { diameter: 1, clusteringCoefficient: 1, density: 1, averageCentrality: 1, modularity: 0 }],
    ["a star", star(6), { diameter: 2, clusteringCoefficient: 0, averageCentrality: (1 + 5 * ((1 + 4 / 2) / 5)) / 6 }],
    ["a complete graph", complete(7), { diameter: 1, clusteringCoefficient: 1, density: 1, averageCentrality: 1 }],
    ["a grid", grid(5, 4), { diameter: 7, clusteringCoefficient: 0 }],
    [
      "two triangles apart",
      graph(6, [
        [0, 1],
        [1, 2],
        [2, 0],
        [3, 4],
        [4, 5],
        [5, 3],
      ]),
      { connectedComponents: 2, largestComponentSize: 3, modularity: 0.5, clusteringCoefficient: 1 },
    ],
    [
      "self-loops, repeated and reversed edges",
      graph(3, [
        [0, 0],
        [0, 1],
        [1, 0],
        [0, 1],
        [2, 2],
      ]),
      { connectedComponents: 2, density: 1 / 3, diameter: 1 },
    ],
  ])("have the measures of their form: %s", (_, input, measures) => {
    const measured = measureGraph(input);
    for (const [name, value] of Object.entries(measures))
      expect([name, measured[name as keyof typeof measures]]).toEqual([name, expect.closeTo(value, 10)]);
  });

  it("of nothing have nothing that could not be measured", () => {
    expect(measureGraph(graph(0, []))).toEqual({
      connectedComponents: 0,
      largestComponentSize: 0,
      density: 0,
      clusteringCoefficient: 0,
      exact: {
        connected_components: 1,
        largest_component_size: 1,
        density: 1,
        clustering_coefficient: 1,
      },
    });
    expect(measureGraph(graph(1, []))).toMatchObject({
      connectedComponents: 1,
      largestComponentSize: 1,
      diameter: 0,
      averageCentrality: 0,
    });
    expect(measureGraph(graph(1, []))).not.toHaveProperty("modularity");
  });
});

describe("random graphs", () => {
  const random = fc
    .integer({ min: 0, max: 40 })
    .chain((nodeCount) =>
      fc
        .array(fc.tuple(fc.nat(Math.max(0, nodeCount - 1)), fc.nat(Math.max(0, nodeCount - 1))), { maxLength: nodeCount === 0 ? 0 : 90 })
        .map((edges) => graph(nodeCount, edges)),
    );

  it("equal what the obvious way says", () => {
    fc.assert(
      fc.property(random, (input) => {
        const [measured, expected] = [measureGraph(input), reference(input)];
        expect(measured.connectedComponents).toBe(expected.connectedComponents);
        expect(measured.largestComponentSize).toBe(expected.largestComponentSize);
        expect(measured.density).toBeCloseTo(expected.density, 12);
        expect(measured.clusteringCoefficient).toBeCloseTo(expected.clusteringCoefficient, 12);
        if (expected.averageCentrality !== undefined) expect(measured.averageCentrality).toBeCloseTo(expected.averageCentrality, 12);
        // Of several largest components any may be the one.
        if (new Set(expected.components).size <= 1 && expected.diameter !== undefined) expect(measured.diameter).toBe(expected.diameter);
      }),
      { numRuns: 300 },
    );
  });

  it("always have the same measures for the same seed", () => {
    fc.assert(
      fc.property(random, (input) => {
        expect(measureGraph(input)).toEqual(measureGraph(input));
      }),
    );
  });
});

describe("a graph too large for its budget", () => {
  it("keeps the cheap measures and leaves out what did not fit", () => {
    let now = 0;
    const measured = measureGraph(grid(30, 30), { budgetMs: 5, monotonicMs: () => (now += 10) });
    expect(measured).toMatchObject({ connectedComponents: 1, clusteringCoefficient: 0 });
    for (const expensive of ["averageCentrality", "modularity"]) expect(measured).not.toHaveProperty(expensive);
    expect(Object.keys(measured.exact)).not.toContain("modularity");
  });

  it("says which measures are estimates", () => {
    const measured = measureGraph(grid(30, 30), { exactUpTo: 100 });
    // A grid is what bounding sweeps are worst at: every fringe has to be searched.
    expect(measured.exact).toMatchObject({ average_centrality: 0, diameter: 0, density: 1 });
    expect(measured.diameter).toBeLessThanOrEqual(58);
    expect(measureGraph(grid(30, 30))).toMatchObject({ diameter: 58, exact: { diameter: 1, average_centrality: 1 } });
    expect(measured.averageCentrality).toBeCloseTo(measureGraph(grid(30, 30)).averageCentrality ?? 0, 1);
  });

  it("refuses an edge to a node that is not there", () => {
    expect(() => measureGraph(graph(2, [[0, 2]]))).toThrow(/edge 0 joins 0 and 2, there are 2 nodes/);
  });
});
