import type { Hole, Limit, Page, StoredEntry } from "./engine.ts";

/** Entries in memory, in order; the oldest are dropped beyond a limit of bytes. */
export class EntryQueue {
  readonly #maxBytes: number;
  #entries: (StoredEntry | undefined)[] = [];
  /** Index of the oldest entry; the slots before it are empty, and are removed in bulk. */
  #start = 0;
  #bytes = 0;

  /** @param maxBytes of bodies, as UTF-8 */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#entries.length - this.#start;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get first(): StoredEntry | undefined {
    return this.#entries[this.#start];
  }

  /** @returns the number of entries dropped to stay within the limit */
  push(entry: StoredEntry): number {
    this.#entries.push(entry);
    this.#bytes += Buffer.byteLength(entry.body);
    const before = this.length;
    while (this.#bytes > this.#maxBytes && this.length > 0) this.shift();
    return before - this.length;
  }

  shift(): StoredEntry | undefined {
    const entry = this.#entries[this.#start];
    if (!entry) return undefined;
    this.#bytes -= Buffer.byteLength(entry.body);
    this.#entries[this.#start] = undefined;
    this.#start += 1;
    // Amortised: an entry is moved at most once each time the array doubles.
    if (this.#start > 1024 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    return entry;
  }

  /** Removes and returns the oldest entries, within a limit of bytes but at least one. */
  take(maxBytes: number): readonly StoredEntry[] {
    const taken: StoredEntry[] = [];
    const leave = this.#bytes - maxBytes;
    while (this.length > 0 && (taken.length === 0 || this.#bytes > leave)) taken.push(this.shift() as StoredEntry);
    return taken;
  }

  /** The entries numbered above `after`, oldest first. */
  *after(after: number): Generator<StoredEntry, void> {
    let [low, high] = [this.#start, this.#entries.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#entries[middle] as StoredEntry).seq <= after) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < this.#entries.length; at += 1) yield this.#entries[at] as StoredEntry;
  }
}

/** Collects one page, and notices where numbers are missing. */
export class PageBuilder {
  readonly #limit: Limit;
  readonly #entries: StoredEntry[] = [];
  readonly #holes: Hole[] = [];
  #last: number;
  /** Number of the newest retained entry so far. */
  #previous: number;
  #bytes = 0;
  #isFull = false;

  /** @param previous number of the newest retained entry up to `after`; `after` itself may be in a hole */
  constructor(after: number, limit: Limit, previous = after) {
    this.#last = after;
    this.#previous = previous;
    this.#limit = limit;
  }

  /** Number of the newest entry added, or the number that the page starts after. */
  get last(): number {
    return this.#last;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  get page(): Page {
    return { entries: this.#entries, holes: this.#holes };
  }

  /** Notes that an entry up to the requested number is retained. */
  pass(seq: number): void {
    this.#previous = Math.max(this.#previous, seq);
  }

  /** Adds an entry if the page has room for it and it is newer than the last. @returns whether the page has room */
  add(entry: StoredEntry): boolean {
    if (this.#isFull) return false;
    if (entry.seq <= this.#last) {
      this.pass(entry.seq);
      return true;
    }
    const bytes = Buffer.byteLength(entry.body);
    const { entries, bytes: maxBytes } = this.#limit;
    this.#isFull = this.#entries.length > 0 && (this.#entries.length >= entries || this.#bytes + bytes > maxBytes);
    if (this.#isFull) return false;
    if (entry.seq > this.#previous + 1) this.#holes.push({ after: this.#previous, before: entry.seq });
    this.#entries.push(entry);
    this.#bytes += bytes;
    this.#last = this.#previous = entry.seq;
    return true;
  }
}
