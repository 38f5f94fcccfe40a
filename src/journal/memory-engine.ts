import { randomBytes } from "node:crypto";
import { Changes, followEngine } from "./engine-follow.ts";
import { CHECKPOINT, type Draft, type Fence, type JournalEngine, type Limit, type Opened, type Page, type StoredEntry } from "./engine.ts";
import { EntryQueue, PageBuilder } from "./entry-queue.ts";
import { FenceGuard, throwIfAborted } from "./guard.ts";
import { RecentKeys } from "./recent-keys.ts";

export interface MemoryEngineOptions {
  /** Bytes of JSON, as UTF-8, to retain. 0 retains nothing, and no key is recognised again. Default: 4 MiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/** A new identifier for a journal. */
export const newJournalId = (): string => randomBytes(8).toString("hex");

/** Numbers entries from 1 without gaps, and forgets everything when the process ends. */
export class MemoryEngine implements JournalEngine {
  readonly #id = newJournalId();
  readonly #retains: boolean;
  readonly #entries: EntryQueue;
  readonly #keys = new RecentKeys();
  readonly #changes = new Changes();
  readonly #guard = new FenceGuard();
  readonly #values = new Map<string, string>();
  #head = 0;
  /** Number of the newest dropped entry. */
  #dropped = 0;

  constructor({ maxBytes = DEFAULT_MAX_BYTES }: MemoryEngineOptions = {}) {
    this.#retains = maxBytes > 0;
    this.#entries = new EntryQueue(maxBytes);
  }

  open(): Promise<Opened> {
    const checkpoint = this.#values.get(CHECKPOINT);
    const oldest = this.#entries.first?.seq ?? this.#head;
    return Promise.resolve({ id: this.#id, oldest, head: this.#head, ...(checkpoint !== undefined && { checkpoint }) });
  }

  append(batch: readonly Draft[], fence?: Fence): readonly number[] {
    this.#guard.check(fence);
    if (!this.#retains) return batch.map(() => (this.#dropped = this.#head += 1));
    const numbers = batch.map((draft) => this.#keys.numberOf(draft) ?? this.#store(draft));
    this.#changes.notify();
    return numbers;
  }

  async read(after: number, limit: Limit, signal: AbortSignal): Promise<Page | "gap"> {
    throwIfAborted(signal);
    if (after < this.#dropped || after > this.#head) return "gap";
    const page = new PageBuilder(after, limit);
    for (const entry of this.#entries.after(after)) if (!page.add(entry)) break;
    return page.page;
  }

  follow(after: number, signal: AbortSignal): AsyncIterable<readonly StoredEntry[]> {
    return followEngine(this, this.#changes, after, signal);
  }

  async save(values: Readonly<Record<string, string>>, fence?: Fence): Promise<void> {
    this.#guard.check(fence);
    for (const [name, value] of Object.entries(values)) this.#values.set(name, value);
  }

  load(name: string): Promise<string | undefined> {
    return Promise.resolve(this.#values.get(name));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #store(draft: Draft): number {
    this.#head += 1;
    const entry = { seq: this.#head, key: draft.key, kind: draft.kind, body: draft.body };
    this.#keys.add(draft, this.#head);
    const before = this.#entries.length;
    const dropped = this.#entries.push(entry);
    if (dropped > 0) this.#dropped = this.#head - (before + 1 - dropped);
    return this.#head;
  }
}
