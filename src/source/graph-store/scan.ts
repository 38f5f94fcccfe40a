import { Worker } from "node:worker_threads";
import { systemClock } from "../../base/clock.ts";
import { Deadline, untilAborted } from "../../base/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import { heldUntil } from "../../base/held-thread.ts";
import type { AnyValues } from "../../sample/sample-type.ts";
import type { ConnectionSettings } from "../../store/connection.ts";
import type { Done, Task } from "./task.ts";
import type { TopologyTask } from "./topology.ts";

/** What a thread that scans gets. */
export interface ScanJob {
  readonly kind: "neo4j" | "falkordb";
  readonly connection: ConnectionSettings;
  readonly tasks: readonly Task[];
  readonly topologies: readonly TopologyTask[];
  /** Milliseconds for each query. */
  readonly timeoutMs: number;
}

/** What became of the topology of one graph. */
export interface TopologyDone {
  readonly graph: string;
  readonly seconds: number;
  readonly values?: AnyValues;
  readonly error?: string;
}

/** What the thread reports. */
export type ScanMessage = { readonly done: Done } | { readonly topology: TopologyDone } | { readonly error: string };

/** The results of one job, which may be incomplete. */
export interface ScanResult {
  readonly done: readonly Done[];
  readonly topologies: readonly TopologyDone[];
  /** Why the rest is missing. */
  readonly error?: string;
}

/** `tsc` does not rewrite the extension in a URL, so it depends on this file's own. */
const WORKER_URL = new URL(import.meta.url.endsWith(".ts") ? "./scan-worker.ts" : "./scan-worker.js", import.meta.url);

/** Limit on the heap of the thread; edges are held outside of it. MiB. */
const HEAP_MB = 256;
const YOUNG_GENERATION_MB = 8;

/** How long a thread has to end its query on the server before it is ended itself. Milliseconds. */
const GRACE_MS = 1_000;

/** A scan in a thread of its own, so that neither a large answer nor the measures of a graph block the others. */
export class Scan {
  /** Settles with the end of the thread; never rejects. */
  readonly result: Promise<ScanResult>;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;

  constructor(job: ScanJob) {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, maxOldGenerationSizeMb: HEAP_MB };
    this.#worker = new Worker(WORKER_URL, { name: "otel-vitals scan", workerData: job, resourceLimits });
    this.#worker.unref();
    const done: Done[] = [];
    const topologies: TopologyDone[] = [];
    let error: string | undefined;
    this.#worker.on("message", (message: ScanMessage) => {
      if ("done" in message) done.push(message.done);
      else if ("topology" in message) topologies.push(message.topology);
      else error = message.error;
    });
    this.#worker.on("error", (thrown) => {
      const { code } = thrown as NodeJS.ErrnoException;
      error = code === "ERR_WORKER_OUT_OF_MEMORY" ? `the scan needs more than ${HEAP_MB} MiB of memory` : messageOf(thrown);
    });
    this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.result = this.#ended.then(() => ({ done, topologies, ...(error === undefined ? {} : { error }) }));
  }

  /** Ends the queries of the thread, then the thread. */
  async stop(): Promise<void> {
    this.#worker.postMessage("stop");
    using deadline = new Deadline(systemClock, systemClock.monotonicMs() + GRACE_MS, () => new Error("too late"));
    await untilAborted(this.#ended, deadline.signal).catch(() => heldUntil(this.#worker.terminate()));
  }
}
