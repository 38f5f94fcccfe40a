import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { duration } from "../../base/quantity.ts";
import type { StoredEntry } from "../engine.ts";
import { EntryQueue } from "../entry-queue.ts";
import type { Storage } from "./storage.ts";

export interface WriterOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  /** Number of the newest entry so far. */
  readonly head: number;
  readonly syncMs: number;
  /** Why the folder cannot be written, as far as is known. */
  readonly error: string | undefined;
  /** The first write waits for this, for instance for an attempt to open the folder that has not ended. */
  readonly after: Promise<unknown>;
  /** Called when `problem` changes, or when something was set aside. */
  readonly onChange: (reports: readonly string[]) => void;
}

/** Bytes of entries that wait to be written; beyond that the oldest are dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** With so much waiting there is a write before the next sync. */
const EAGER_BYTES = 256 * 1024;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** A write that takes longer is reported. */
const SLOW_MS = 5_000;
/** How long `close` waits for what has not been written. */
const CLOSE_MS = 5_000;

/**
 * Writes entries and values, one write at a time, while the next batch forms. Entries wait for the next sync or the next `save`, so that few
 * writes do. A write waits for no sync, so that a kill costs no more where the disk is slow; only a segment that begins or is removed does.
 * Nothing waits for a write: what the disk does not take stays in memory, within a limit.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #waiting = new EntryQueue(MAX_WAITING_BYTES);
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  /** Entries of the write that has not ended or has failed. */
  #writing: readonly StoredEntry[] = [];
  /** Values to write behind the entry with number `#unsavedAfter`. */
  #unsaved = new Map<string, string>();
  #unsavedAfter = 0;
  /** Values of the write that has not ended. */
  #savingValues: ReadonlyMap<string, string> = new Map();
  #saving = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #head: number;
  #isSyncPlanned = false;
  #isSyncDue = false;
  #syncing: { readonly sinceMs: number; readonly ended: Promise<void> } | undefined;
  #syncError: unknown;
  #syncedMs = Number.NEGATIVE_INFINITY;
  #retryMs = FIRST_RETRY_MS;
  #error: string | undefined;
  #busySinceMs: number | undefined;
  #reported: string | undefined;
  #dropped = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#head = options.head;
    this.#error = this.#reported = options.error;
    this.#ended = this.#run();
  }

  /** Number of entries that were dropped because too many waited. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The entries that are not on disk yet, oldest first. */
  get unwritten(): Iterable<StoredEntry> {
    return [...this.#writing, ...this.#waiting.after(0)];
  }

  /** Why entries are kept in memory only; undefined while the disk takes them. */
  get problem(): string | undefined {
    if (this.#error !== undefined) return this.#error;
    const nowMs = this.#options.clock.monotonicMs();
    const [writingMs, syncingMs] = [this.#busySinceMs, this.#syncing?.sinceMs].map((sinceMs = nowMs) => nowMs - sinceMs) as [
      number,
      number,
    ];
    if (writingMs >= SLOW_MS) return `a write has not ended for ${duration(writingMs)}`;
    return syncingMs < SLOW_MS ? undefined : `a sync has not ended for ${duration(syncingMs)}`;
  }

  append(entry: StoredEntry): void {
    this.#head = entry.seq;
    this.#dropped += this.#waiting.push(entry);
  }

  /** Has what was appended written: together with what else is appended until the next sync, unless that is much. */
  flush(): void {
    this.#report();
    if (this.#isUrgent()) this.#wake.resolve();
    else void this.#planSync();
  }

  /** Resolves once the values are written, or at once while that fails: they are written when the disk takes them. */
  save(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) this.#unsaved.set(name, value);
    if (this.#unsaved.size === 0) return Promise.resolve();
    this.#unsavedAfter = this.#head;
    this.#report();
    this.#wake.resolve();
    return this.#error === undefined ? this.#saving.promise : Promise.resolve();
  }

  value(name: string): string | undefined {
    return this.#unsaved.get(name) ?? this.#savingValues.get(name) ?? this.#options.storage.value(name);
  }

  /** Writes what waits, if the disk takes it in time. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.resolve();
    const { clock } = this.#options;
    const patience = new AbortController();
    await Promise.race([this.#ended, clock.sleepUntil(clock.monotonicMs() + CLOSE_MS, patience.signal)]);
    patience.abort();
  }

  async #run(): Promise<void> {
    const { clock, storage } = this.#options;
    this.#busySinceMs = clock.monotonicMs();
    await this.#options.after.catch(() => {});
    let hasFailedAtEnd = false;
    for (;;) {
      this.#busySinceMs = undefined;
      if (this.#isIdle() && this.#closing.signal.aborted) break;
      if (this.#isIdle()) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
        continue;
      }
      this.#busySinceMs = clock.monotonicMs();
      try {
        await this.#step();
        this.#succeed();
      } catch (error) {
        await this.#fail(error);
        // What failed may have been a sync: what waits is written all the same, if it can be.
        if (this.#closing.signal.aborted && hasFailedAtEnd) break;
        hasFailedAtEnd = this.#closing.signal.aborted;
        await clock.sleepUntil(clock.monotonicMs() + this.#retryMs, this.#closing.signal);
        this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
      }
    }
    await storage.close(this.#head).catch(() => {});
  }

  #isIdle(): boolean {
    const { storage } = this.#options;
    const isWriting = this.#writing.length > 0 || this.#unsaved.size > 0 || this.#isUrgent();
    const hasSync = this.#syncError !== undefined || (this.#isSyncDue && !this.#syncing);
    return !isWriting && !hasSync && !storage.segments.isRemovalDue && !storage.isUnprepared(this.#head);
  }

  /** Whether entries are not to wait for the next sync. */
  #isUrgent(): boolean {
    const { bytes, length } = this.#waiting;
    return length > 0 && (this.#options.syncMs === 0 || bytes >= EAGER_BYTES || this.#closing.signal.aborted);
  }

  async #step(): Promise<void> {
    const { clock, onChange, storage, syncMs } = this.#options;
    if (storage.isUnprepared(this.#head)) {
      const reports = await storage.prepare(this.#head);
      if (reports.length > 0) onChange(reports);
    }
    await this.#write();
    await storage.removeOld();
    if (this.#closing.signal.aborted) {
      // The end syncs everything.
      this.#isSyncDue = false;
      this.#syncError = undefined;
      return;
    }
    this.#throwSyncError();
    // After a pause a `save` is synced at once, which saves waking up again for it.
    const nowMs = clock.monotonicMs();
    const isSyncDue = this.#isSyncDue || nowMs - this.#syncedMs >= syncMs;
    if (isSyncDue && !this.#syncing && this.#waiting.length === 0) this.#startSync(nowMs);
    // After an error only a sync shows that the disk works again.
    if (this.#error !== undefined) await this.#syncing?.ended;
    this.#throwSyncError();
    if (storage.segments.isDirty) void this.#planSync();
  }

  async #write(): Promise<void> {
    if (this.#writing.length === 0) this.#writing = this.#waiting.take(this.#options.storage.segments.writeBytes);
    // Values are as of everything appended before them.
    const isComplete = (this.#waiting.first?.seq ?? Number.POSITIVE_INFINITY) > this.#unsavedAfter;
    const values = new Map(isComplete ? this.#unsaved : []);
    if (this.#writing.length === 0 && values.size === 0) return;
    this.#savingValues = values;
    const saving = this.#saving;
    if (values.size > 0) {
      this.#unsaved = new Map();
      this.#saving = Promise.withResolvers();
    }
    try {
      await this.#options.storage.write({ entries: this.#writing, values });
      this.#writing = [];
      if (values.size > 0) saving.resolve();
    } catch (error) {
      this.#unsaved = new Map([...values, ...this.#unsaved]);
      // Both groups wait for the same values now.
      void this.#saving.promise.then(saving.resolve);
      throw error;
    } finally {
      this.#savingValues = new Map();
    }
  }

  #startSync(nowMs: number): void {
    this.#isSyncDue = false;
    this.#syncedMs = nowMs;
    this.#syncing = { sinceMs: nowMs, ended: this.#sync() };
  }

  async #sync(): Promise<void> {
    try {
      await this.#options.storage.sync();
    } catch (error) {
      this.#syncError = error;
    }
    this.#syncing = undefined;
    this.#report();
    this.#wake.resolve();
  }

  #throwSyncError(): void {
    const error = this.#syncError;
    this.#syncError = undefined;
    if (error !== undefined) throw error;
  }

  async #planSync(): Promise<void> {
    if (this.#isSyncPlanned) return;
    this.#isSyncPlanned = true;
    const { clock, syncMs } = this.#options;
    await clock.sleepUntil(clock.monotonicMs() + syncMs, this.#closing.signal);
    this.#isSyncPlanned = false;
    this.#isSyncDue = true;
    this.#wake.resolve();
  }

  #succeed(): void {
    this.#retryMs = FIRST_RETRY_MS;
    this.#error = undefined;
    this.#busySinceMs = undefined;
    this.#report();
  }

  async #fail(error: unknown): Promise<void> {
    this.#error = messageOf(error);
    // One failure is enough until the next attempt.
    this.#syncError = undefined;
    this.#busySinceMs = undefined;
    this.#isSyncDue = true;
    this.#report();
    this.#endSaves();
    if ((error as NodeJS.ErrnoException).code === "ENOENT") await this.#options.storage.abandon();
  }

  #endSaves(): void {
    this.#saving.resolve();
    this.#saving = Promise.withResolvers();
  }

  /** A write that hangs is noticed at the next append, without a timer of its own. */
  #report(): void {
    const { problem } = this;
    if ((problem === undefined) === (this.#reported === undefined)) return;
    this.#reported = problem;
    this.#options.onChange([]);
  }
}
