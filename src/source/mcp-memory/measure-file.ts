import type { FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { isVitalsError, VitalsError } from "../../base/errors.ts";
import { quantity } from "../../base/quantity.ts";
import { NotRegularFileError, openRegularFile } from "../../base/regular-file.ts";
import type { GraphMetrics } from "../../sample/types/graph.ts";
import { measureGraph } from "../../topology/index.ts";
import { LineReader, textOf } from "./line-reader.ts";
import type { MemoryGraphTotals, MemoryTypes } from "./memory-graph.ts";
import { isComplete, isForeign, lost, MemoryLines, type LineTotals } from "./memory-lines.ts";
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

/** Identifies a version of the file. */
export interface FileIdentity {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ino: number;
}

/** One version of the file, as it was read. It may be incomplete, because the file was being written. */
export interface FileVersion {
  readonly identity: FileIdentity;
  /** Time since the file was modified, by the clocks of the machine and the filesystem; below zero if these disagree. Milliseconds. */
  readonly ageMs: number;
  /** Whether it was modified some milliseconds ago, or read twice with the same result. */
  readonly isSettled: boolean;
  /** Whether its last line has no end and is not JSON: the rest of it may still be written. */
  readonly isCut: boolean;
  /** What was measured; or why it is no memory file. */
  readonly contents: FileMeasurement | { readonly invalid: string };
}

/** Everything that both readings need. */
export interface FileMeasurement {
  readonly lines: LineTotals;
  readonly statements: StatementTotals;
  readonly repeats: MemoryGraphTotals["repeats"];
  /** Raw size / gzip size of the file's first MiB; undefined for an empty file. */
  readonly compressionRatio: number | undefined;
  readonly graph: GraphMetrics;
}

/** Undefined if the file changed during each attempt. */
export type MeasureFile = (request: MeasureRequest) => Promise<FileVersion | undefined>;

const CHUNK_BYTES = 1024 * 1024;

/** Maximum size of a file that is read as one JSON document. */
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** A file that was modified more recently than this may be in the middle of being written. Milliseconds. */
const SETTLED_MS = 25;
/** How long to try to read a version of a file that is being written. Milliseconds. */
const ATTEMPTS_MS = 125;

/**
 * Reads a memory file and measures it, on the calling thread. A file that changes meanwhile is read again: twice, or for an eighth of a second.
 *
 * @throws VitalsError `source_unreachable` if it cannot be read, `reading_invalid` if it is not a regular file, `source_failed` if it is too
 *   large
 */
export const measureFile: MeasureFile = async (request) => {
  const startMs = performance.now();
  let last: FileVersion | undefined;
  let hadNoSize = false;
  for (let attempts = 1; ; attempts += 1) {
    const found = await attempt(request);
    // A file that is emptied and written again can look like one without a size, but hardly twice in a row.
    if (found === NO_SIZE && hadNoSize)
      throw unreadable(request.shownPath, new NotRegularFileError("has contents, but no size; expected a regular file"));
    hadNoSize = found === NO_SIZE;
    const version = found === NO_SIZE ? undefined : found;
    // Two versions of the same size are the same file, written again: what is caught in the middle of writing is smaller, or cut.
    const isSeenTwice = version !== undefined && last?.identity.size === version.identity.size && isWhole(version);
    if (version?.isSettled || isSeenTwice) return { ...version, isSettled: true };
    if (version && (!last || isWhole(version))) last = version;
    if (attempts > 1 && performance.now() - startMs > ATTEMPTS_MS) return last;
    await sleep(SETTLED_MS);
  }
};

const isWhole = ({ identity, isCut }: FileVersion): boolean => identity.size > 0 && !isCut;

/** A file without a size that has contents: no regular file, such as those of /proc, or one that was emptied and written meanwhile. */
const NO_SIZE = "no size";

/** Undefined if the file changed while it was read. */
async function attempt(request: MeasureRequest): Promise<FileVersion | typeof NO_SIZE | undefined> {
  const startMs = performance.now();
  const { path, shownPath, types } = request;
  const file = await openRegularFile(path).catch((error: unknown) => {
    throw unreadable(shownPath, error);
  });
  try {
    const before = await identityOf(file, request);
    const read = await readFile(file, types, request).catch((error: unknown) => {
      throw isVitalsError(error) ? error : unreadable(shownPath, error);
    });
    const after = await identityOf(file, request);
    if (before.size !== after.size) return undefined;
    if (after.size === 0 && read.size > 0) return NO_SIZE;
    if (after.size !== read.size) return undefined;
    const ageMs = Date.now() - after.mtimeMs;
    // Reading has used part of the budget: with a large file measures are left out, so that the reading keeps its interval.
    const budgetMs = Math.max(0, request.budgetMs - (performance.now() - startMs));
    // If it was written meanwhile, that is a change since this version.
    return { identity: before, ageMs, isSettled: ageMs >= SETTLED_MS, isCut: read.isCut, contents: contentsOf(read, budgetMs) };
  } finally {
    await file.close();
  }
}

/** The error of a file that cannot be read; one that is missing was there before. */
export function unreadable(shownPath: string, error: unknown): VitalsError {
  const file = `memory file "${shownPath}"`;
  if (error instanceof NotRegularFileError) return new VitalsError("reading_invalid", `${file} ${error.message}`, { cause: error });
  const { code } = error as { readonly code?: string };
  const reason = code === "ENOENT" ? "is missing, although it was there before" : `cannot be read (${code ?? "unknown reason"})`;
  return new VitalsError("source_unreachable", `${file} ${reason}`, { cause: error, retryable: true });
}

/** The error of a file that was never there: where it is only missing, the memory server has not written it yet. */
export function unseen({ path, shownPath }: MeasureRequest, error: unknown): VitalsError {
  if ((error as { readonly code?: string }).code !== "ENOENT") return unreadable(shownPath, error);
  const message = `waiting for the first write: memory file "${path}" is not there yet; correct its path if it should be`;
  return new VitalsError("source_waiting", message, { cause: error, retryable: true });
}

async function identityOf(file: FileHandle, request: MeasureRequest): Promise<FileIdentity> {
  const { size, mtimeMs, ino } = await file.stat();
  if (size > request.maxBytes) throw tooLarge(size, request);
  return { size, mtimeMs, ino };
}

function tooLarge(size: number, { shownPath, maxBytes }: MeasureRequest): VitalsError {
  const expected = `expected at most ${quantity(maxBytes, "By", { isExact: true })} (max_bytes)`;
  return new VitalsError("source_failed", `memory file "${shownPath}" has ${quantity(size, "By")}; ${expected}`);
}

interface ReadFile {
  readonly lines: MemoryLines;
  readonly isCut: boolean;
  readonly size: number;
  readonly compressionRatio: number | undefined;
}

async function readFile(file: FileHandle, types: MemoryTypes, request: MeasureRequest): Promise<ReadFile> {
  const lines = new MemoryLines(types);
  const reader = new LineReader(lines);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let compressionRatio: number | undefined;
  let position = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    // The first read returns the whole first MiB, except on unusual filesystems.
    if (position === 0) compressionRatio = bytesRead / gzipSync(chunk).length;
    position += bytesRead;
    // The size of some files, such as those of /proc, is known only once they are read.
    if (position > request.maxBytes) throw tooLarge(position, request);
    reader.push(chunk);
  }
  const end = reader.end();
  const isCut = end !== undefined && !isComplete(end.text);
  if (end) lines.add(end.text, end.number);
  const document = isForeign(lines.totals()) && position <= MAX_DOCUMENT_BYTES ? await readDocument(file, position, types) : undefined;
  const size = position;
  return document ? { lines: document, isCut: false, size, compressionRatio } : { lines, isCut, size, compressionRatio };
}

/** The file as one JSON document; undefined if it is none. */
async function readDocument(file: FileHandle, size: number, types: MemoryTypes): Promise<MemoryLines | undefined> {
  const bytes = Buffer.alloc(size);
  await file.read(bytes, 0, size, 0);
  const lines = new MemoryLines(types);
  return lines.addDocument(textOf(bytes)) && !isForeign(lines.totals()) ? lines : undefined;
}

function contentsOf({ lines, size, compressionRatio }: ReadFile, budgetMs: number): FileVersion["contents"] {
  const found = lines.totals();
  if (isForeign(found)) return { invalid: invalidText(found) };
  const totals = lines.graph.totals();
  const { statements, repeats } = totals;
  return { lines: found, statements, repeats, compressionRatio, graph: { ...graphOf(totals, budgetMs), storeSize: size } };
}

function invalidText(totals: LineTotals): string {
  const all = totals.read + lost(totals) + totals.skipped.other_type;
  const understood = totals.read === 0 ? `none of its ${all} lines is` : `only ${totals.read} of its ${all} lines are`;
  return `the memory file is invalid: ${understood} an entity or a relation; first ${totals.first}`;
}

function graphOf(totals: MemoryGraphTotals, budgetMs: number): GraphMetrics {
  const { nodeCount, nodes, edgeCount, edges, relations, undescribedCount, graph } = totals;
  return { nodeCount, nodes, edgeCount, edges, relations, unreferencedNodes: undescribedCount, ...measureGraph(graph, { budgetMs }) };
}
