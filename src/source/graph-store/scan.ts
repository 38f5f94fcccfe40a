import { isVitalsError, messageOf } from "../../base/errors.ts";
import type { ConnectionSettings } from "../../store/connection.ts";
import type { Store } from "../../store/store.ts";
import { runTasks, type Done, type RunLimits, type Task } from "./task.ts";
import type { TopologyTask } from "./topology.ts";
import { measureInThread, type TopologyDone, type TopologyJob } from "./topology-thread.ts";

/** What one scan does. */
export interface ScanJob {
  readonly kind: TopologyJob["kind"];
  readonly connection: () => Promise<ConnectionSettings>;
  readonly connect: (settings: ConnectionSettings, signal: AbortSignal) => Promise<Store>;
  readonly tasks: readonly Task[];
  readonly topologies: readonly TopologyTask[];
  readonly limits: RunLimits;
}

/** The results of one scan, which may be incomplete. */
export interface ScanResult {
  readonly done: readonly Done[];
  readonly topologies: readonly TopologyDone[];
  /** Why the rest is missing. */
  readonly error?: string;
}

/**
 * Runs the queries of a scan on a connection of its own, so that cheap measures need not wait for them, then measures topology. Never two
 * connections at a time. Rejects only when the signal aborts.
 */
export async function scan({ kind, connection, connect, tasks, topologies, limits }: ScanJob, signal: AbortSignal): Promise<ScanResult> {
  let done: readonly Done[] = [];
  try {
    const settings = await connection();
    if (tasks.length > 0) {
      await using store = await connect(settings, signal);
      done = await runTasks(store, tasks, limits, signal);
    }
    if (topologies.length === 0) return { done, topologies: [] };
    const measured = await measureInThread({ kind, connection: settings, tasks: topologies }, signal);
    return { done, topologies: measured.done, ...(measured.error === undefined ? {} : { error: measured.error }) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { done, topologies: [], error: isVitalsError(error) ? error.message : messageOf(error) };
  }
}
