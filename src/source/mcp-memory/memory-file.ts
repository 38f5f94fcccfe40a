import * as z from "zod";
import { elapsedMs, type Clock } from "../../base/clock.ts";
import { VitalsError } from "../../base/errors.ts";
import { duration, quantity } from "../../base/quantity.ts";
import { requireRegular } from "../../base/regular-file.ts";
import type { MemoryInsights } from "../../sample/types/agent-memory.ts";
import type { GraphMetrics } from "../../sample/types/graph.ts";
import { incomplete } from "../incomplete.ts";
import { Growth, savedGrowth } from "../growth.ts";
import { unreadable, unseen, type FileIdentity, type FileMeasurement, type FileVersion } from "./measure-file.ts";
import type { MeasureFile, MeasureRequest } from "./measure-file.ts";
import { lost, skippedShare, skippedText, type LineTotals } from "./memory-lines.ts";
import { statOnce } from "./stat-once.ts";

export interface MemoryFileSettings {
  readonly clock: Clock;
  /** Minimum milliseconds between two measurements of the expensive fields; 0 to measure them at each change. */
  readonly expensiveIntervalMs: number;
  close(): Promise<void>;
}

/** How long a file that became smaller or empty, or ends within a line, has to stay as it is before that counts. Milliseconds. */
const CONFIRMED_MS = 2_000;

/** How long the last whole version stands for a file that is being written. Milliseconds. */
const STANDS_MS = 30_000;

const savedMemoryFile = z.object({ wasSeen: z.boolean(), counts: savedGrowth });
type SavedMemoryFile = z.output<typeof savedMemoryFile>;

/** A version of the file that may be incomplete. */
interface Doubt {
  readonly version: FileVersion;
  readonly sinceMs: number;
  readonly why: string;
}

/** A memory file with its last measurement. Reading a file that did not change costs one `stat`. */
export class MemoryFile implements AsyncDisposable {
  readonly #request: MeasureRequest;
  readonly #measure: MeasureFile;
  readonly #settings: MemoryFileSettings;
  readonly #growth = new Growth();
  /** Whether the file was there at any reading: before, the memory server may still have to write it for the first time. */
  #wasSeen = false;
  /** When the file was last looked at, on the monotonic clock. */
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** The version that counts, and when the file was last known to be that version. */
  #last: FileVersion | undefined;
  #lastSeenMs = Number.NEGATIVE_INFINITY;
  #doubt: Doubt | undefined;
  /** Whether the last measurement left out the expensive fields, because they were not due. */
  #isCheap = false;
  #expensiveMeasuredAtMs = Number.NEGATIVE_INFINITY;
  /** When a reading last contained the expensive fields. */
  #expensiveReadAtMs = Number.NEGATIVE_INFINITY;
  /** The reading in progress. Both readings share it, and so does the next tick after one that timed out. */
  #running: Promise<FileMeasurement> | undefined;

  constructor(request: MeasureRequest, measure: MeasureFile, settings: MemoryFileSettings) {
    this.#request = request;
    this.#measure = measure;
    this.#settings = settings;
  }

  async insights(): Promise<MemoryInsights> {
    const { lines, statements, repeats, compressionRatio } = await this.#current();
    const { memories, distinct, bytes } = statements;
    const totalMemories = memories.procedural + memories.semantic + memories.episodic;
    const nowMs = elapsedMs(this.#settings.clock);
    const memoryGrowthRate = this.#growth.rate(totalMemories, nowMs);
    this.#growth.record(totalMemories, nowMs);
    const insights = {
      totalMemories,
      memories,
      ...(totalMemories === 0 ? {} : { memoryEfficiency: distinct / totalMemories, averageMemorySize: bytes / totalMemories }),
      duplicates: { name: repeats.entities, hash: totalMemories - distinct },
      ...(repeats.observations === 0 ? {} : { commonestShare: repeats.commonest / repeats.observations }),
      ...(memoryGrowthRate === undefined ? {} : { memoryGrowthRate }),
      ...(compressionRatio === undefined ? {} : { compressionRatio }),
      skippedLines: skippedLines(lines),
      skippedByReason: lines.skipped,
    };
    return incomplete(insights, skippedShare(lines), skippedText(lines));
  }

  /** The graph's measures, the expensive ones at most once in their interval; if the file did not change, as they were last measured. */
  async graph(): Promise<GraphMetrics> {
    const { graph, lines } = await this.#current();
    const measured = this.#isExpensiveCarried() ? graph : withoutExpensive(graph);
    return incomplete({ ...measured, skippedItems: skippedLines(lines) }, skippedShare(lines), skippedText(lines));
  }

  /** What it needs after a restart: whether the file was ever there, and the counts that growth is measured from. */
  saveState(): SavedMemoryFile {
    return { wasSeen: this.#wasSeen, counts: this.#growth.save(elapsedMs(this.#settings.clock)) };
  }

  /** Continues from what was saved `ageMs` milliseconds ago; data of another form is ignored. */
  restoreState(state: unknown, ageMs: number): void {
    const { data } = savedMemoryFile.safeParse(state);
    if (!data) return;
    this.#wasSeen = data.wasSeen;
    this.#growth.restore(data.counts, elapsedMs(this.#settings.clock) - ageMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#settings.close();
  }

  /** Whether this reading of the graph contains the expensive fields, if they were measured. */
  #isExpensiveCarried(): boolean {
    const { clock, expensiveIntervalMs } = this.#settings;
    if (expensiveIntervalMs === 0 || this.#isCheap) return true;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#expensiveReadAtMs < expensiveIntervalMs) return false;
    this.#expensiveReadAtMs = nowMs;
    return true;
  }

  #current(): Promise<FileMeasurement> {
    return (this.#running ??= this.#read().finally(() => (this.#running = undefined)));
  }

  async #read(): Promise<FileMeasurement> {
    const found = await this.#look();
    const nowMs = this.#settings.clock.monotonicMs();
    const previousMs = this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    if (this.#last && isSame(this.#last.identity, found)) {
      this.#doubt = undefined;
      this.#lastSeenMs = nowMs;
      return this.#isCheap && this.#isExpensiveDue() ? this.#measureAgain(nowMs) : contentsOf(this.#last);
    }
    if (this.#doubt && isSame(this.#doubt.version.identity, found)) {
      return nowMs - this.#doubt.sinceMs < CONFIRMED_MS ? this.#held(this.#doubt.why) : this.#accept(this.#doubt.version, nowMs);
    }
    return this.#measureAgain(previousMs);
  }

  /** The file's identity. @throws VitalsError if it is not there, or not a regular file */
  async #look(): Promise<FileIdentity> {
    const { path, shownPath } = this.#request;
    const stats = await statOnce(path).catch((error: unknown) => {
      throw this.#wasSeen ? unreadable(shownPath, error) : unseen(this.#request, error);
    });
    this.#wasSeen = true;
    try {
      requireRegular(stats);
    } catch (error) {
      throw unreadable(shownPath, error);
    }
    return stats;
  }

  /** @param previousMs when the file was looked at before: what changed since then is not older */
  async #measureAgain(previousMs: number): Promise<FileMeasurement> {
    const isDue = this.#isExpensiveDue();
    const startMs = this.#settings.clock.monotonicMs();
    const version = await this.#measure(isDue ? this.#request : { ...this.#request, budgetMs: 0 });
    if (!version) return this.#held("it changes while it is read");
    this.#isCheap = !isDue;
    if (isDue && !("invalid" in version.contents)) this.#expensiveMeasuredAtMs = startMs;
    const why = this.#reasonToDoubt(version);
    const isConfirmed = version.ageMs >= CONFIRMED_MS && startMs - previousMs >= CONFIRMED_MS;
    if (why === undefined || isConfirmed) return this.#accept(version, startMs);
    this.#doubt = { version, sinceMs: startMs, why };
    return this.#held(why);
  }

  /** Why a version may be one that is caught in the middle of being written; undefined if it is not. */
  #reasonToDoubt({ identity, isCut, isSettled }: FileVersion): string | undefined {
    const before = this.#last?.identity;
    if (before && isSame(before, identity)) return undefined;
    if (identity.size === 0) return "it is empty";
    if (isCut) return "its last line is incomplete";
    if (before && identity.size < before.size) return `it shrank from ${quantity(before.size, "By")} to ${quantity(identity.size, "By")}`;
    return isSettled ? undefined : "it was modified a moment ago";
  }

  #accept(version: FileVersion, nowMs: number): FileMeasurement {
    this.#last = version;
    this.#lastSeenMs = nowMs;
    this.#doubt = undefined;
    return contentsOf(version);
  }

  /** While the file may be incomplete, its last version stands for it. @throws VitalsError `source_waiting` if there is none that is recent */
  #held(why: string): FileMeasurement {
    if (this.#last && this.#settings.clock.monotonicMs() - this.#lastSeenMs <= STANDS_MS) return contentsOf(this.#last);
    const message = `waiting until memory file "${this.#request.shownPath}" is written: ${why}; it is read once it has not changed for ${duration(CONFIRMED_MS)}`;
    throw new VitalsError("source_waiting", message, { retryable: true });
  }

  #isExpensiveDue(): boolean {
    return this.#settings.clock.monotonicMs() - this.#expensiveMeasuredAtMs >= this.#settings.expensiveIntervalMs;
  }
}

/** @throws VitalsError `reading_invalid` for a file that is no memory file */
function contentsOf({ contents }: FileVersion): FileMeasurement {
  if ("invalid" in contents) throw new VitalsError("reading_invalid", contents.invalid);
  return contents;
}

/** Lines that were skipped, in part or as a whole. */
const skippedLines = (lines: LineTotals): number => lost(lines) + lines.skipped.observation + lines.skipped.other_type;

/** Fields that are expensive to measure, and their names in `exact`. */
const EXPENSIVE_FIELDS: ReadonlySet<string> = new Set(["diameter", "clusteringCoefficient", "averageCentrality", "modularity"]);
const EXPENSIVE_MEASURES: ReadonlySet<string> = new Set(["diameter", "clustering_coefficient", "average_centrality", "modularity"]);

const without = <T extends object>(all: T, keys: ReadonlySet<string>): Partial<T> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => !keys.has(key))) as Partial<T>;

function withoutExpensive(graph: GraphMetrics): GraphMetrics {
  return { ...without(graph, EXPENSIVE_FIELDS), ...(graph.exact ? { exact: without(graph.exact, EXPENSIVE_MEASURES) } : {}) };
}

const isSame = (a: FileIdentity, b: FileIdentity): boolean => a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
