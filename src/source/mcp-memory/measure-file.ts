import { open, type FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { isVitalsError, VitalsError } from "../../base/errors.ts";
import { quantity } from "../../base/quantity.ts";
import type { GraphMetrics } from "../../sample/types/graph.ts";
import { measureGraph } from "../../topology/index.ts";
import { MemoryGraph, type MemoryGraphTotals, type MemoryTypes } from "./memory-graph.ts";
import type { StatementTotals } from "./statements.ts";

/** What to measure; plain data, because it is sent to a worker. */
export interface MeasureRequest {
  readonly path: string;
  /** The path as configured, for messages. */
  readonly shownPath: string;
  readonly types: MemoryTypes;
  readonly maxBytes: number;
  /** Milliseconds from the start of the reading after which no expensive measure of the graph is computed; 0 for none of them. */
  readonly budgetMs: number;
}

/** Everything that both readings need, measured from one version of the file. */
export interface FileMeasurement {
  readonly identity: FileIdentity;
  readonly statements: StatementTotals;
  /** Raw size / gzip size of the file's first MiB; undefined for an empty file. */
  readonly compressionRatio: number | undefined;
  readonly graph: GraphMetrics;
}

/** Identifies a version of the file. */
export interface FileIdentity {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

export type MeasureFile = (request: MeasureRequest) => Promise<FileMeasurement>;

const CHUNK_BYTES = 1024 * 1024;
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** The server truncates the file and writes it again; a file that was written to more recently than this may be incomplete. */
const SETTLED_MS = 25;
const ATTEMPTS = 5;

/**
 * Reads a memory file and measures it, on the calling thread. A file that changes meanwhile is read again.
 *
 * @throws VitalsError `source_unreachable` if it cannot be read, `reading_invalid` if it is not a memory file, `source_failed` if it is too
 *   large or changed during every attempt
 */
export const measureFile: MeasureFile = async (request) => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const measurement = await attemptOnce(request);
    if (measurement) return measurement;
    await sleep(SETTLED_MS);
  }
  throw new VitalsError(
    "source_failed",
    `memory file "${request.shownPath}" was being written during each of ${ATTEMPTS} attempts to read it`,
    {
      retryable: true,
    },
  );
};

/** Undefined if the file was being written. */
async function attemptOnce(request: MeasureRequest): Promise<FileMeasurement | undefined> {
  const startMs = performance.now();
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
    // Reading has used part of the budget: with a large file measures are left out, so that the reading keeps its interval.
    const budgetMs = Math.max(0, request.budgetMs - (performance.now() - startMs));
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

/** The error of a file that cannot be read; one that is missing was there before. */
export function unreadable(shownPath: string, error: unknown): VitalsError {
  const { code } = error as { readonly code?: string };
  const reason = code === "ENOENT" ? "is missing, although it was there before" : `cannot be read (${code ?? "unknown reason"})`;
  return new VitalsError("source_unreachable", `memory file "${shownPath}" ${reason}`, { cause: error, retryable: true });
}

/** The error of a file that was never there: where it is only missing, the memory server has not written it yet. */
export function unseen({ path, shownPath }: MeasureRequest, error: unknown): VitalsError {
  if ((error as { readonly code?: string }).code !== "ENOENT") return unreadable(shownPath, error);
  const message = `waiting for the first write: memory file "${path}" is not there yet; correct its path if it should be`;
  return new VitalsError("source_waiting", message, { cause: error, retryable: true });
}

async function identityOf(file: FileHandle, { shownPath, maxBytes }: MeasureRequest): Promise<FileIdentity> {
  const stat = await file.stat();
  if (!stat.isFile())
    throw new VitalsError(
      "source_failed",
      `memory file "${shownPath}" is ${stat.isDirectory() ? "a folder" : "not a regular file"}; expected a file`,
    );
  if (stat.size > maxBytes)
    throw new VitalsError(
      "source_failed",
      `memory file "${shownPath}" has ${quantity(stat.size, "By")}; expected at most ${quantity(maxBytes, "By", { isExact: true })} (max_bytes)`,
    );
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
    // The first read returns the whole first MiB, except on unusual filesystems.
    if (position === 0) compressionRatio = bytesRead / gzipSync(chunk).length;
    position += bytesRead;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      number += 1;
      graph.add(bytes.toString("utf8", start, end), number);
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
    if (rest.length > MAX_LINE_BYTES)
      throw new VitalsError(
        "reading_invalid",
        `line ${number + 1} of the memory file: expected at most ${quantity(MAX_LINE_BYTES, "By")}, found more`,
      );
  }
  addLastLine(graph, rest, number + 1);
  return { totals: graph.totals(), compressionRatio };
}

/** The last line has no newline. If it is not JSON it is still being written, and is read once it is complete. */
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
