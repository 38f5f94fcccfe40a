import { isVitalsError, messageOf, VitalsError } from "../../base/errors.ts";
import { FORBIDDEN } from "../../store/connection.ts";
import { MISSING_GRAPH } from "../../store/falkordb.ts";
import { TOO_LARGE } from "../../store/wire.ts";
import { StoreRefusal, type Rows, type Store } from "../../store/store.ts";

/** One query of a measure. Plain data, so that a thread can be given it. */
export interface Task {
  readonly measure: string;
  readonly graph: string;
  readonly text: string;
  readonly parameters?: Readonly<Record<string, string | number>>;
}

/** What became of a task. */
export interface Done {
  readonly task: Task;
  readonly seconds: number;
  /** The result; absent if there is none. */
  readonly rows?: Rows;
  /** Why the server cannot measure it. */
  readonly absent?: string;
  /** Why it failed. */
  readonly error?: string;
}

/** Rows of one result: more are no measure, but data. */
const MAX_ROWS = 10_000;

/** What the queries of one run may take. */
export interface RunLimits {
  /** Milliseconds for the next query; the server ends it then. */
  readonly timeoutMs: () => number;
  readonly monotonicMs: () => number;
}

/**
 * Runs queries one after another. A query that the server refuses or does not finish leaves the others as they are.
 *
 * @param took called after each query; default: not called
 * @throws VitalsError if the connection failed, or the signal aborted
 */
export async function runTasks(
  store: Store,
  tasks: readonly Task[],
  limits: RunLimits,
  signal: AbortSignal,
  took: (done: Done) => void = () => {},
): Promise<readonly Done[]> {
  const all: Done[] = [];
  for (const task of tasks) {
    const done = await runTask(store, task, limits, signal);
    all.push(done);
    took(done);
  }
  return all;
}

async function runTask(store: Store, task: Task, { timeoutMs, monotonicMs }: RunLimits, signal: AbortSignal): Promise<Done> {
  const startMs = monotonicMs();
  const seconds = (): number => (monotonicMs() - startMs) / 1_000;
  try {
    const rows = await store.query({ ...task, maxRows: MAX_ROWS, timeoutMs: timeoutMs() }, signal);
    return { task, seconds: seconds(), rows };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isAbsence(error)) return { task, seconds: seconds(), absent: messageOf(error) };
    if (isVitalsError(error) && error.errorType === TOO_LARGE)
      throw new VitalsError("source_failed", `${task.measure}: ${error.message}`, { cause: error, errorType: TOO_LARGE });
    if (endsConnection(error)) throw error;
    return { task, seconds: seconds(), error: messageOf(error) };
  }
}

/** What the server does not have or does not permit, and a graph that was deleted meanwhile. */
export const isAbsence = (error: unknown): boolean =>
  error instanceof StoreRefusal || (isVitalsError(error) && (error.errorType === FORBIDDEN || error.errorType === MISSING_GRAPH));

/** Errors that concern the server, not the query. */
export function endsConnection(error: unknown): boolean {
  if (!(error instanceof VitalsError)) return true;
  const { code, errorType } = error;
  return code !== "source_timeout" && !(code === "source_failed" && (errorType === code || errorType === "refused"));
}
