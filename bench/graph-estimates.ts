/**
 * How far estimated centrality is from the exact one, in graphs of several kinds; and which of the measures that share a budget arrive
 * within the default one, on an idle and on a busy machine.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { measureGraph, type GraphInput } from "../src/topology/index.ts";
import { seededRandom } from "../src/topology/random.ts";
import { MeasureWorker } from "../src/source/mcp-memory/measure-worker.ts";
import { complete, disjoint, graph, grid, path, range, type Edge } from "../test/topology/graphs.ts";
import { median, printTable } from "./support/measure.ts";
import { change, writeMemoryFile } from "./support/memory-file.ts";

const NODES = 10_000;
const SEEDS = 40;
const READINGS = 3;
/** The default `budget` of a memory file. */
const BUDGET_MS = 1_800;
const SHARED = ["clustering_coefficient", "diameter", "average_centrality", "modularity"] as const;

const random = seededRandom(7);
const below = (count: number): number => Math.floor(random() * count);

const randomEdges = (nodes: number, edges: number): GraphInput =>
  graph(
    nodes,
    range(edges).map(() => [below(nodes), below(nodes)] as const),
  );

/** Each node joined to four neighbours on a ring, a tenth of the edges rewired (Watts and Strogatz 1998). */
const smallWorld = (nodes: number): GraphInput =>
  graph(
    nodes,
    range(nodes).flatMap((n) => [1, 2].map((step): Edge => [n, random() < 0.1 ? below(nodes) : (n + step) % nodes])),
  );

/** Each new node joined to three ends of earlier edges, so that few nodes have most (Barabási and Albert 1999). */
function scaleFree(nodes: number): GraphInput {
  const edges: Edge[] = [[0, 1]];
  for (let n = 2; n < nodes; n += 1)
    for (let edge = 0; edge < 3; edge += 1) edges.push([n, (edges[below(edges.length)] as Edge)[below(2)] as number]);
  return graph(nodes, edges);
}

const cliques = (nodes: number, size: number): GraphInput => disjoint(...range(nodes / size).map(() => complete(size)));

/** A random graph in which this share of the nodes has no edge. */
const isolated = (share: number): GraphInput => {
  const joined = Math.round(NODES * (1 - share));
  return { ...randomEdges(joined, 4 * joined), nodeCount: NODES };
};

const KINDS: readonly (readonly [string, GraphInput])[] = [
  ["random, 8 neighbours", randomEdges(NODES, 4 * NODES)],
  ["random, 2 neighbours", randomEdges(NODES, NODES)],
  ["small world", smallWorld(NODES)],
  ["scale-free", scaleFree(NODES)],
  ["grid of 100 by 100", grid(100, 100)],
  ["path", path(NODES)],
  ["cliques of 10", cliques(NODES, 10)],
  ["random, 10 % isolated", isolated(0.1)],
  ["random, 50 % isolated", isolated(0.5)],
  ["random, 90 % isolated", isolated(0.9)],
];

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function errorsOf([kind, input]: readonly [string, GraphInput]): readonly string[] {
  const exact = measureGraph(input, { exactUpTo: NODES }).averageCentrality ?? Number.NaN;
  const errors = range(SEEDS).map((seed) =>
    Math.abs((measureGraph(input, { seed: seed + 1, exactUpTo: 0 }).averageCentrality ?? Number.NaN) / exact - 1),
  );
  const within = errors.toSorted((a, b) => a - b)[Math.ceil(0.95 * SEEDS) - 1] as number;
  return [kind, exact.toFixed(4), ...[median(errors), within, Math.max(...errors)].map(percent)];
}

/** In how many of the readings of a changed file each shared measure arrived. */
async function arrivals(file: string): Promise<readonly string[]> {
  await using worker = new MeasureWorker();
  const counts = new Map<string, number>();
  const times: number[] = [];
  for (let turn = 0; turn <= READINGS; turn += 1) {
    change(file, turn);
    const begun = performance.now();
    const request = { path: file, shownPath: file, types: { episodic: [], procedural: [] }, maxBytes: 2 ** 30, budgetMs: BUDGET_MS };
    const version = await worker.measure(request);
    if (!version || "invalid" in version.contents) throw new Error("expected a measurement, found none");
    const { exact } = version.contents.graph;
    // The first reading compiles the code.
    if (turn === 0) continue;
    times.push(performance.now() - begun);
    for (const measure of SHARED) if (exact?.[measure] !== undefined) counts.set(measure, (counts.get(measure) ?? 0) + 1);
  }
  return [`${median(times).toFixed(0)} ms`, ...SHARED.map((measure) => `${counts.get(measure) ?? 0} of ${READINGS}`)];
}

async function underLoad(busyThreads: number, act: () => Promise<void>): Promise<void> {
  const busy = range(busyThreads).map(() => new Worker("for (;;);", { eval: true }));
  try {
    await act();
  } finally {
    await Promise.all(busy.map((worker) => worker.terminate()));
  }
}

console.log(`estimated centrality: relative error over ${SEEDS} seeds, graphs of ${NODES} nodes, 256 nodes drawn; Node ${process.version}`);
printTable([["", "exact", "median", "95 of 100 within", "maximum"], ...KINDS.map(errorsOf)]);

const cores = availableParallelism();
const folder = mkdtempSync(join(tmpdir(), "vitals-bench-"));
try {
  console.log(`\nmeasures of a changed memory file within the default budget of ${BUDGET_MS} ms, ${READINGS} readings, ${cores} cores`);
  const rows: (readonly string[])[] = [["", "reading", "clustering", "diameter", "centrality", "modularity"]];
  for (const nodes of [10_000, 50_000]) {
    const file = join(folder, `${nodes}.jsonl`);
    writeMemoryFile(file, nodes, 4 * nodes);
    for (const busy of [0, 2 * cores])
      await underLoad(busy, async () => void rows.push([`${nodes} nodes, ${busy} busy threads`, ...(await arrivals(file))]));
  }
  printTable(rows);
} finally {
  rmSync(folder, { recursive: true });
}
