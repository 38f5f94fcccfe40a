import { describe, expect, it } from "vitest";
import { csrOf } from "../../src/topology/csr.ts";
import { louvainModularity } from "../../src/topology/louvain.ts";
import { seededRandom } from "../../src/topology/random.ts";
import { complete, disjoint, graph, range, scattered, type Edge } from "./graphs.ts";

const unhurried = { isUsedUp: () => false };
const modularityOf = (input: Parameters<typeof csrOf>[0], runs = 1): number | undefined =>
  louvainModularity(csrOf(input), runs, seededRandom(1), unhurried);

/** A ring of complete graphs of five nodes, each connected to the next by one edge. */
function ringOfCliques(count: number) {
  const cliques = disjoint(...range(count).map(() => complete(5)));
  const inside = Array.from(cliques.from, (a, e): Edge => [a, cliques.to[e] as number]);
  return graph(cliques.nodeCount, [...inside, ...range(count).map((i): Edge => [5 * i, (5 * i + 6) % (5 * count)])]);
}

describe("louvainModularity", () => {
  it("louvainModularity finds the cliques of a ring of cliques", () => {
    // Fortunato and Barthelemy, "Resolution limit in community detection", 2007: l / (l + 1) - 1 / n for n cliques of l edges.
    for (const count of [4, 8, 10]) expect(modularityOf(ringOfCliques(count))).toBeCloseTo(10 / 11 - 1 / count, 12);
  });

  it("louvainModularity is as high in a random graph as with full passes over all nodes", () => {
    // Passes until no node moves reach 0.3058 here; a single visit to each node reaches far less.
    expect(modularityOf(scattered(10_000, 40_000))).toBeGreaterThan(0.3058);
  });

  it("louvainModularity is the best of its runs", () => {
    const input = scattered(300, 900);
    const [one = 0, eight = 0] = [modularityOf(input, 1), modularityOf(input, 8)];
    expect(eight).toBeGreaterThan(one);
  });

  it("louvainModularity returns undefined if the time runs out", () => {
    let checks = 0;
    const expiring = { isUsedUp: () => (checks += 1) > 500 };
    expect(louvainModularity(csrOf(scattered(400, 900)), 1, seededRandom(1), expiring)).toBeUndefined();
  });
});
