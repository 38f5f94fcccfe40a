/**
 * Memory of a collector that reads a large graph with every default but the length of its scans: the peak of its resident memory, until the
 * first sample with topology, and the durations of the cheap readings meanwhile.
 *
 * Arguments: the engine, `falkordb` or `neo4j`, then numbers of nodes and edges. Default: falkordb 1000000 4000000.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { quantity } from "../src/base/quantity.ts";
import { serveGraph } from "./support/served-graph.ts";

const [engine = "falkordb", nodes = "1000000", edges = "4000000"] = process.argv.slice(3);
const MAIN = new URL("../src/cli/main.ts", import.meta.url).pathname;
/** As `npm start`, the image and the systemd unit run it. */
const FLAGS = ["--max-semi-space-size=8"];
const GIVE_UP_MS = 600_000;

interface Samples {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

const kind = engine === "neo4j" ? "neo4j" : "falkordb";
await using served = await serveGraph(kind);
console.log(`writing ${quantity(Number(nodes), "{node}")} and ${quantity(Number(edges), "{edge}")}`);
await served.write({ nodes: Number(nodes), edges: Number(edges) });

const folder = await mkdtemp(join(tmpdir(), "store-memory-"));
const target = kind === "neo4j" ? "" : `graphs: [${served.graph}], `;
const source = `{ kind: ${kind}, url: "${served.connection.url}", ${target}scan_timeout: 5m, topology: { timeout: 5m, budget: 30s } }`;
await writeFile(
  join(folder, "otel-config.yaml"),
  `file_format: "1.0"\nmeter_provider: { readers: [{ pull: { exporter: { prometheus/development: {} } } }] }\ncollector:\n  sources: { memory: ${source} }\n  collections:\n    facts: { source: memory, type: agent-memory }\n    graph: { source: memory, type: graph }\n`,
);
const child = spawn(process.execPath, [
  ...FLAGS,
  MAIN,
  "run",
  "--log-format",
  "json",
  "--listen",
  "127.0.0.1:0",
  "-c",
  join(folder, "otel-config.yaml"),
]);
const url = await new Promise<string>((resolve) => {
  createInterface(child.stderr).on("line", (line) => {
    const entry = JSON.parse(line) as { readonly message?: string; readonly url?: string };
    if (entry.message === "started" && entry.url !== undefined) resolve(entry.url);
    else console.log(line.slice(0, 200));
  });
});

const startMs = performance.now();
let measured: Samples["rows"][number] | undefined;
let all: Samples | undefined;
while (measured === undefined && performance.now() - startMs < GIVE_UP_MS) {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  all = (await (await fetch(`${url}/api/v1/collections/graph/samples`)).json()) as Samples;
  const column = all.columns.indexOf("connectedComponents");
  measured = column < 0 ? undefined : all.rows.find((row) => row[column] !== null);
}
const peakKib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]);
const outcome = all?.columns.indexOf("outcome") ?? -1;
const outcomes = Object.groupBy(all?.rows ?? [], (row) => String(row[outcome]));
console.log(
  `topology after ${measured ? quantity(performance.now() - startMs, "ms") : "more than the limit"}; peak resident memory ${quantity(peakKib * 1024, "By")}`,
);
console.log(
  `samples by outcome: ${Object.entries(outcomes)
    .map(([name, rows]) => `${name} ${rows?.length}`)
    .join(", ")}`,
);
for (const name of ["nodeCount", "edgeCount", "orphanNodes", "maxDegree", "connectedComponents", "clusteringCoefficient", "modularity"])
  console.log(`${name.padEnd(22)} ${String(measured?.[all?.columns.indexOf(name) ?? -1] ?? "absent")}`);
console.log("seconds of queries and their number, by measure:");
const metrics = await (await fetch(`${url}/metrics`)).text();
for (const [, measure, seconds] of metrics.matchAll(/^vitals_store_query_time_seconds_total\{.*vitals_store_measure="(\w+)".*\} (\S+)/gm)) {
  const count = [...metrics.matchAll(new RegExp(`^vitals_store_queries_total\\{.*vitals_store_measure="${measure}".*\\} (\\d+)`, "gm"))];
  console.log(`${String(measure).padEnd(22)} ${Number(seconds).toFixed(1).padStart(7)} ${count.map(([, n]) => n).join(" + ")}`);
}
child.kill("SIGTERM");
await new Promise((resolve) => child.once("exit", resolve));
await rm(folder, { recursive: true });
process.exit(measured ? 0 : 1);
