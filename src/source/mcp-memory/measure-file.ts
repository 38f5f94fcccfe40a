import { open, type FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { isVitalsError, VitalsError } from "../../base/errors.ts";
import type { GraphMetrics } from "../../sample/types/graph.ts";
import { measureGraph } from "../../topology/index.ts";
import { MemoryGraph, type MemoryGraphTotals, type MemoryTypes } from "./memory-graph.ts";
import type { StatementTotals } from "./statements.ts";

/** One measurement to make; plain data, because it travels to a worker. */
export interface MeasureRequest {
  readonly path: string;
  /** The path as the configuration has it, for messages. */
  readonly shownPath: string;
  readonly types: MemoryTypes;
  readonly maxBytes: number;
  /** Milliseconds from the beginning of a reading after which no expensive measure of the graph goes on; 0 for none of them. */
  readonly budgetMs: number;
}

/** Everything both readings need of one state of the file. */
export interface FileMeasurement {
  readonly identity: FileIdentity;
  readonly statements: StatementTotals;
  /** Raw size / gzip size of the file's first MiB; undefined of an empty file. */
  readonly compressionRatio: number | undefined;
  readonly graph: GraphMetrics;
}

/** Changes whenever the file does. */
export interface FileIdentity {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

export type MeasureFile = (request: MeasureRequest) => Promise<FileMeasurement>;

const CHUNK_BYTES = 1024 * 1024;
const LONGEST_LINE_BYTES = 64 * 1024 * 1024;

/** The server empties the file and writes it again; one written to this recently may not be whole yet. */
const SETTLED_MS = 25;
const ATTEMPTS = 5;

/**
 * Reads a memory file to its end and measures it: the same here and in a worker. A file that changed meanwhile is read again.
 *
 * @throws VitalsError `source_unreachable` where it cannot be read, `reading_invalid` where it is no memory file, `source_failed`
 * when it is too large or never stood still
 */
export const measureFile: MeasureFile = async (request) => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const measurement = await attemptOnce(request);
    if (measurement) return measurement;
    await sleep(SETTLED_MS);
  }
  throw new VitalsError("source_failed", `memory file "${request.shownPath}" was being written each of ${ATTEMPTS} times it was read`, {
    retryable: true,
  });
};

/** Undefined when the file was being written. */
async function attemptOnce(request: MeasureRequest): Promise<FileMeasurement | undefined> {
  const begunMs = performance.now();
  const file = await openFile(request);
  try {
    const before = await identityOf(file, request);
    if (Date.now() - before.mtimeMs < SETTLED_MS) return undefined;
    const contents = await readGraph(file, request.types).catch((error: unknown) => {
      if (isVitalsError(error)) return error;
      throw error;
    });
    const after = await identityOf(file, request);
    if (before.size !== after.size || before.mtimeMs !== after.mtimeMs) return undefined;
    if (contents instanceof VitalsError) throw contents;
    const { totals, compressionRatio } = contents;
    // What reading took is gone: a file that takes long to read leaves out measures rather than outlasting its interval.
    const budgetMs = Math.max(0, request.budgetMs - (performance.now() - begunMs));
    return { identity: after, statements: totals.statements, compressionRatio, graph: graphOf(totals, budgetMs) };
  } finally {
    await file.close();
  }
}

async function openFile({ path, shownPath }: MeasureRequest): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw unreadable(shownPath, error);
  }
}

/** What to say of a file that cannot be read. */
export function unreadable(shownPath: string, error: unknown): VitalsError {
  const { code } = error as { readonly code?: string };
  const reason =
    code === "ENOENT" ? "is not there; start the memory server, or set its path" : `cannot be read (${code ?? "unknown reason"})`;
  return new VitalsError("source_unreachable", `memory file "${shownPath}" ${reason}`, { cause: error, retryable: true });
}

async function identityOf(file: FileHandle, { shownPath, maxBytes }: MeasureRequest): Promise<FileIdentity> {
  const stat = await file.stat();
  if (!stat.isFile())
    throw new VitalsError(
      "source_failed",
      `memory file "${shownPath}": expected a file, found ${stat.isDirectory() ? "a folder" : "something else"}`,
    );
  if (stat.size > maxBytes)
    throw new VitalsError("source_failed", `memory file "${shownPath}" has ${stat.size} bytes; at most ${maxBytes} are read (max_bytes)`);
  return { size: stat.size, mtimeMs: stat.mtimeMs, ino: stat.ino };
}

async function readGraph(
  file: FileHandle,
  types: MemoryTypes,
): Promise<{ readonly totals: MemoryGraphTotals; readonly compressionRatio: number | undefined }> {
  const graph = new MemoryGraph(types);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let compressionRatio: number | undefined;
  let number = 0;
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    // As much as the first read gives, which is the whole first MiB but for exotic filesystems.
    if (position === 0) compressionRatio = Math.max(1, bytesRead / gzipSync(chunk).length);
    position += bytesRead;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      number += 1;
      graph.add(bytes.toString("utf8", start, end), number);
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
    if (rest.length > LONGEST_LINE_BYTES)
      throw new VitalsError(
        "reading_invalid",
        `line ${number + 1} of the memory file: expected at most ${LONGEST_LINE_BYTES} bytes, found more`,
      );
  }
  addLastLine(graph, rest, number + 1);
  return { totals: graph.totals(), compressionRatio };
}

/** The last line has no newline. One that is no JSON is still being written, and counts once it is whole. */
function addLastLine(graph: MemoryGraph, line: Buffer, number: number): void {
  const text = line.toString("utf8");
  try {
    JSON.parse(text);
  } catch {
    return;
  }
  graph.add(text, number);
}

function graphOf({ nodes, edges, nodeCount, edgeCount, graph }: MemoryGraphTotals, budgetMs: number): GraphMetrics {
  return { nodeCount, nodes, edgeCount, edges, ...measureGraph(graph, { budgetMs }) };
}
