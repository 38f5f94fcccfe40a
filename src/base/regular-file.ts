import { constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";

/** What a path leads to, if it is not a regular file. Its message continues a sentence: `is a named pipe; expected a regular file`. */
export class NotRegularFileError extends Error {
  override readonly name = "NotRegularFileError";
}

interface Kind {
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/** @throws NotRegularFileError unless it is a regular file */
export function requireRegular(stats: Kind): void {
  if (stats.isFile()) return;
  const noun = stats.isDirectory() ? "folder" : stats.isFIFO() ? "named pipe" : stats.isSocket() ? "socket" : "device";
  throw new NotRegularFileError(`is a ${noun}; expected a regular file`);
}

/**
 * Opens a regular file to read it. Anything else is refused before it is opened: opening a pipe or reading a device can block for ever, and
 * so hold one of the few threads that all file access of the process shares.
 *
 * @throws NotRegularFileError for a folder, a pipe, a socket or a device; errors of Node as they are
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  requireRegular(await stat(path));
  // What it leads to may change in between: without blocking, opening a pipe returns at once. Windows has no such flag.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    requireRegular(await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
