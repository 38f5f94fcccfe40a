import { open } from "node:fs/promises";
import { VitalsError } from "../base/errors.ts";

/** A configuration is written by people; what is larger was written by mistake. */
const LARGEST_BYTES = 1024 * 1024;

/** The text of a configuration file. @throws VitalsError `config_unreadable` for anything but a file of UTF-8 of at most 1 MiB */
export async function readConfigFile(path: string): Promise<string> {
  const refuse = (reason: string, cause?: unknown): VitalsError => new VitalsError("config_unreadable", `${path}: ${reason}`, { cause });
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === "ENOENT" ? "there is no such file" : `cannot be read (${error.code ?? "unknown reason"})`, error);
  });
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw refuse("expected a file, found a folder");
    if (stat.size > LARGEST_BYTES) throw refuse(`expected at most ${LARGEST_BYTES} bytes, found ${stat.size}`);
    const bytes = await file.readFile();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof VitalsError) throw error;
    throw refuse(error instanceof TypeError ? "expected UTF-8, found other bytes" : "cannot be read", error);
  } finally {
    await file.close();
  }
}

/** What runs without a file: this machine, and a graph memory where the environment names its file. */
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
