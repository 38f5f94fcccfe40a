import { Worker } from "node:worker_threads";
import { untilAborted } from "../../base/deadline.ts";
import { systemClock } from "../../base/clock.ts";
import { Deadline } from "../../base/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import { heldUntil } from "../../base/held-thread.ts";
import type { AnyValues } from "../../sample/sample-type.ts";
import type { ConnectionSettings } from "../../store/connection.ts";
import type { TopologyTask } from "./topology.ts";

/** What the thread gets. */
export interface TopologyJob {
  readonly kind: "neo4j" | "falkordb";
  readonly connection: ConnectionSettings;
  readonly tasks: readonly TopologyTask[];
}

/** What became of the topology of one graph. */
export interface TopologyDone {
  readonly graph: string;
  readonly seconds: number;
  readonly values?: AnyValues;
  readonly error?: string;
}

/** What the thread reports. */
export type TopologyMessage = { readonly done: TopologyDone } | { readonly error: string };

/** `tsc` does not rewrite the extension in a URL, so it depends on this file's own. */
const WORKER_URL = new URL(import.meta.url.endsWith(".ts") ? "./topology-worker.ts" : "./topology-worker.js", import.meta.url);

/** Limit on the heap of the thread; edges are held outside of it. MiB. */
const HEAP_MB = 256;
const YOUNG_GENERATION_MB = 8;

/** How long a thread has to end its query on the server before it is ended itself. Milliseconds. */
const GRACE_MS = 1_000;

/**
 * Measures the topology of graphs in a thread of its own, so that neither reading a million edges nor measuring them blocks anything else.
 *
 * @param signal ends the thread and its query
 * @returns what became of each graph; those that are missing at the end failed because of `error`
 */
export async function measureInThread(
  job: TopologyJob,
  signal: AbortSignal,
): Promise<{ readonly done: readonly TopologyDone[]; readonly error?: string }> {
  signal.throwIfAborted();
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, maxOldGenerationSizeMb: HEAP_MB };
  const worker = new Worker(WORKER_URL, { name: "otel-vitals topology", workerData: job, resourceLimits });
  worker.unref();
  const done: TopologyDone[] = [];
  let error: string | undefined;
  worker.on("message", (message: TopologyMessage) => {
    if ("done" in message) done.push(message.done);
    else error = message.error;
  });
  worker.on("error", (thrown) => {
    const { code } = thrown as NodeJS.ErrnoException;
    error = code === "ERR_WORKER_OUT_OF_MEMORY" ? `topology needs more than ${HEAP_MB} MiB of memory` : messageOf(thrown);
  });
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  try {
    await untilAborted(ended, signal);
  } catch (aborted) {
    worker.postMessage("stop");
    using deadline = new Deadline(systemClock, systemClock.monotonicMs() + GRACE_MS, () => new Error("too late"));
    await untilAborted(ended, deadline.signal).catch(() => void heldUntil(worker.terminate()));
    throw aborted;
  }
  return { done, ...(error === undefined ? {} : { error }) };
}
