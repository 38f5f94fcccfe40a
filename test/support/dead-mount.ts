/**
 * Preloaded into a process: the path in `DEAD_MOUNT` is on a filesystem that does not answer. Each call for its status holds a thread of the
 * process, in the system, for as long as nobody writes into the named pipe in `DEAD_MOUNT_PIPE`.
 */
import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const { DEAD_MOUNT, DEAD_MOUNT_PIPE = "", DEAD_IN = "main" } = process.env;
const stat = promises.stat;
promises.stat = (async (path: string, ...rest: never[]) => {
  if (path !== DEAD_MOUNT || isMainThread !== (DEAD_IN === "main")) return stat(path, ...rest);
  return (await promises.open(DEAD_MOUNT_PIPE, "r")).stat();
}) as typeof stat;
syncBuiltinESMExports();
