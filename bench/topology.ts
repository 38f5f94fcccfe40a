/**
 * A complete reading of a memory file, from the file to the validated sample, compared with the same measures in graphology, each in a
 * separate process; its effect on a collector with default settings; and the measures alone.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GraphMetrics } from "../src/sample/types/graph.ts";
import { measureGraph } from "../src/topology/index.ts";
import { seededRandom } from "../src/topology/random.ts";
import { median, printTable } from "./support/measure.ts";
import { writeMemoryFile } from "./support/memory-file.ts";

const ROUNDS = 3;
const SERVICE_SECONDS = 30;

interface Run {
  readonly times: readonly number[];
  /** After each round. */
  readonly peaksMb: readonly number[];
  /** Before anything was loaded or read. */
  readonly bareMb: number;
  readonly values: GraphMetrics;
}

interface Service {
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly second: Readonly<Record<string, number>>;
  readonly graph: Readonly<Record<string, number>>;
  readonly measures: number;
  readonly unchanged: { readonly requests: number; readonly readUs: number; readonly statUs: number };
}

const child = (file: string, ...args: readonly string[]): unknown =>
  JSON.parse(execFileSync(process.execPath, [join(import.meta.dirname, "support", file), ...args], { encoding: "utf8" }));

/** Fails if both find different values. Louvain depends on the order of nodes, and the diameter is a bound. */
function refuseDifference(ours: GraphMetrics, other: GraphMetrics): void {
  const keys = ["nodeCount", "edgeCount", "connectedComponents", "largestComponentSize", "density", "clusteringCoefficient"] as const;
  const isNear = (key: keyof GraphMetrics, share: number): boolean => Math.abs(Number(ours[key]) / Number(other[key]) - 1) <= share;
  const isFair = Number(other.diameter) <= Number(ours.diameter) && isNear("modularity", 0.02) && isNear("averageCentrality", 1e-9);
  if (!isFair || !keys.every((key) => isNear(key, 1e-9))) {
    throw new Error(`expected the same of both, found ${JSON.stringify(ours)} and ${JSON.stringify(other)}`);
  }
}

function compare(path: string, label: string): readonly (readonly string[])[] {
  const runs = (["otel-vitals", "graphology"] as const).map((way) => ({
    way,
    run: child("reading-child.ts", way, path, String(ROUNDS)) as Run,
  }));
  const [ours, other] = runs.map(({ run }) => run) as [Run, Run];
  refuseDifference(ours.values, other.values);
  const measures: readonly ((run: Run) => number)[] = [
    ({ times }) => times[0] as number,
    ({ times }) => median(times),
    ({ peaksMb, bareMb }) => (peaksMb[0] as number) - bareMb,
    ({ peaksMb, bareMb }) => (peaksMb.at(-1) as number) - bareMb,
    ({ peaksMb }) => peaksMb.at(-1) as number,
  ];
  const units = ["ms", "ms", "MB", "MB", "MB"];
  return [
    ...runs.map(({ way, run }) => [`${label}: ${way}`, ...measures.map((of, n) => `${of(run).toFixed(0)} ${units[n]}`)]),
    ["ratio", ...measures.map((of) => `${(of(other) / of(ours)).toFixed(1)}x`)],
  ];
}

function alone(nodeCount: number, edgeCount: number): readonly string[] {
  const random = seededRandom(7);
  const ends = (): Uint32Array => Uint32Array.from({ length: edgeCount }, () => Math.floor(random() * nodeCount));
  const graph = { nodeCount, from: ends(), to: ends() };
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now();
    measureGraph(graph);
    return performance.now() - begun;
  });
  return [String(nodeCount), String(edgeCount), `${median(times).toFixed(0)} ms`];
}

const folder = mkdtempSync(join(tmpdir(), "vitals-bench-"));
try {
  const [medium, large] = [join(folder, "medium.jsonl"), join(folder, "large.jsonl")];
  writeMemoryFile(medium, 10_000, 40_000);
  writeMemoryFile(large, 100_000, 400_000);
  const mb = (path: string): string => (statSync(path).size / 1e6).toFixed(1);
  console.log(`file to sample, ${ROUNDS} readings in a separate process, the file changed before each; Node ${process.version}`);
  console.log(`memory is the peak of the process: above its level before the first reading, and in total`);
  printTable([
    ["", "first", "median", "memory, 1st", `memory, ${ROUNDS}`, "all"],
    ...compare(medium, `10 000 / 40 000 (${mb(medium)} MB)`),
    ...compare(large, `100 000 / 400 000 (${mb(large)} MB)`),
  ]);

  const { delayP99Ms, delayMaxMs, second, graph, measures, unchanged } = child(
    "service-child.ts",
    large,
    String(SERVICE_SECONDS),
  ) as Service;
  console.log(`\na collector at its defaults for ${SERVICE_SECONDS} s, the large file changed every 2 s`);
  printTable([
    ["event-loop delay of the main thread, p99 and max", `${delayP99Ms.toFixed(1)} ms, ${delayMaxMs.toFixed(1)} ms`],
    ["loop of 1 s: succeeded, missed", `${second["success"]}, ${second["missed"]}`],
    ["graph every 2 s: succeeded, timed out, missed", `${graph["success"]}, ${graph["timeout"]}, ${graph["missed"]}`],
    ["measures of 7 in the newest graph that succeeded", String(measures)],
    ["file not changed: requests to the filesystem", String(unchanged.requests)],
    ["file not changed: a reading, a stat alone", `${unchanged.readUs.toFixed(0)} µs, ${unchanged.statUs.toFixed(0)} µs`],
  ]);
} finally {
  rmSync(folder, { recursive: true });
}

console.log("\nthe measures alone, median of 5");
printTable([["nodes", "edges", "time"], alone(1_000, 4_000), alone(10_000, 40_000), alone(100_000, 400_000)]);
