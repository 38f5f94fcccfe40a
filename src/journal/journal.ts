/** One entry of the journal: an event with its number, and its JSON, encoded once for every reader. */
export interface Entry<E> {
  /** Ascending, not necessarily dense: numbers order entries and must not be calculated with. */
  readonly seq: number;
  readonly event: E;
  readonly json: string;
}

/**
 * Numbers entries. In memory it returns synchronously; an engine on disk, or shared between replicas, may return a promise. It is called
 * again only after that has settled; until then new events collect in the next batch.
 */
export interface JournalEngine {
  /** One number for each entry of a batch, ascending and above all numbers before. If it rejects, the batch is numbered in memory. */
  append(batch: readonly { readonly json: string }[]): readonly number[] | Promise<readonly number[]>;
}

export interface JournalOptions<E> {
  /** Numbers the entries. Default: from 1 without gaps, in memory. */
  readonly engine?: JournalEngine;
  /** Encodes an event as JSON. Default: `JSON.stringify`. */
  readonly encode?: (event: E) => string;
  /** Maximum bytes of JSON, as UTF-8, retained for replay. Default: 4 MiB. */
  readonly maxBytes?: number;
  /** Called when a subscriber throws; the other subscribers are still called. Default: does nothing. */
  readonly onSubscriberError?: (error: unknown) => void;
}

/** An event that has no number yet. */
type Queued<E> = Omit<Entry<E>, "seq">;

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

/** Read access to the ordered sequence of all events. */
export interface JournalReader<E> {
  /** Number of the newest entry; 0 before the first. */
  readonly head: number;
  /** Number of the oldest retained entry; `head` if there is none. */
  readonly oldest: number;
  /** Number of entries since the journal was created, retained or not. */
  readonly total: number;
  /** Bytes of retained JSON, as UTF-8. */
  readonly bytes: number;
  /** Whether all entries after number `after` are still retained. */
  reaches(after: number): boolean;
  /** The first retained entry numbered above `after`; undefined if there is none. */
  next(after: number): Entry<E> | undefined;
  /** Number of retained entries numbered above `after`. */
  count(after: number): number;
  /** The entries numbered above `after`, oldest first; undefined if some are no longer retained, or `after` is above `head`. */
  since(after: number): readonly Entry<E>[] | undefined;
  /**
   * Calls `listener` for each new entry, in order, until the returned function is called. A listener that throws is reported and stays
   * subscribed. Entries that a listener appends are delivered after the current one.
   */
  subscribe(listener: (entry: Entry<E>) => void): () => void;
}

/**
 * The ordered sequence of all events. Writing has two steps: `append` queues an event, so that buffer, instruments and health can apply it
 * first; `commit` numbers the queue in order, retains it, and only then calls the subscribers. The oldest entries are dropped when the
 * byte limit is reached.
 */
export class Journal<E> implements JournalReader<E> {
  readonly #maxBytes: number;
  readonly #encode: (event: E) => string;
  readonly #onSubscriberError: (error: unknown) => void;
  readonly #subscribers = new Set<(entry: Entry<E>) => void>();
  #queue: Queued<E>[] = [];
  #isCommitting = false;
  readonly #engine: JournalEngine;
  #entries: (Entry<E> | undefined)[] = [];
  /** Index of the oldest retained entry; the slots before it are empty, and are removed in bulk. */
  #start = 0;
  #head = 0;
  /** Number of the newest dropped entry. */
  #dropped = 0;
  #bytes = 0;
  #total = 0;

  constructor(options: JournalOptions<E> = {}) {
    const inMemory: JournalEngine = { append: (batch) => batch.map((_, n) => this.#head + 1 + n) };
    this.#engine = options.engine ?? inMemory;
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

  /**
   * Queues an event. It has no number, and no reader sees it, until `commit`. If encoding throws, the error is rethrown and nothing is
   * queued.
   */
  append(event: E): void {
    this.#queue.push({ event, json: this.#encode(event) });
  }

  /**
   * Has the engine number the queued events in order, and calls the subscribers for each. Events that a subscriber appends follow
   * afterwards.
   */
  commit(): void {
    if (this.#isCommitting) return;
    this.#isCommitting = true;
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      const numbers = this.#engine.append(batch);
      if (numbers instanceof Promise) return void this.#commitLater(batch, numbers);
      this.#deliver(batch, numbers);
    }
    this.#isCommitting = false;
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

  async #commitLater(batch: readonly Queued<E>[], pending: Promise<readonly number[]>): Promise<void> {
    const numbers = await pending.catch(() => batch.map((_, n) => this.#head + 1 + n));
    this.#deliver(batch, numbers);
    this.#isCommitting = false;
    this.commit();
  }

  /** A whole batch is retained before the first subscriber is called. */
  #deliver(batch: readonly Queued<E>[], numbers: readonly number[]): void {
    const entries = batch.map((queued, n) => this.#retain({ seq: numbers[n] as number, ...queued }));
    for (const entry of entries) this.#publish(entry);
  }

  #retain(entry: Entry<E>): Entry<E> {
    this.#head = entry.seq;
    this.#total += 1;
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

  /** Index of the first retained entry numbered above `after`; the length if there is none. */
  #indexAfter(after: number): number {
    let [low, high] = [this.#start, this.#entries.length];
    // Shortcuts for most readers, which are up to date or one entry behind.
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
    // Amortised: an entry is moved at most once each time the array doubles.
    if (this.#start > 1024 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}

/** The journal of each reader. */
const writers = new WeakMap<object, unknown>();

/** A read-only view of a journal, for users of the package: it cannot append. */
export function readerOf<E>(journal: Journal<E>): JournalReader<E> {
  const reader: JournalReader<E> = {
    get head() {
      return journal.head;
    },
    get oldest() {
      return journal.oldest;
    },
    get total() {
      return journal.total;
    },
    get bytes() {
      return journal.bytes;
    },
    reaches: (after) => journal.reaches(after),
    next: (after) => journal.next(after),
    count: (after) => journal.count(after),
    since: (after) => journal.since(after),
    subscribe: (listener) => journal.subscribe(listener),
  };
  writers.set(reader, journal);
  return reader;
}

/** The journal of a reader, for tests and benchmarks that append events. */
export function writerOf<E>(reader: JournalReader<E>): Journal<E> {
  return writers.get(reader) as Journal<E>; // sound: `readerOf` alone adds entries, each with the journal of its reader
}
