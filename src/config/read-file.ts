import { open } from "node:fs/promises";
import { messageOf, VitalsError } from "../base/errors.ts";
import { quantity } from "../base/quantity.ts";

/** People write configurations: a larger file is the wrong file. */
const MAX_BYTES = 1024 * 1024;

/** The text of a configuration file. @throws VitalsError `config_unreadable` for anything but a UTF-8 file of at most 1 MiB */
export async function readConfigFile(path: string): Promise<string> {
  const unreadable = (reason: string, cause?: unknown): VitalsError =>
    new VitalsError("config_unreadable", `${path}: ${reason}`, { cause });
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error.code === "ENOENT" ? "no such file" : `cannot be read: ${error.code ?? messageOf(error)}`, error);
  });
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw unreadable("expected a file, found a directory");
    if (stat.size > MAX_BYTES)
      throw unreadable(`expected a file of at most ${quantity(MAX_BYTES, "By")}, found ${quantity(stat.size, "By")}`);
    const bytes = await file.readFile();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof VitalsError) throw error;
    throw unreadable(error instanceof TypeError ? "expected UTF-8 text, found other bytes" : `cannot be read: ${messageOf(error)}`, error);
  } finally {
    await file.close();
  }
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
