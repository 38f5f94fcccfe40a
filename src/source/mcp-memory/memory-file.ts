import { stat } from "node:fs/promises";
import { elapsedMs, type Clock } from "../../base/clock.ts";
import { UNIT_MS } from "../../base/quantity.ts";
import type { MemoryInsights } from "../../sample/types/agent-memory.ts";
import type { GraphMetrics } from "../../sample/types/graph.ts";
import { unreadable, unseen, type FileIdentity, type FileMeasurement, type MeasureFile, type MeasureRequest } from "./measure-file.ts";

export interface MemoryFileSettings {
  readonly clock: Clock;
  /** Minimum milliseconds between two measurements of the expensive fields; 0 to measure them at each change. */
  readonly expensiveIntervalMs: number;
  close(): Promise<void>;
}

/** A memory file with its last measurement. Reading a file that did not change costs one `stat`. */
export class MemoryFile implements AsyncDisposable {
  readonly #request: MeasureRequest;
  readonly #measure: MeasureFile;
  readonly #settings: MemoryFileSettings;
  readonly #growth = new Growth();
  /** Whether the file was there at any reading: before, the memory server may still have to write it for the first time. */
  #wasSeen = false;
  #last: FileMeasurement | undefined;
  /** Whether the last measurement left out the expensive fields, because they were not due. */
  #isCheap = false;
  #expensiveMeasuredAtMs = Number.NEGATIVE_INFINITY;
  /** When a reading last contained the expensive fields. */
  #expensiveReadAtMs = Number.NEGATIVE_INFINITY;
  /** The measurement in progress. Both readings share it, and so does the next tick after one that timed out. */
  #running: Promise<FileMeasurement> | undefined;

  constructor(request: MeasureRequest, measure: MeasureFile, settings: MemoryFileSettings) {
    this.#request = request;
    this.#measure = measure;
    this.#settings = settings;
  }

  async insights(): Promise<MemoryInsights> {
    const { statements, compressionRatio } = await this.#current();
    const { memories, distinct, bytes } = statements;
    const totalMemories = memories.procedural + memories.semantic + memories.episodic;
    const nowMs = elapsedMs(this.#settings.clock);
    const memoryGrowthRate = this.#growth.rate(totalMemories, nowMs);
    this.#growth.record(totalMemories, nowMs);
    return {
      totalMemories,
      memories,
      ...(totalMemories === 0 ? {} : { memoryEfficiency: distinct / totalMemories, averageMemorySize: bytes / totalMemories }),
      ...(memoryGrowthRate === undefined ? {} : { memoryGrowthRate }),
      ...(compressionRatio === undefined ? {} : { compressionRatio }),
    };
  }

  /** The graph's measures, the expensive ones at most once in their interval; if the file did not change, as they were last measured. */
  async graph(): Promise<GraphMetrics> {
    const { graph } = await this.#current();
    const { clock, expensiveIntervalMs } = this.#settings;
    if (expensiveIntervalMs === 0 || this.#isCheap) return graph;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#expensiveReadAtMs >= expensiveIntervalMs) {
      this.#expensiveReadAtMs = nowMs;
      return graph;
    }
    return withoutExpensive(graph);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#settings.close();
  }

  async #current(): Promise<FileMeasurement> {
    if (this.#running) return this.#running;
    const current = await stat(this.#request.path).catch((error: unknown) => {
      throw this.#wasSeen ? unreadable(this.#request.shownPath, error) : unseen(this.#request, error);
    });
    this.#wasSeen = true;
    const isKnown = this.#last && isSame(this.#last.identity, current) && !(this.#isCheap && this.#isExpensiveDue());
    if (this.#last && isKnown) return this.#last;
    return (this.#running ??= this.#measureAgain());
  }

  async #measureAgain(): Promise<FileMeasurement> {
    const isDue = this.#isExpensiveDue();
    const startMs = this.#settings.clock.monotonicMs();
    try {
      this.#last = await this.#measure(isDue ? this.#request : { ...this.#request, budgetMs: 0 });
      this.#isCheap = !isDue;
      if (isDue) this.#expensiveMeasuredAtMs = startMs;
      return this.#last;
    } finally {
      this.#running = undefined;
    }
  }

  #isExpensiveDue(): boolean {
    return this.#settings.clock.monotonicMs() - this.#expensiveMeasuredAtMs >= this.#settings.expensiveIntervalMs;
  }
}

/** Fields that are expensive to measure, and their names in `exact`. */
const EXPENSIVE_FIELDS: ReadonlySet<string> = new Set(["diameter", "clusteringCoefficient", "averageCentrality", "modularity"]);
const EXPENSIVE_MEASURES: ReadonlySet<string> = new Set(["diameter", "clustering_coefficient", "average_centrality", "modularity"]);

const without = <T extends object>(all: T, keys: ReadonlySet<string>): Partial<T> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => !keys.has(key))) as Partial<T>;

function withoutExpensive(graph: GraphMetrics): GraphMetrics {
  return { ...without(graph, EXPENSIVE_FIELDS), ...(graph.exact ? { exact: without(graph.exact, EXPENSIVE_MEASURES) } : {}) };
}

const isSame = (a: FileIdentity, b: FileIdentity): boolean => a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;

interface Count {
  readonly atMs: number;
  readonly count: number;
}

/** Relative growth of a number over an hour, from one count per minute. */
export class Growth {
  #counts: Count[] = [];

  /** Stores a count, unless the previous one is less than a minute old. */
  record(count: number, nowMs: number): void {
    const last = this.#counts.at(-1);
    if (last && nowMs - last.atMs < UNIT_MS.m) return;
    this.#counts.push({ atMs: nowMs, count });
    // The newest count that is at least an hour old is the base; older ones are no longer needed.
    const base = this.#counts.findLastIndex(({ atMs }) => nowMs - atMs >= UNIT_MS.h);
    if (base > 0) this.#counts = this.#counts.slice(base);
  }

  /** Relative change over the last hour, or since the start if that is at least a minute ago; otherwise, and from zero, undefined. */
  rate(count: number, nowMs: number): number | undefined {
    const base = this.#counts.findLast(({ atMs }) => nowMs - atMs >= UNIT_MS.h) ?? this.#counts[0];
    if (!base || base.count === 0 || nowMs - base.atMs < UNIT_MS.m) return undefined;
    return (count - base.count) / base.count;
  }
}
