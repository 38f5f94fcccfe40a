import * as fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isVitalsError } from "../../src/base/errors.ts";
import { GRAPH_MEASURES } from "../../src/sample/types/graph.ts";
import { measureGraph, type GraphInput } from "../../src/topology/index.ts";
import { complete, cycle, disjoint, graph, grid, path, range, scattered, star, untidy, type Edge } from "./graphs.ts";
import { KARATE, LES_MISERABLES } from "./known-graphs.ts";
import { PUBLISHED, publishedRow } from "./published.ts";
import { greatestModularity, reference } from "./reference.ts";

/** Any graph, including self-loops, repeated edges and isolated nodes. */
const anyGraph = (mostNodes: number, mostEdges: number): fc.Arbitrary<GraphInput> =>
  fc.integer({ min: 0, max: mostNodes }).chain((nodeCount) => {
    const node = fc.nat(Math.max(0, nodeCount - 1));
    return fc
      .array(fc.tuple(node, node), { maxLength: nodeCount === 0 ? 0 : mostEdges })
      .map((edges: readonly Edge[]) => graph(nodeCount, edges));
  });

/** Mean harmonic closeness of a path: n - d pairs of nodes have the distance d. */
const pathCloseness = (n: number): number => (2 * range(n - 1).reduce((sum, i) => sum + (n - 1 - i) / (i + 1), 0)) / (n * (n - 1));

describe("measureGraph on known graphs", () => {
  it.each(PUBLISHED)("measureGraph agrees with the published values: $name", ({ graph: input, ...published }) => {
    const measured = measureGraph(input);
    expect({
      nodes: input.nodeCount,
      edges: input.from.length,
      diameter: measured.diameter,
      density: measured.density,
      clustering: measured.clusteringCoefficient,
      centrality: measured.averageCentrality,
    }).toEqual({
      nodes: published.nodes,
      edges: published.edges,
      diameter: published.diameter,
      density: expect.closeTo(published.density, 12) as number,
      clustering: expect.closeTo(published.clustering, 12) as number,
      centrality: expect.closeTo(published.centrality, 12) as number,
    });
    expect(measured).toMatchObject({ connectedComponents: 1, largestComponentSize: published.nodes, exact: { modularity: 0 } });
    if (published.modularity !== undefined) expect(measured.modularity).toBeCloseTo(published.modularity, 12);
  });

  it("docs/topology.md shows our results for the known graphs", () => {
    const docs = readFileSync(new URL("../../docs/topology.md", import.meta.url), "utf8");
    for (const { graph: input, ...published } of PUBLISHED) {
      const modularity = measureGraph(input).modularity?.toFixed(4);
      const [name, nodes, edges, ...measures] = publishedRow(published);
      const greatest = measures.pop();
      expect(docs).toContain(`| ${[name, nodes, edges, ...measures, modularity, greatest].join(" | ")} |`.replace("|  |", "| |"));
    }
  });
});

describe("measureGraph on simple graphs", () => {
  it.each<[string, GraphInput, Readonly<Record<string, number>>]>([
    [
      "a path",
      path(10),
      { diameter: 9, connectedComponents: 1, clusteringCoefficient: 0, density: 0.2, averageCentrality: pathCloseness(10) },
    ],
    [
      "an even cycle",
      cycle(10),
      { diameter: 5, clusteringCoefficient: 0, averageCentrality: (2 * (1 + 1 / 2 + 1 / 3 + 1 / 4) + 1 / 5) / 9 },
    ],
    ["an odd cycle", cycle(11), { diameter: 5, density: 0.2, averageCentrality: (2 * (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5)) / 10 }],
    ["a triangle", cycle(3), { diameter: 1, clusteringCoefficient: 1, density: 1, averageCentrality: 1, modularity: 0 }],
    ["a star", star(6), { diameter: 2, clusteringCoefficient: 0, averageCentrality: (1 + 5 * ((1 + 4 / 2) / 5)) / 6, modularity: 0 }],
    [
      "a complete graph",
      complete(40),
      {
        orphanNodes: 0,
        leafNodes: 0,
        maxDegree: 39,
        diameter: 1,
        clusteringCoefficient: 1,
        density: 1,
        averageCentrality: 1,
        modularity: 0,
      },
    ],
    ["a grid", grid(50, 40), { diameter: 88, clusteringCoefficient: 0, density: (49 * 40 + 39 * 50) / (1000 * 1999) }],
    ["one edge", path(2), { diameter: 1, density: 1, averageCentrality: 1, modularity: 0, clusteringCoefficient: 0 }],
    [
      "one node",
      graph(1, []),
      {
        orphanNodes: 1,
        orphanShare: 1,
        leafNodes: 0,
        maxDegree: 0,
        connectedComponents: 1,
        largestComponentSize: 1,
        diameter: 0,
        density: 0,
        averageCentrality: 0,
      },
    ],
    [
      "nodes without edges",
      graph(5, []),
      { connectedComponents: 5, largestComponentSize: 1, diameter: 0, density: 0, averageCentrality: 0 },
    ],
    [
      "four disjoint complete graphs",
      disjoint(...range(4).map(() => complete(5))),
      {
        connectedComponents: 4,
        largestComponentSize: 5,
        diameter: 1,
        modularity: 0.75,
        clusteringCoefficient: 1,
        averageCentrality: 4 / 19,
      },
    ],
    [
      "a component with a long path and a larger one",
      disjoint(path(8), star(9), graph(3, [])),
      { connectedComponents: 5, largestComponentSize: 9, diameter: 2, orphanNodes: 3, orphanShare: 0.15, leafNodes: 2 + 8, maxDegree: 8 },
    ],
    ["two components of equal size, of which the first counts", disjoint(path(5), star(5)), { largestComponentSize: 5, diameter: 4 }],
  ])("measureGraph agrees with the closed form: %s", (_, input, expected) => {
    const measured = measureGraph(input);
    expect(measured).toMatchObject(
      Object.fromEntries(Object.entries(expected).map(([name, value]): [string, unknown] => [name, expect.closeTo(value, 12)])),
    );
  });

  it("measureGraph ignores repeated and reversed edges and self-loops", () => {
    for (const input of [path(7), star(6), grid(4, 5), KARATE, LES_MISERABLES, disjoint(cycle(4), complete(6))])
      expect(measureGraph(untidy(input))).toEqual(measureGraph(input));
  });

  it("measureGraph leaves out measures that are undefined for the graph", () => {
    expect(measureGraph(graph(0, []))).toEqual({
      connectedComponents: 0,
      largestComponentSize: 0,
      orphanNodes: 0,
      leafNodes: 0,
      maxDegree: 0,
      density: 0,
      exact: { connected_components: 1, largest_component_size: 1, density: 1 },
    });
    expect(measureGraph(graph(3, [[1, 1]]))).not.toHaveProperty("modularity");
  });
});

describe("measureGraph on random graphs", () => {
  it("measureGraph agrees with a slow, simple implementation", () => {
    fc.assert(
      fc.property(anyGraph(70, 150), (input) => {
        const { modularity: _, exact, ...measured } = measureGraph(input);
        const expected = Object.entries(reference(input)).filter(([, value]) => value !== undefined);
        expect(measured).toEqual(
          Object.fromEntries(expected.map(([name, value]): [string, unknown] => [name, expect.closeTo(value ?? 0, 10)])),
        );
        expect(Object.entries(exact).filter(([name, flag]) => flag !== 1 && name !== "modularity")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("measureGraph finds a modularity that a division into communities has, mostly the maximum", () => {
    let best = 0;
    let all = 0;
    fc.assert(
      fc.property(anyGraph(7, 14), (input) => {
        const { modularity } = measureGraph(input);
        if (modularity === undefined) return;
        const greatest = greatestModularity(input);
        expect(modularity).toBeLessThanOrEqual(greatest + 1e-9);
        expect(modularity).toBeGreaterThanOrEqual(-1e-9);
        all += 1;
        if (modularity > greatest - 1e-9) best += 1;
      }),
      { numRuns: 100, seed: 1 },
    );
    expect(best / all).toBeGreaterThan(0.9);
  });

  it("measureGraph estimates centrality of a graph with isolated nodes from the others alone, exactly if they are few", () => {
    const { nodeCount: joined, from, to } = complete(200);
    const { averageCentrality, exact } = measureGraph({ nodeCount: 10_000, from, to });
    // A node of the complete part has 199 neighbours at distance 1, and reaches no other.
    expect(averageCentrality).toBeCloseTo((joined * 199) / (10_000 * 9_999), 12);
    expect(exact).toMatchObject({ average_centrality: 1 });
  });

  it("measureGraph estimates centrality within 5 % whatever share of the nodes is isolated", () => {
    const random = scattered(6_000, 24_000);
    const reference = measureGraph(random, { exactUpTo: 6_000 }).averageCentrality ?? Number.NaN;
    for (const nodeCount of [6_000, 12_000, 60_000]) {
      // The sum over pairs stays, the number of pairs grows.
      const expected = (reference * 6_000 * 5_999) / (nodeCount * (nodeCount - 1));
      for (let seed = 1; seed <= 10; seed += 1) {
        const { averageCentrality = Number.NaN, exact } = measureGraph({ ...random, nodeCount }, { seed });
        expect(Math.abs(averageCentrality / expected - 1)).toBeLessThan(0.05);
        expect(exact.average_centrality).toBe(0);
      }
    }
  });

  it("measureGraph returns the same for the same seed", () => {
    const input = scattered(3_000, 9_000);
    expect(measureGraph(input, { seed: 5, exactUpTo: 100 })).toEqual(measureGraph(input, { seed: 5, exactUpTo: 100 }));
    expect(measureGraph(input, { seed: 5, exactUpTo: 100 })).not.toEqual(measureGraph(input, { seed: 6, exactUpTo: 100 }));
  });
});

describe("measureGraph above exactUpTo", () => {
  it("measureGraph marks estimates as such, and they are close to the exact values", () => {
    const input = scattered(6_000, 18_000);
    const exact = measureGraph(input, { exactUpTo: 6_000 });
    const estimate = measureGraph(input);
    expect(exact.exact).toMatchObject({ average_centrality: 1, diameter: 1 });
    expect(estimate.exact).toMatchObject({ average_centrality: 0, clustering_coefficient: 1, density: 1 });
    expect(estimate.averageCentrality).not.toBe(exact.averageCentrality);
    expect(Math.abs((estimate.averageCentrality ?? 0) / (exact.averageCentrality ?? 0) - 1)).toBeLessThan(0.02);
    expect(estimate.diameter).toBeLessThanOrEqual(exact.diameter ?? 0);
  });

  it("measureGraph marks the diameter as exact if a few searches prove it", () => {
    expect(measureGraph(grid(100, 80))).toMatchObject({ diameter: 178, exact: { diameter: 1 } });
    expect(measureGraph(star(10_000))).toMatchObject({ diameter: 2, exact: { diameter: 1 } });
    expect(measureGraph(path(10_000))).toMatchObject({ diameter: 9_999, exact: { diameter: 1 } });
  });

  it("measureGraph reports a lower bound of the diameter if they do not", () => {
    // All nodes of a cycle have the same eccentricity: only searches from half of them would prove the diameter.
    expect(measureGraph(cycle(6_000))).toMatchObject({ diameter: 3_000, exact: { diameter: 0 } });
    expect(measureGraph(cycle(5_000))).toMatchObject({ diameter: 2_500, exact: { diameter: 1 } });
  });
});

describe("measureGraph with a budget", () => {
  const ticking = (): (() => number) => {
    let now = 0;
    return () => (now += 1);
  };

  it("measureGraph reports the cheap measures without any budget", () => {
    expect(measureGraph(grid(30, 30), { budgetMs: 0 })).toEqual({
      connectedComponents: 1,
      largestComponentSize: 900,
      orphanNodes: 0,
      orphanShare: 0,
      leafNodes: 0,
      maxDegree: 4,
      density: (2 * 29 * 30) / ((900 * 899) / 2),
      exact: { connected_components: 1, largest_component_size: 1, density: 1 },
    });
  });

  it("measureGraph leaves out clustering if there are too many triangles", () => {
    const measured = measureGraph(complete(200), { budgetMs: 40, monotonicMs: ticking() });
    expect(measured).toMatchObject({ density: 1, averageCentrality: 1 });
    expect(measured).not.toHaveProperty("clusteringCoefficient");
    expect(measured.exact).not.toHaveProperty("clustering_coefficient");
  });

  it("measureGraph leaves out only the measures that do not fit their share of the budget", () => {
    // Each reading of the clock takes a millisecond, and the diameter of a cycle needs more of them than its share has.
    const measured = measureGraph(cycle(40_000), { budgetMs: 30, monotonicMs: ticking() });
    expect(Object.keys(measured.exact)).toEqual([
      "connected_components",
      "largest_component_size",
      "density",
      "clustering_coefficient",
      "average_centrality",
      "modularity",
    ]);
    expect(measured).not.toHaveProperty("diameter");
  });

  it("measureGraph has the same values with any budget, if it has them", () => {
    const input = cycle(20_000);
    const complete = measureGraph(input);
    const names = new Set<string>();
    for (let budgetMs = 0; budgetMs < 40; budgetMs += 8) {
      const { exact, ...measured } = measureGraph(input, { budgetMs, monotonicMs: ticking() });
      expect(complete).toMatchObject(measured);
      expect(complete.exact).toMatchObject(exact);
      names.add(Object.keys(exact).join(" "));
    }
    expect(names.size).toBeGreaterThan(2);
  });
});

describe("the exact flags", () => {
  it("the exact flags have the names that samples use", () => {
    expect(Object.keys(measureGraph(KARATE).exact).sort()).toEqual([...GRAPH_MEASURES].sort());
  });

  it("the exact flags never mark modularity as exact", () => {
    expect(measureGraph(complete(3)).exact).toMatchObject({ modularity: 0, diameter: 1 });
  });
});

describe("measureGraph on inconsistent graphs", () => {
  it.each([
    [
      "an edge to a missing node",
      graph(2, [
        [0, 1],
        [0, 2],
      ]),
      "graph: edge 1: expected nodes below 2, found 0 and 2",
    ],
    [
      "fewer ends of edges than starts",
      { nodeCount: 2, from: Uint32Array.of(0, 1), to: Uint32Array.of(1) },
      "graph: expected as many ends of edges as starts, found 1 and 2",
    ],
    ["a fractional number of nodes", graph(1.5, []), "graph: expected a whole number of nodes from 0 to below 4294967295, found 1.5"],
    ["a negative number of nodes", graph(-1, []), "graph: expected a whole number of nodes from 0 to below 4294967295, found -1"],
  ] as const)("measureGraph refuses %s", (_, input, message) => {
    let thrown: unknown;
    try {
      measureGraph(input);
    } catch (error) {
      thrown = error;
    }
    expect(isVitalsError(thrown)).toBe(true);
    expect(thrown).toMatchObject({ code: "reading_invalid", message });
  });
});
