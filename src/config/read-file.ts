import { constants, type Stats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { messageOf, VitalsError } from "../base/errors.ts";
import { quantity } from "../base/quantity.ts";

/** People write configurations: a larger file is the wrong file. */
const MAX_BYTES = 1024 * 1024;

/** The text of a configuration file. @throws VitalsError `config_unreadable` for anything but a UTF-8 file of at most 1 MiB */
export const readConfigFile = (path: string): Promise<string> => readTextFile(path, MAX_BYTES);

/**
 * The text of a regular file; a pipe or a device is refused, because it may never end, or never begin.
 *
 * @throws VitalsError `config_unreadable` for anything but a regular file with at most `maxBytes` of UTF-8 text
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  const unreadable = (reason: string, cause?: unknown): VitalsError =>
    new VitalsError("config_unreadable", `${path}: ${reason}`, { cause });
  // Opening a pipe waits for its writer, unless told not to.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error.code === "ENOENT" ? "no such file" : `cannot be read: ${error.code ?? messageOf(error)}`, error);
  });
  const limit = quantity(maxBytes, "By");
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw unreadable(`expected a regular file, found ${nameOf(stat)}`);
    if (stat.size > maxBytes) throw unreadable(`expected a file of at most ${limit}, found ${quantity(stat.size, "By")}`);
    // The size of a file in /proc is zero, and a file may grow while it is read.
    const bytes = await readAtMost(file, maxBytes + 1);
    if (bytes.length > maxBytes) throw unreadable(`expected a file of at most ${limit}, found more`);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof VitalsError) throw error;
    throw unreadable(error instanceof TypeError ? "expected UTF-8 text, found other bytes" : `cannot be read: ${messageOf(error)}`, error);
  } finally {
    await file.close();
  }
}

function nameOf(stat: Stats): string {
  if (stat.isDirectory()) return "a directory";
  if (stat.isFIFO()) return "a pipe";
  if (stat.isSocket()) return "a socket";
  return "a device";
}

async function readAtMost(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const { bytesRead } = await file.read(buffer, length, maxBytes - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** The configuration used without a file: this machine, and a graph memory where the environment names its file. */
export function builtInConfig(hasMemoryFile: boolean): string {
  const memorySource = hasMemoryFile ? '    agent: { kind: mcp-memory, path: "${MEMORY_FILE_PATH}" }\n' : "";
  const memoryCollections = hasMemoryFile
    ? `    memory: { source: agent, type: agent-memory, interval: 5s, retain: 720 }
    graph: { source: agent, type: graph, interval: 2s, retain: 1800 }
`
    : "";
  return `file_format: "1.0"
collector:
  sources:
    here: { kind: host }
${memorySource}  collections:
    analytics: { source: here, type: system, interval: 1s, retain: 3600 }
${memoryCollections}`;
}
