import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/base/manual-clock.ts";
import { Costs } from "../../../src/source/graph-store/costs.ts";
import { Graphs } from "../../../src/source/graph-store/graphs.ts";
import type { Store } from "../../../src/store/store.ts";

const signal = new AbortController().signal;
const columns = ["labels", "relTypes", "nodeCount", "relCount"];

/** The layouts of one graph that is read with these numbers of nodes by label, one after the other. */
async function layoutsOf(...readings: readonly Readonly<Record<string, number>>[]): Promise<readonly (string | undefined)[]> {
  const clock = new ManualClock();
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const costs = new Costs(undefined, {});
  const graphs = new Graphs({ graphs: ["g"], maxGraphs: 1, layout: "auto", custom: [], clock, logger, costs }, () => {});
  const layouts: (string | undefined)[] = [];
  for (const labels of readings) {
    const nodes = Object.values(labels).reduce((sum, count) => sum + count, 0);
    const store: Store = {
      engine: { name: "FalkorDB", version: "4.16.3" },
      dialect: "falkordb",
      query: () => Promise.resolve({ columns, rows: [[labels, {}, nodes, 0]] }),
      graphs: () => Promise.resolve(["g"]),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const [state] = await graphs.examine(store, () => 1_000, signal);
    layouts.push(state?.layout.name);
    await clock.advance(1_000);
  }
  return layouts;
}

describe("Graphs", () => {
  it("Graphs keep the layout of a graph that has nodes", async () => {
    expect(await layoutsOf({ Memory: 1 }, { Memory: 1, Episodic: 1, Entity: 1 })).toEqual(["neo4j-mcp", "neo4j-mcp"]);
  });

  it("Graphs recognise the layout of an empty graph anew, which another program may fill", async () => {
    const left = { Episodic: 0, Entity: 0 };
    expect(await layoutsOf(left, { ...left, Memory: 1 }, { ...left, Memory: 0 })).toEqual(["graphiti", "neo4j-mcp", "neo4j-mcp"]);
  });
});
