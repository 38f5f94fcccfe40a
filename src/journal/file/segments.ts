import type { StoredEntry } from "../engine.ts";
import type { Files, OpenFile } from "./files.ts";
import { encodeEntry, encodeValues, preamble } from "./format.ts";
import { Segment } from "./segment.ts";

export interface SegmentLimits {
  /** Of all segments. */
  readonly maxBytes: number;
  /** Running time after which a segment is removed, counted from its newest entry. */
  readonly maxAgeMs: number;
}

/** What is written with one call. */
export interface Batch {
  readonly entries: readonly StoredEntry[];
  /** Values that were saved behind the entries. */
  readonly values: ReadonlyMap<string, string>;
}

/** Damage costs at most one segment's records, and the limits remove whole segments: so there are several. */
const PARTS = 12;
const MIN_SEGMENT_BYTES = 16 * 1024;
const MAX_WRITE_BYTES = 1024 * 1024;
/** A segment is checked in one turn of the event loop when a journal opens. */
const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
/** Segments can be smaller than that: one begins after each sync that has failed. */
const MAX_SEGMENTS = 1_000;

/** The segments of a journal: appends to the newest and removes the oldest. */
export class Segments {
  readonly #dir: string;
  readonly #files: Files;
  readonly #limits: SegmentLimits;
  readonly #segmentBytes: number;
  #list: readonly Segment[];
  #nextOrdinal: number;
  #file: OpenFile | undefined;
  #begunMs = 0;
  #isDirty = false;
  #syncing: Promise<void> | undefined;
  #isRemovalDue = false;
  /** Number of the newest removed entry; 0 if none was removed. */
  #removed: number;

  /**
   * @param found existing segments, oldest first
   * @param removed number of the newest entry that is no longer there
   */
  constructor(dir: string, files: Files, limits: SegmentLimits, found: readonly Segment[], nextOrdinal: number, removed: number) {
    this.#dir = dir;
    this.#files = files;
    this.#limits = limits;
    this.#segmentBytes = Math.min(Math.max(limits.maxBytes / PARTS, MIN_SEGMENT_BYTES), MAX_SEGMENT_BYTES);
    this.#list = found;
    this.#nextOrdinal = nextOrdinal;
    this.#removed = removed;
  }

  get list(): readonly Segment[] {
    return this.#list;
  }

  get removed(): number {
    return this.#removed;
  }

  get bytes(): number {
    return this.#list.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Bytes of entries to write at once at most, so that segments keep their size. */
  get writeBytes(): number {
    return Math.min(MAX_WRITE_BYTES, this.#segmentBytes);
  }

  /** Whether something was written since the last sync began. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /**
   * Writes a batch. If that fails, the same batch has to be written again.
   *
   * @param saved the values as of before the batch: each segment begins with them, because older ones are removed
   */
  async write(batch: Batch, saved: ReadonlyMap<string, string>, nowMs: number): Promise<void> {
    const newest = await this.#current(nowMs);
    const isNew = newest.bytes === 0;
    const values = batch.values.size === 0 ? [] : [{ type: "values" as const, bytes: encodeValues(Object.fromEntries(batch.values)) }];
    const records = [
      ...(isNew && saved.size > 0 ? [{ type: "values" as const, bytes: encodeValues(Object.fromEntries(saved)) }] : []),
      ...batch.entries.map((entry) => ({ type: "entry" as const, seq: entry.seq, bytes: encodeEntry(entry) })),
      ...values,
    ];
    const data = Buffer.concat([...(isNew ? [preamble()] : []), ...records.map(({ bytes }) => bytes)]);
    await (this.#file as OpenFile).write(data, isNew ? 0 : newest.end);
    this.#isDirty = true;
    for (const record of records) newest.add(record, newest.end, newest.end + record.bytes.length);
    newest.writtenMs = nowMs;
    if (isNew) this.#isRemovalDue = true;
  }

  /** Whether segments may be beyond the limits. */
  get isRemovalDue(): boolean {
    return this.#isRemovalDue;
  }

  /** Whether the file that is written still has a name; otherwise what is written to it is lost. */
  async isLinked(): Promise<boolean> {
    return !this.#file || this.#file.isLinked();
  }

  /** Resolves once what was written before the call survives a loss of power. Writes may go on meanwhile. */
  async sync(): Promise<void> {
    // That one is reported to its caller; what it has not synced is dirty again.
    while (this.#syncing) await this.#syncing.catch(() => {});
    if (!this.#isDirty || !this.#file) return;
    this.#syncing = this.#syncFile(this.#file, this.#list.at(-1) as Segment);
    await this.#syncing;
  }

  /** Removes the oldest segments beyond the limits, never the newest. */
  async removeOld(nowMs: number): Promise<void> {
    while (this.#isBeyondLimits(nowMs)) {
      const oldest = this.#list[0] as Segment;
      // What replaces it has to survive first.
      await this.sync();
      await this.#files.remove(oldest.path);
      this.#list = this.#list.slice(1);
      this.#removed = Math.max(this.#removed, oldest.last);
    }
    this.#isRemovalDue = false;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** The segment to write to: the newest, or a new one if that is full, old or has an incomplete end. */
  async #current(nowMs: number): Promise<Segment> {
    const newest = this.#list.at(-1);
    const isUsable =
      newest?.isOpen === true && newest.end < this.#segmentBytes && (!this.#file || nowMs - this.#begunMs < this.#limits.maxAgeMs / PARTS);
    if (newest && isUsable && this.#file) return newest;
    if (newest && isUsable) {
      this.#file = await this.#files.openExisting(newest.path);
      this.#begunMs = nowMs;
      return newest;
    }
    return this.#begin(nowMs);
  }

  async #syncFile(file: OpenFile, segment: Segment): Promise<void> {
    this.#isDirty = false;
    try {
      await file.sync();
    } catch (error) {
      this.#isDirty = true;
      // The system may have given up what was written and report it only once: the file is not written again.
      segment.isOpen = false;
      throw error;
    } finally {
      this.#syncing = undefined;
    }
  }

  async #begin(nowMs: number): Promise<Segment> {
    await this.sync();
    const segment = new Segment(this.#dir, this.#nextOrdinal, nowMs);
    const file = await this.#files.create(segment.path);
    this.#nextOrdinal += 1;
    await this.close();
    this.#file = file;
    this.#begunMs = nowMs;
    this.#list = [...this.#list, segment];
    await this.#files.syncFolder(this.#dir);
    return segment;
  }

  #isBeyondLimits(nowMs: number): boolean {
    const [oldest] = this.#list;
    if (!oldest || this.#list.length === 1) return false;
    // The newest segment will grow to its size.
    if (this.bytes + this.#segmentBytes > this.#limits.maxBytes || this.#list.length > MAX_SEGMENTS) return true;
    return nowMs - oldest.writtenMs > this.#limits.maxAgeMs;
  }
}
