/** What an engine numbers and keeps: one event, encoded. */
export interface Draft {
  /**
   * Identifies the event, such as a collection with the time that its tick was due: a draft with the key of a retained entry is not
   * stored again and has that entry's number. Empty: the event is never appended twice.
   */
  readonly key: string;
  /** Kind of the event, such as `sample`. */
  readonly kind: string;
  /** The event as JSON. */
  readonly body: string;
}

/** A draft that an engine has numbered. */
export interface StoredEntry extends Draft {
  /** Ascending, not necessarily dense: numbers order entries and must not be calculated with. */
  readonly seq: number;
}

/**
 * Proof that the writer still owns an engine that several processes share: the token of a later owner is higher. An engine rejects a token
 * below the highest that it has received.
 */
export interface Fence {
  /** Grows with each change of the owner. */
  readonly token: number;
}

/** Bounds of one page. A page has at least one entry if there is one, however large. */
export interface Limit {
  /** Maximum number of entries. */
  readonly entries: number;
  /** Bytes of JSON, as UTF-8. */
  readonly bytes: number;
}

/** Entries in order, starting with the first after the requested number. */
export interface Page {
  /** Empty if there is none after the requested number. */
  readonly entries: readonly StoredEntry[];
  /** Where the engine has lost entries, or skipped numbers because it may have: between the requested number and the page's last. */
  readonly holes: readonly Hole[];
}

/** Numbers that no retained entry has, although entries on both sides are retained. */
export interface Hole {
  /** Number of the entry before the hole. */
  readonly after: number;
  /** Number of the entry behind the hole. */
  readonly before: number;
}

/** What an engine retains when it opens. */
export interface Opened {
  /** Identifies the journal; changes only when it begins anew. Letters and digits. */
  readonly id: string;
  /** Number of the oldest retained entry; `head` if there is none. */
  readonly oldest: number;
  /** Number of the newest entry, or of the newest that may have existed; every later number is above it. 0 before the first. */
  readonly head: number;
  /** The value saved as `checkpoint`. */
  readonly checkpoint?: string;
}

/** The name that `open` returns the value of. */
export const CHECKPOINT = "checkpoint";

/**
 * Where the journal's entries are numbered and kept: in memory, in files, or in a database that replicas share. The journal holds the
 * newest entries itself and reads an engine only for older ones.
 */
export interface JournalEngine extends AsyncDisposable {
  /**
   * Must be called once, before anything else. Damaged or unreadable state is no error.
   *
   * @param signal ends waiting for another owner, or for a store that does not answer
   * @throws VitalsError `state_in_use` if another process owns the state and keeps it; `aborted`
   */
  open(signal: AbortSignal): Promise<Opened>;
  /**
   * Numbers a batch, in ascending order and above all numbers before, and stores it: at once, or later. An engine that returns a promise
   * is not called again until it has settled. If it rejects, the journal numbers the batch itself.
   *
   * @throws VitalsError `journal_fenced` if there is a newer owner
   */
  append(batch: readonly Draft[], fence?: Fence): readonly number[] | Promise<readonly number[]>;
  /**
   * The entries after number `after`; `gap` if some of them are no longer retained, or `after` is above the newest number.
   *
   * @param signal ends a read that waits
   * @throws VitalsError `aborted`
   */
  read(after: number, limit: Limit, signal: AbortSignal): Promise<Page | "gap">;
  /**
   * The entries after number `after`, page by page, and then each batch as it is stored; ends when `signal` aborts.
   *
   * @throws VitalsError `journal_gap` if the next entries are no longer retained
   */
  follow(after: number, signal: AbortSignal): AsyncIterable<readonly StoredEntry[]>;
  /**
   * Saves values by name, together and behind everything appended before: after a crash all of them are as of one moment, and no entry
   * before that moment is missing. Resolves once they are saved, or kept in memory because the store cannot be written.
   *
   * @throws VitalsError `journal_fenced` if there is a newer owner
   */
  save(values: Readonly<Record<string, string>>, fence?: Fence): Promise<void>;
  /** The newest value saved under a name. */
  load(name: string): Promise<string | undefined>;
}
