import { describe, expect, it } from "vitest";
import { csrOf } from "../../src/topology/csr.ts";
import { MultiSearch } from "../../src/topology/multi-search.ts";
import { Search } from "../../src/topology/search.ts";
import { complete, disjoint, grid, path, range, scattered, star } from "./graphs.ts";

describe("MultiSearch", () => {
  it.each([
    ["a wide frontier", scattered(500, 2_000)],
    ["a narrow frontier", path(300)],
    ["several components", disjoint(grid(8, 8), star(20), complete(12), path(30))],
  ])("MultiSearch finds the same as sequential searches: %s", (_, input) => {
    const graph = csrOf(input);
    const many = new MultiSearch(graph);
    const one = new Search(graph);
    for (const size of [1, 2, 31, 32]) {
      const starts = Uint32Array.from(range(size), (i) => (i * 37) % graph.nodeCount).filter((node, i, all) => all.indexOf(node) === i);
      let harmonic = 0;
      let eccentricity = 0;
      for (const start of starts) {
        eccentricity = Math.max(eccentricity, one.from(start));
        for (const node of one.reached) if (node !== start) harmonic += 1 / one.distance(node);
      }
      expect(many.from(starts)).toEqual({ eccentricity, harmonic: expect.closeTo(harmonic, 8) as number });
    }
  });
});
