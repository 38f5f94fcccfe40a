import { isThreadHeld } from "../base/held-thread.ts";

/**
 * Ends the process at once.
 *
 * `process.exit` waits for threads, also for one that a dead mount holds for ever. Such a process is replaced by one that only returns the
 * code: the system ends the threads of a program that it replaces.
 */
export function exit(code: number): never {
  // Windows and old versions of Node cannot replace a process.
  if (isThreadHeld() && process.execve !== undefined && process.platform !== "win32")
    process.execve(process.execPath, [process.execPath, "-e", `process.exit(${code})`], {});
  process.exit(code);
}
