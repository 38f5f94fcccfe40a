/**
 * Work of other threads that has not ended. A thread that waits for a filesystem that does not answer, such as a dead mount, cannot be
 * stopped, and `process.exit` waits for it.
 */
const waiting = new Set<Promise<unknown>>();

/** Counts work of another thread until it ends. @returns its argument */
export function heldUntil<T>(work: Promise<T>): Promise<T> {
  waiting.add(work);
  const end = (): void => void waiting.delete(work);
  work.then(end, end);
  return work;
}

/** Of Node's own calls in threads: files, and names of hosts. */
const IN_THREADS = /^(FSReq|GetAddrInfoReq|GetNameInfoReq)/;

/** Whether `process.exit` would wait for a thread, perhaps for ever. */
export function isThreadHeld(): boolean {
  return waiting.size > 0 || process.getActiveResourcesInfo().some((name) => IN_THREADS.test(name));
}
