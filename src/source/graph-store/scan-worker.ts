import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../base/errors.ts";
import { connectFalkordb } from "../../store/falkordb.ts";
import { connectNeo4j } from "../../store/neo4j.ts";
import type { ScanJob, ScanMessage } from "./scan.ts";
import { runTasks } from "./task.ts";
import { measureTopology } from "./topology.ts";

/** Entry point of the thread that scans: runs one job on a connection of its own, reports, and ends. */
const job = workerData as ScanJob;
const ending = new AbortController();
parentPort?.on("message", () => ending.abort(new Error("the scan was stopped")));
// The end of the job ends the thread.
parentPort?.unref();

const report = (message: ScanMessage): void => parentPort?.postMessage(message);

try {
  await using store = await (job.kind === "neo4j" ? connectNeo4j : connectFalkordb)(job.connection, ending.signal);
  const limits = { timeoutMs: job.timeoutMs, monotonicMs: () => performance.now() };
  for (const task of job.tasks) for (const done of await runTasks(store, [task], limits, ending.signal)) report({ done });
  for (const topology of job.topologies) {
    const startMs = performance.now();
    const seconds = (): number => (performance.now() - startMs) / 1_000;
    try {
      const values = await measureTopology(store, topology, ending.signal);
      report({ topology: { graph: topology.graph, values, seconds: seconds() } });
    } catch (error) {
      ending.signal.throwIfAborted();
      report({ topology: { graph: topology.graph, error: messageOf(error), seconds: seconds() } });
    }
  }
} catch (error) {
  report({ error: messageOf(error) });
}
