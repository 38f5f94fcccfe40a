import { messageOf } from "../../base/errors.ts";
import type { ConnectionSettings } from "../../store/connection.ts";
import type { Store } from "../../store/store.ts";
import { isAbsence, runTasks, type Done, type RunLimits, type Task } from "./task.ts";
import type { TopologyTask } from "./topology.ts";
import { measureInThread, type TopologyDone, type TopologyJob } from "./topology-thread.ts";

/** The field of the sample type `graph` for the size of a graph. */
export const SIZE_FIELD = "storeSize";

/** What one scan does. */
export interface ScanJob {
  readonly kind: TopologyJob["kind"];
  readonly connection: () => Promise<ConnectionSettings>;
  readonly connect: (settings: ConnectionSettings, signal: AbortSignal) => Promise<Store>;
  readonly tasks: readonly Task[];
  /** Graphs whose size is asked for. */
  readonly sizes: readonly string[];
  readonly topologies: readonly TopologyTask[];
  readonly limits: RunLimits;
}

/** The results of one scan. */
export interface ScanResult {
  /** Those of the queries that were run. */
  readonly done: readonly Done[];
  /** Bytes by graph, of those whose size the server reports. */
  readonly sizes: ReadonlyMap<string, number>;
  /** One for each graph whose topology was to be measured. */
  readonly topologies: readonly TopologyDone[];
  /** Why the other queries were not run. */
  readonly error?: string;
}

/**
 * Runs the queries of a scan on a connection of its own, so that cheap measures need not wait for them, then measures topology. Never two
 * connections at a time. Rejects only when the signal aborts.
 */
export async function scan(
  { kind, connection, connect, tasks, sizes: graphs, topologies, limits }: ScanJob,
  signal: AbortSignal,
): Promise<ScanResult> {
  const done: Done[] = [];
  const sizes = new Map<string, number>();
  const failed = (error: string): readonly TopologyDone[] => topologies.map(({ graph }) => ({ graph, error, seconds: 0 }));
  try {
    const settings = await connection();
    if (tasks.length + graphs.length > 0) {
      await using store = await connect(settings, signal);
      await runTasks(store, tasks, limits, signal, (each) => done.push(each));
      for (const graph of graphs) await addSize(store, graph, sizes, signal);
    }
    if (topologies.length === 0) return { done, sizes, topologies: [] };
    const measured = await measureInThread({ kind, connection: settings, tasks: topologies }, signal);
    const missing = failed(measured.error ?? "the thread ended before").filter(({ graph }) =>
      measured.done.every((each) => each.graph !== graph),
    );
    return { done, sizes, topologies: [...measured.done, ...missing] };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const text = messageOf(error);
    return { done, sizes, topologies: failed(text), ...(done.length < tasks.length ? { error: text } : {}) };
  }
}

/** A size that the user may not ask for is absent. */
async function addSize(store: Store, graph: string, sizes: Map<string, number>, signal: AbortSignal): Promise<void> {
  try {
    const bytes = await store.size?.(graph, signal);
    if (bytes !== undefined) sizes.set(graph, bytes);
  } catch (error) {
    if (signal.aborted || !isAbsence(error)) throw error;
  }
}
