import { resolve } from "node:path";
import { keepAlive, type Clock } from "../../base/clock.ts";
import { isVitalsError, messageOf, VitalsError } from "../../base/errors.ts";
import { duration } from "../../base/quantity.ts";
import { Changes, followEngine } from "../engine-follow.ts";
import { CHECKPOINT, type Draft, type Fence, type JournalEngine, type Limit, type Opened, type Page, type StoredEntry } from "../engine.ts";
import { PageBuilder } from "../entry-queue.ts";
import { FenceGuard, throwIfAborted } from "../guard.ts";
import { newJournalId } from "../memory-engine.ts";
import { RecentKeys } from "../recent-keys.ts";
import { claimFolder, type Claim } from "./claim.ts";
import { diskFiles, type Files } from "./files.ts";
import { scan } from "./format.ts";
import { loadFolder, type Loaded } from "./load.ts";
import { Segments } from "./segments.ts";
import { Storage, type Start } from "./storage.ts";
import { Writer } from "./writer.ts";

export interface FileEngineOptions {
  /** Folder of the journal; created if it does not exist. It must be on a filesystem that supports Unix sockets. */
  readonly dir: string;
  readonly clock: Clock;
  /** Milliseconds after which an entry is on disk and survives a loss of power; `save` writes what was appended before at once. Default: 1 000. */
  readonly syncMs?: number;
  /** Bytes on disk, about: whole segments of a twelfth are removed. Default: 256 MiB. */
  readonly maxBytes?: number;
  /** Running time in milliseconds for which entries are kept at least, within `maxBytes`: a start reads all of them. Default: two hours. */
  readonly maxAgeMs?: number;
  /** Milliseconds to wait for another process that owns the folder. Default: 10 000. */
  readonly lockWaitMs?: number;
  /** Called when `status.problem` appears or disappears, and with each report of what was set aside; not before `open` has resolved. */
  readonly onStatus?: (status: FileEngineStatus) => void;
  /** Default: those of Node. */
  readonly files?: Files;
}

export interface FileEngineStatus {
  /** Why entries are kept in memory only; undefined while the disk takes them. */
  readonly problem: string | undefined;
  /** What was damaged or could not be used, and where it is now; oldest first. */
  readonly reports: readonly string[];
  /** Entries that are not on disk because too many waited for it. */
  readonly dropped: number;
  /** Bytes on disk. */
  readonly bytes: number;
}

const DEFAULTS = { syncMs: 1_000, maxBytes: 256 * 1024 * 1024, maxAgeMs: 2 * 3_600_000, lockWaitMs: 10_000 };
/** A folder that does not answer for this long is not waited for. */
const OPEN_MS = 10_000;

/** Keeps entries in files, in a folder that one process owns. A disk that fails or hangs delays nothing: entries stay in memory then. */
export class FileEngine implements JournalEngine {
  readonly #options: Required<Omit<FileEngineOptions, "maxAgeMs" | "onStatus">> & { maxAgeMs: number } & Pick<
      FileEngineOptions,
      "onStatus"
    >;
  readonly #changes = new Changes();
  readonly #guard = new FenceGuard();
  #keys = new RecentKeys();
  #head = 0;
  #reports: readonly string[] = [];
  #open: { readonly storage: Storage; readonly writer: Writer } | undefined;

  constructor(options: FileEngineOptions) {
    this.#options = { ...DEFAULTS, files: diskFiles, ...options, dir: resolve(options.dir) };
  }

  get status(): FileEngineStatus {
    const { storage, writer } = this.#running;
    return { problem: writer.problem, reports: this.#reports, dropped: writer.dropped, bytes: storage.segments.bytes };
  }

  /** From now on entries are kept for this running time in milliseconds at least, within the limit of bytes. */
  keepFor(maxAgeMs: number): void {
    this.#options.maxAgeMs = maxAgeMs;
  }

  open(signal: AbortSignal): Promise<Opened> {
    return keepAlive(this.#openFolder(signal));
  }

  append(batch: readonly Draft[], fence?: Fence): readonly number[] {
    const { writer } = this.#running;
    this.#guard.check(fence);
    const numbers = batch.map((draft) => this.#keys.numberOf(draft) ?? this.#number(draft, writer));
    writer.flush();
    this.#changes.notify();
    return numbers;
  }

  async read(after: number, limit: Limit, signal: AbortSignal): Promise<Page | "gap"> {
    throwIfAborted(signal);
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(new VitalsError("aborted", "the read of the journal was aborted", { cause: signal.reason }));
    signal.addEventListener("abort", abort, { once: true });
    try {
      // A disk that hangs ends no read.
      return await Promise.race([this.#read(after, limit), aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  follow(after: number, signal: AbortSignal): AsyncIterable<readonly StoredEntry[]> {
    return followEngine(this, this.#changes, after, signal);
  }

  async save(values: Readonly<Record<string, string>>, fence?: Fence): Promise<void> {
    this.#guard.check(fence);
    await this.#running.writer.save(values);
  }

  async load(name: string): Promise<string | undefined> {
    return this.#running.writer.value(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open) await keepAlive(this.#open.writer.close());
  }

  get #running(): { readonly storage: Storage; readonly writer: Writer } {
    if (!this.#open) throw new VitalsError("lifecycle", "the journal is not open");
    return this.#open;
  }

  async #openFolder(signal: AbortSignal): Promise<Opened> {
    if (this.#open) throw new VitalsError("lifecycle", "the journal is already open");
    const { clock, syncMs } = this.#options;
    const claiming = claimFolder({ ...this.#options, waitMs: this.#options.lockWaitMs, signal, running: undefined });
    const claim = await this.#within(OPEN_MS + this.#options.lockWaitMs, claiming).catch((error: unknown) => {
      void claiming.then(({ lock }) => lock.release()).catch(() => {});
      if (isVitalsError(error) && (error.code === "state_in_use" || error.code === "aborted")) throw error;
      return messageOf(error);
    });
    const start = typeof claim === "string" ? await this.#startInMemory() : this.#startFrom(claim);
    const error = typeof claim === "string" ? claim : undefined;
    const storage = new Storage({ ...this.#options, limits: this.#options }, start);
    const onChange = (reports: readonly string[]): void => this.#change(reports);
    const writer = new Writer({ storage, clock, head: start.head, syncMs, error, after: claiming, onChange });
    this.#head = start.head;
    this.#open = { storage, writer };
    const first = start.segments.list.find((segment) => segment.first !== undefined)?.first;
    const checkpoint = storage.value(CHECKPOINT);
    return { id: start.id, oldest: first ?? this.#head, head: this.#head, ...(checkpoint !== undefined && { checkpoint }) };
  }

  #startFrom(claim: Claim): Start {
    const { head, id, loaded, reports } = claim;
    this.#reports = reports;
    return { claim, id, head, ...this.#contents(loaded) };
  }

  /** A folder that cannot be written may still be readable. Its numbers cannot be reserved, so the journal begins anew, above them. */
  async #startInMemory(): Promise<Start> {
    const { clock, dir, files } = this.#options;
    const nothing: Loaded = {
      header: "none",
      segments: [],
      values: new Map(),
      keys: new RecentKeys(),
      last: 0,
      damaged: [],
      nextOrdinal: 1,
    };
    const loaded = await this.#within(OPEN_MS, loadFolder(dir, files, clock.monotonicMs())).catch(() => nothing);
    const reserved = typeof loaded.header === "object" ? loaded.header.reserved : 0;
    const contents = this.#contents(loaded.header === "other version" ? nothing : loaded);
    return { claim: undefined, id: newJournalId(), head: Math.max(reserved, loaded.last), ...contents };
  }

  #contents({ keys, nextOrdinal, segments, values }: Loaded): Pick<Start, "segments" | "values"> {
    const { dir, files } = this.#options;
    const first = segments.find((segment) => segment.first !== undefined)?.first;
    this.#keys = keys;
    return { segments: new Segments(dir, files, this.#options, segments, nextOrdinal, first === undefined ? 0 : first - 1), values };
  }

  #number(draft: Draft, writer: Writer): number {
    this.#head += 1;
    this.#keys.add(draft, this.#head);
    writer.append({ seq: this.#head, key: draft.key, kind: draft.kind, body: draft.body });
    return this.#head;
  }

  async #read(after: number, limit: Limit): Promise<Page | "gap"> {
    const { storage, writer } = this.#running;
    const { segments } = storage;
    if (after < segments.removed || after > this.#head) return "gap";
    const page = new PageBuilder(after, limit, segments.removed);
    // As of now: what is written during the read is among the unwritten ones.
    const [stored, unwritten] = [
      segments.list.map((segment) => ({ segment, last: segment.last, end: segment.end })),
      [...writer.unwritten],
    ];
    try {
      for (const { segment, last, end } of stored) {
        if (page.isFull || segment.first === undefined) continue;
        if (last <= after) page.pass(last);
        else await this.#readSegment(segment.pieces(this.#options.files, after, end), page);
      }
    } catch {
      return "gap";
    }
    for (const entry of unwritten) if (!page.add(entry)) break;
    return page.page;
  }

  async #readSegment(pieces: AsyncIterable<Buffer>, page: PageBuilder): Promise<void> {
    for await (const piece of pieces) {
      scan(piece, 0, (record) => {
        if (record.type === "entry" && !page.isFull) page.add(record.decode());
      });
      if (page.isFull) return;
    }
  }

  async #within<T>(ms: number, work: Promise<T>): Promise<T> {
    const { clock, dir } = this.#options;
    const ended = new AbortController();
    const late = clock.sleepUntil(clock.monotonicMs() + ms, ended.signal).then(() => {
      throw new Error(`${dir} did not answer for ${duration(ms)}`);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      ended.abort();
      late.catch(() => {});
    }
  }

  #change(reports: readonly string[]): void {
    this.#reports = [...this.#reports, ...reports];
    this.#options.onStatus?.(this.status);
  }
}
