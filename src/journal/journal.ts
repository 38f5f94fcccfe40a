/** One entry of the journal: an event with its number, and its JSON, encoded once for every reader. */
export interface Entry<E> {
  /** Ascending, not necessarily dense: a number says which of two entries is later, and nothing else. */
  readonly seq: number;
  readonly event: E;
  readonly json: string;
}

export interface JournalOptions<E> {
  /** JSON of an event, as its readers get it. Default: the whole event. */
  readonly encode?: (event: E) => string;
  /** Maximum number of bytes of JSON, as UTF-8, kept for replay. Default: 4 MiB. */
  readonly maxBytes?: number;
  /** Called when a subscriber throws; the others are called all the same. Default: nothing. */
  readonly onSubscriberError?: (error: unknown) => void;
}

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/** Read access to the one ordered sequence of everything that happens. */
export interface JournalReader<E> {
  /** Number of the newest entry; 0 before the first. */
  readonly head: number;
  /** Number of the oldest entry that can be replayed; `head` when there is none. */
  readonly oldest: number;
  /** How many entries there have been since it was opened, kept or not. */
  readonly total: number;
  /** Bytes of JSON held, as UTF-8. */
  readonly bytes: number;
  /** Whether everything after number `after` is still kept. */
  reaches(after: number): boolean;
  /** The first entry numbered above `after` that is kept; undefined when there is none. */
  next(after: number): Entry<E> | undefined;
  /** How many of the kept entries are numbered above `after`. */
  count(after: number): number;
  /** The entries numbered above `after`, oldest first; undefined when some of them are no longer kept, or `after` is from the future. */
  since(after: number): readonly Entry<E>[] | undefined;
  /**
   * Calls `listener` for each entry numbered from now on, in order, until the returned function is called. A listener that throws is
   * reported and stays subscribed. What it causes to be appended is delivered after the entry that caused it.
   */
  subscribe(listener: (entry: Entry<E>) => void): () => void;
}

/**
 * The one ordered sequence of everything that happens. Writing has two steps: `append` queues an event, so that buffer, instruments and
 * health can have it first; `commit` numbers the queue in order, keeps it, and only then calls the subscribers. The oldest entries are
 * dropped when the byte limit is reached.
 */
export class Journal<E> implements JournalReader<E> {
  readonly #maxBytes: number;
  readonly #encode: (event: E) => string;
  readonly #onSubscriberError: (error: unknown) => void;
  readonly #subscribers = new Set<(entry: Entry<E>) => void>();
  #queue: Omit<Entry<E>, "seq">[] = [];
  #isCommitting = false;
  #entries: (Entry<E> | undefined)[] = [];
  /** Index of the oldest entry still kept; the slots before it are empty, and are dropped in bulk. */
  #start = 0;
  #head = 0;
  /** Number of the newest entry that was dropped. */
  #dropped = 0;
  #bytes = 0;
  #total = 0;

  constructor(options: JournalOptions<E> = {}) {
    this.#encode = options.encode ?? JSON.stringify;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#onSubscriberError = options.onSubscriberError ?? ((): void => {});
  }

  get head(): number {
    return this.#head;
  }

  get oldest(): number {
    return this.#entries[this.#start]?.seq ?? this.#head;
  }

  get total(): number {
    return this.#total;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Queues an event. It has no number, and no reader sees it, until `commit`. Throws what encoding it throws, and then queues nothing. */
  append(event: E): void {
    this.#queue.push({ event, json: this.#encode(event) });
  }

  /** Numbers what is queued, in order, and calls the subscribers for each. What a subscriber appends and commits follows after. */
  commit(): void {
    if (this.#isCommitting) return;
    this.#isCommitting = true;
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        for (const entry of batch.map((queued) => this.#keep(queued))) this.#publish(entry);
      }
    } finally {
      this.#isCommitting = false;
    }
  }

  reaches(after: number): boolean {
    return after <= this.#head && after >= this.#dropped;
  }

  next(after: number): Entry<E> | undefined {
    return this.#entries[this.#indexAfter(after)];
  }

  count(after: number): number {
    return this.#entries.length - this.#indexAfter(after);
  }

  since(after: number): readonly Entry<E>[] | undefined {
    if (!this.reaches(after)) return undefined;
    return this.#entries.slice(this.#indexAfter(after)) as Entry<E>[]; // sound: from #start on every slot is filled
  }

  subscribe(listener: (entry: Entry<E>) => void): () => void {
    this.#subscribers.add(listener);
    return () => void this.#subscribers.delete(listener);
  }

  #keep(queued: Omit<Entry<E>, "seq">): Entry<E> {
    this.#head += 1;
    this.#total += 1;
    const entry = { seq: this.#head, ...queued };
    this.#entries.push(entry);
    this.#bytes += Buffer.byteLength(entry.json);
    this.#drop();
    return entry;
  }

  #publish(entry: Entry<E>): void {
    for (const listener of this.#subscribers) {
      try {
        listener(entry);
      } catch (error) {
        this.#onSubscriberError(error);
      }
    }
  }

  /** Index of the first kept entry numbered above `after`; the end when there is none. */
  #indexAfter(after: number): number {
    let [low, high] = [this.#start, this.#entries.length];
    // Most readers are up to date, or one entry behind.
    if (after >= this.#head) return high;
    if ((this.#entries[high - 2]?.seq ?? 0) <= after) return high - 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#entries[middle] as Entry<E>).seq <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(): void {
    // The newest entry stays, however large: the subscribers are about to be called for it.
    while (this.#bytes > this.#maxBytes && this.#start < this.#entries.length - 1) {
      const { seq, json } = this.#entries[this.#start] as Entry<E>;
      this.#dropped = seq;
      this.#bytes -= Buffer.byteLength(json);
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
