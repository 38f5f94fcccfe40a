import { stat } from "node:fs/promises";
import type { Clock } from "../../clock.ts";
import type { MemoryInsights } from "../../sample/agent-memory.ts";
import type { GraphMetrics } from "../../sample/graph-metrics.ts";
import { Growth } from "./growth.ts";
import { unreadable, type FileIdentity, type FileMeasurement, type MeasureFile, type MeasureRequest } from "./measure-file.ts";

/** A memory file with what was last measured of it. A file that did not change costs one `stat`. */
export class MemoryFile implements AsyncDisposable {
  readonly #request: MeasureRequest;
  readonly #measure: MeasureFile;
  readonly #clock: Clock;
  readonly #close: () => Promise<void>;
  readonly #growth = new Growth();
  #last: FileMeasurement | undefined;
  /** The measurement under way. Both readings share it, and a tick that gave up leaves it to the next one. */
  #underway: Promise<FileMeasurement> | undefined;

  constructor(request: MeasureRequest, measure: MeasureFile, clock: Clock, close: () => Promise<void>) {
    this.#request = request;
    this.#measure = measure;
    this.#clock = clock;
    this.#close = close;
  }

  async insights(): Promise<MemoryInsights> {
    const { statements, compressionRatio } = await this.#current();
    const { memories, distinct, bytes } = statements;
    const totalMemories = memories.procedural + memories.semantic + memories.episodic;
    const nowMs = this.#clock.monotonicMs();
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

  async graph(): Promise<GraphMetrics> {
    return (await this.#current()).graph;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  async #current(): Promise<FileMeasurement> {
    if (this.#underway) return this.#underway;
    const found = await stat(this.#request.path).catch((error: unknown) => {
      throw unreadable(this.#request.shownPath, error);
    });
    if (this.#last && isSame(this.#last.identity, found)) return this.#last;
    return (this.#underway ??= this.#measureAnew());
  }

  async #measureAnew(): Promise<FileMeasurement> {
    try {
      this.#last = await this.#measure(this.#request);
      return this.#last;
    } finally {
      this.#underway = undefined;
    }
  }
}

const isSame = (a: FileIdentity, b: FileIdentity): boolean => a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
