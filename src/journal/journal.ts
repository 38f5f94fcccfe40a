import type { Draft, JournalEngine } from "./engine.ts";
import { MemoryEngine } from "./memory-engine.ts";

/** One entry of the journal: an event with its number, and its JSON, encoded once for every reader. */
export interface Entry<E> {
  /** Ascending, not necessarily dense: numbers order entries and must not be calculated with. */
  readonly seq: number;
  /** The event itself. */
  readonly event: E;
  /** The event as JSON, as the event stream sends it. */
  readonly json: string;
}

export interface JournalOptions<E> {
  /** Numbers the entries, and keeps those that the journal no longer retains. Default: in memory, from 1 without gaps, keeping nothing. */
  readonly engine?: Pick<JournalEngine, "append">;
  /** Key and kind of an event, for the engine. Default: no key, and the kind `event`. */
  readonly identify?: (event: E) => Pick<Draft, "key" | "kind">;
  /** Encodes an event as JSON. Default: `JSON.stringify`. */
  readonly encode?: (event: E) => string;
  /** Maximum bytes of JSON, as UTF-8, retained for replay. Default: 4 MiB. */
  readonly maxBytes?: number;
  /** Called when a subscriber throws; the other subscribers are still called. Default: does nothing. */
  readonly onSubscriberError?: (error: unknown) => void;
}

/** An event that has no number yet. */
interface Queued<E> extends Draft {
  readonly event: E;
}

const anonymous = { key: "", kind: "event" };

/** Bytes of JSON, as UTF-8, that a journal retains by default. The events take several times as much. */
const JOURNAL_BYTES = 4 * 1024 * 1024;

/** Bytes of JSON, as UTF-8, to retain in memory where an engine has what is older. */
export const TAIL_BYTES = 1024 * 1024;

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
  readonly #engine: Pick<JournalEngine, "append">;
  readonly #identify: (event: E) => Pick<Draft, "key" | "kind">;
  #entries: (Entry<E> | undefined)[] = [];
  /** Index of the oldest retained entry; the slots before it are empty, and are removed in bulk. */
  #start = 0;
  #head = 0;
  /** Number of the newest dropped entry. */
  #dropped = 0;
  #bytes = 0;
  #total = 0;

  constructor(options: JournalOptions<E> = {}) {
    this.#engine = options.engine ?? new MemoryEngine({ maxBytes: 0 });
    this.#identify = options.identify ?? ((): typeof anonymous => anonymous);
    this.#encode = options.encode ?? JSON.stringify;
    this.#maxBytes = options.maxBytes ?? JOURNAL_BYTES;
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
    const { key, kind } = this.#identify(event);
    this.#queue.push({ key, kind, body: this.#encode(event), event });
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
      const numbers = this.#number(batch);
      if (numbers instanceof Promise) return void this.#commitLater(batch, numbers);
      this.#deliver(batch, numbers);
    }
    this.#isCommitting = false;
  }

  /**
   * Continues an earlier journal, before the first event: retains its newest entries without calling the subscribers, and takes over its
   * newest number.
   *
   * @param head from `JournalEngine.open`
   * @param entries in order, without holes up to `head`
   */
  restore(head: number, entries: readonly Entry<E>[]): void {
    this.#dropped = entries[0] ? entries[0].seq - 1 : head;
    for (const entry of entries) this.#retain(entry);
    this.#head = head;
    this.#total = 0;
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

  #number(batch: readonly Queued<E>[]): readonly number[] | Promise<readonly number[]> {
    try {
      return this.#engine.append(batch);
    } catch {
      return this.#numberInMemory(batch);
    }
  }

  #numberInMemory(batch: readonly Queued<E>[]): readonly number[] {
    return batch.map((_, n) => this.#head + 1 + n);
  }

  async #commitLater(batch: readonly Queued<E>[], pending: Promise<readonly number[]>): Promise<void> {
    const numbers = await pending.catch(() => this.#numberInMemory(batch));
    this.#deliver(batch, numbers);
    this.#isCommitting = false;
    this.commit();
  }

  /** A whole batch is retained before the first subscriber is called. */
  #deliver(batch: readonly Queued<E>[], numbers: readonly number[]): void {
    const entries: Entry<E>[] = [];
    for (const [n, { event, body }] of batch.entries()) {
      const seq = numbers[n] as number;
      // An event with the number of an earlier one was appended before, and the subscribers have received it.
      if (seq > this.#head) entries.push(this.#retain({ seq, event, json: body }));
    }
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
