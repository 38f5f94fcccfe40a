import type { GraphInput } from "../../src/topology/index.ts";
import { seededRandom } from "../../src/topology/random.ts";

export type Edge = readonly [from: number, to: number];

export const graph = (nodeCount: number, edges: readonly Edge[]): GraphInput => ({
  nodeCount,
  from: Uint32Array.from(edges, ([a]) => a),
  to: Uint32Array.from(edges, ([, b]) => b),
});

export const range = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

const edgesOf = ({ from, to }: GraphInput): readonly Edge[] => Array.from(from, (a, e) => [a, to[e] as number] as const);

export const path = (n: number): GraphInput =>
  graph(
    n,
    range(n - 1).map((i) => [i, i + 1]),
  );

export const cycle = (n: number): GraphInput =>
  graph(
    n,
    range(n).map((i) => [i, (i + 1) % n]),
  );

export const star = (n: number): GraphInput =>
  graph(
    n,
    range(n - 1).map((i) => [0, i + 1]),
  );

export const complete = (n: number): GraphInput =>
  graph(
    n,
    range(n).flatMap((i) => range(i).map((j) => [i, j] as const)),
  );

export const grid = (width: number, height: number): GraphInput =>
  graph(
    width * height,
    range(width * height).flatMap((n) => [
      ...(n % width < width - 1 ? [[n, n + 1] as const] : []),
      ...(n < width * (height - 1) ? [[n, n + width] as const] : []),
    ]),
  );

/** The graphs as parts of one graph, without edges between them. */
export function disjoint(...parts: readonly GraphInput[]): GraphInput {
  let nodeCount = 0;
  const edges: Edge[] = [];
  for (const part of parts) {
    for (const [a, b] of edgesOf(part)) edges.push([a + nodeCount, b + nodeCount]);
    nodeCount += part.nodeCount;
  }
  return graph(nodeCount, edges);
}

/** The same simple graph, with each edge repeated in the other direction and a self-loop at each node. */
export const untidy = (tidy: GraphInput): GraphInput =>
  graph(tidy.nodeCount, [
    ...edgesOf(tidy),
    ...edgesOf(tidy).map(([a, b]) => [b, a] as const),
    ...range(tidy.nodeCount).map((n) => [n, n] as const),
  ]);

/** Random edges, the same at each call. */
export function scattered(nodeCount: number, edgeCount: number): GraphInput {
  const random = seededRandom(7);
  const ends = (): Uint32Array => Uint32Array.from({ length: edgeCount }, () => Math.floor(random() * nodeCount));
  return { nodeCount, from: ends(), to: ends() };
}
