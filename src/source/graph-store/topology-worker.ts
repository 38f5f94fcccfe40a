import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../base/errors.ts";
import { connectFalkordb } from "../../store/falkordb.ts";
import { connectNeo4j } from "../../store/neo4j.ts";
import type { TopologyJob, TopologyMessage } from "./topology-thread.ts";
import { measureTopology } from "./topology.ts";

/** Entry point of the thread that measures topology: measures each graph on a connection of its own, reports, and ends. */
const job = workerData as TopologyJob;
const ending = new AbortController();
parentPort?.on("message", () => ending.abort(new Error("the scan was stopped")));
// The end of the job ends the thread.
parentPort?.unref();

const report = (message: TopologyMessage): void => parentPort?.postMessage(message);

try {
  await using store = await (job.kind === "neo4j" ? connectNeo4j : connectFalkordb)(job.connection, ending.signal);
  for (const task of job.tasks) {
    const startMs = performance.now();
    const seconds = (): number => (performance.now() - startMs) / 1_000;
    try {
      const values = await measureTopology(store, task, ending.signal);
      report({ done: { graph: task.graph, values, seconds: seconds() } });
    } catch (error) {
      ending.signal.throwIfAborted();
      report({ done: { graph: task.graph, error: messageOf(error), seconds: seconds() } });
    }
  }
} catch (error) {
  report({ error: messageOf(error) });
}
