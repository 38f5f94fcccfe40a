/** One entry of the journal: an event, and what is told of it as JSON, made once for every reader. */
export interface Entry<E> {
  readonly event: E;
  readonly json: string;
}

export interface JournalOptions<E> {
  /** JSON of what is told of an event. Default: the whole event. */
  readonly encode?: (event: E) => string;
  /** Most bytes of JSON, as UTF-8, kept for replay. Default 4 MiB. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/**
 * The one ordered sequence of everything that happens. Numbers start at 1 and have no gaps; the oldest entries go when the
 * byte limit is reached. Subscribers are called at each append, in order, and must not throw or block.
 */
export class Journal<E extends { readonly seq: number }> {
  readonly #maxBytes: number;
  readonly #encode: (event: E) => string;
  readonly #subscribers = new Set<(entry: Entry<E>) => void>();
  #entries: (Entry<E> | undefined)[] = [];
  /** Index of the oldest entry still kept; the places before it are empty, and are dropped in bulk. */
  #start = 0;
  #head = 0;
  #bytes = 0;

  constructor(options: JournalOptions<E> = {}) {
    this.#encode = options.encode ?? JSON.stringify;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** Number of the newest entry; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** Number of the oldest entry that can be replayed; `head + 1` when there is none. */
  get oldest(): number {
    return this.#head - (this.#entries.length - this.#start) + 1;
  }

  /** Bytes of JSON held, as UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gives the next number to what `make` makes of it, keeps it, and tells every subscriber. */
  append<T extends E>(make: (seq: number) => T): T {
    const event = make(this.#head + 1);
    const entry = { event, json: this.#encode(event) };
    this.#head += 1;
    this.#entries.push(entry);
    this.#bytes += Buffer.byteLength(entry.json);
    this.#forget();
    for (const tell of this.#subscribers) tell(entry);
    return event;
  }

  /** Whether everything after `seq` can still be had. */
  reaches(seq: number): boolean {
    return seq <= this.#head && seq >= this.oldest - 1;
  }

  /** The entry with this number; undefined when it is no longer kept, or not yet there. */
  at(seq: number): Entry<E> | undefined {
    return seq < this.oldest ? undefined : this.#entries[this.#start + (seq - this.oldest)];
  }

  /** Entries with a number above `seq`, oldest first; undefined when some of them are no longer kept, or `seq` is from the future. */
  since(seq: number): readonly Entry<E>[] | undefined {
    if (!this.reaches(seq)) return undefined;
    return this.#entries.slice(this.#start + (seq - this.oldest + 1)) as Entry<E>[]; // sound: from #start on every place is taken
  }

  /** Calls `tell` for each entry from now on, until the returned function is called. */
  subscribe(tell: (entry: Entry<E>) => void): () => void {
    this.#subscribers.add(tell);
    return () => void this.#subscribers.delete(tell);
  }

  #forget(): void {
    // The newest entry stays, however large: a subscriber is about to be told of it.
    while (this.#bytes > this.#maxBytes && this.#start < this.#entries.length - 1) {
      this.#bytes -= Buffer.byteLength(this.#entries[this.#start]?.json ?? "");
      this.#entries[this.#start] = undefined;
      this.#start += 1;
    }
    // Amortised: each entry is moved at most once for each time the array doubles.
    if (this.#start > 1024 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}
