/** Time of measuring random graphs, median of five. */
import { measureGraph } from "../src/topology/index.ts";
import { seededRandom } from "../src/topology/random.ts";

for (const [nodeCount, edgeCount] of [
  [1_000, 4_000],
  [10_000, 40_000],
  [100_000, 400_000],
] as const) {
  const random = seededRandom(7);
  const ends = (): Uint32Array => Uint32Array.from({ length: edgeCount }, () => Math.floor(random() * nodeCount));
  const graph = { nodeCount, from: ends(), to: ends() };
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    measureGraph(graph);
    return performance.now() - begun;
  }).toSorted((a, b) => a - b);
  console.log(`${nodeCount} nodes, ${edgeCount} edges: ${times[2]?.toFixed(0)} ms (${times[0]?.toFixed(0)} to ${times[4]?.toFixed(0)})`);
}
