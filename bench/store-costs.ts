/**
 * What each measure of the layout `graphiti` costs the server: milliseconds of one query, at several numbers of edges, and the time of all
 * edges read for topology. The graph is written for the measurement, with a tenth of the nodes episodes and a quarter of the edges mentions.
 *
 * Arguments: the engine, `falkordb` or `neo4j`, and numbers of edges. Default: falkordb 10000,100000,1000000.
 */
import { systemClock } from "../src/base/clock.ts";
import { quantity } from "../src/base/quantity.ts";
import { CATALOG_QUERIES, catalogOf } from "../src/source/graph-store/catalog.ts";
import { graphiti } from "../src/source/graph-store/layouts/graphiti.ts";
import { measureTopology } from "../src/source/graph-store/topology.ts";
import { connectFalkordb } from "../src/store/falkordb.ts";
import { connectNeo4j } from "../src/store/neo4j.ts";
import type { Store } from "../src/store/store.ts";
import { printTable } from "./support/measure.ts";
import { serveGraph, type ServedGraph } from "./support/served-graph.ts";

const [engine = "falkordb", sizes = "10000,100000,1000000"] = process.argv.slice(3);
const EDGES = sizes.split(",").map(Number);
/** The first run of a query includes its planning; the median of the others counts. */
const RUNS = 5;
const TIMEOUT_MS = 300_000;

const signal = new AbortController().signal;

async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) times.push(await millisecondsOf(work));
  const [, ...warm] = times;
  return warm.toSorted((a, b) => a - b)[Math.floor(warm.length / 2)] ?? Number.NaN;
}

const columns = new Map<string, string[]>();
const note = (name: string, text: string): void => void columns.set(name, [...(columns.get(name) ?? []), text]);
const shown = (ms: number): string => quantity(ms, "ms");

async function measure(store: Store, { graph }: ServedGraph): Promise<void> {
  const run = (text: string, parameters: Readonly<Record<string, string | number>> = {}) =>
    store.query({ text, graph, parameters, maxRows: 10_000, timeoutMs: TIMEOUT_MS }, signal);
  const counts = CATALOG_QUERIES[store.dialect];
  note("counts (cheap)", shown(await medianOf(() => run(counts))));
  const context = { nowMs: systemClock.wallMs(), catalog: catalogOf(store.dialect, await run(counts)), embeddingDimension: undefined };
  for (const { name, cost, query, parameters, remembers } of graphiti.measures) {
    const text = query?.[store.dialect];
    if (text === undefined) continue;
    const given = { ...parameters?.(context), ...(remembers === undefined ? {} : { since: "" }) };
    if (remembers !== undefined) {
      note(`${name} (first)`, shown(await millisecondsOf(() => run(text, given))));
      const newest = (await run(text, given)).rows[0]?.[0];
      if (typeof newest === "string") given.since = newest;
    }
    note(`${name} (${cost})`, shown(await medianOf(() => run(text, given))));
  }
  note("probe by a stored embedding", shown(await medianOf(() => run(graphiti.probe?.vector?.[store.dialect] ?? "RETURN 1"))));
  const limits = { graph, timeoutMs: TIMEOUT_MS, budgetMs: 0, maxItems: 10_000_000 };
  note("edges for topology (scan)", shown(await millisecondsOf(() => measureTopology(store, limits, signal))));
}

await using served = await serveGraph(engine === "neo4j" ? "neo4j" : "falkordb");
await using store = await (engine === "neo4j" ? connectNeo4j : connectFalkordb)(served.connection, signal);
for (const edges of EDGES) {
  await served.write({ nodes: Math.round(edges / 4), edges });
  await measure(store, served);
}
console.log(
  `${store.engine.name} ${store.engine.version}, median of ${RUNS - 1} runs after the first; ${new Date(systemClock.wallMs()).toISOString().slice(0, 10)}`,
);
printTable([
  ["measure", ...EDGES.map((edges) => `${edges.toLocaleString("en")} edges`)],
  ...[...columns].map(([name, times]) => [name, ...times]),
]);
