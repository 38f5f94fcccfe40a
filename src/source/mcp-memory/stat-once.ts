import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";

/**
 * Calls that run at the same time, of all memory files. A filesystem that does not answer, such as a dead mount, holds a thread until it
 * does, and a process has four for its files, names and compression: the other two remain.
 */
const MAX_RUNNING = 2;

/** Calls by path that have not returned. */
const pending = new Map<string, Promise<Stats>>();
const queue: (() => void)[] = [];
let running = 0;

/**
 * The status of a path. While a call for a path has not returned, further calls share its result: a path that does not answer holds one
 * thread, however often it is read.
 *
 * @param call replaces `stat` in tests
 * @throws errors of `stat`
 */
export function statOnce(path: string, call: (path: string) => Promise<Stats> = stat): Promise<Stats> {
  const known = pending.get(path);
  if (known) return known;
  const result = inTurn(() => call(path)).finally(() => pending.delete(path));
  pending.set(path, result);
  return result;
}

async function inTurn<T>(call: () => Promise<T>): Promise<T> {
  if (running < MAX_RUNNING) running += 1;
  // The place is handed over.
  else await new Promise<void>((resolve) => queue.push(resolve));
  try {
    return await call();
  } finally {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }
}
