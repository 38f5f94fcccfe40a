import { BEHIND_BYTES, type Client } from "./client.ts";
import type { JournalReader } from "../../journal/journal.ts";
import type { VitalsEvent } from "../../collector/event.ts";

/** What a client requests when it joins. */
export interface JoinRequest {
  readonly address: string;
  readonly filter: Filter;
  /** The `id` of the last event the client has; undefined for a fresh one. */
  readonly lastEventId?: string | undefined;
}

/** One client's position in the journal. */
export class Subscription {
  readonly client: Client;
  readonly filter: Filter;
  readonly address: string;
  readonly rateLimit: RateLimit | undefined;
  /** Events up to this number are a replay, of which none may be left out. */
  replayUntil = 0;
  /** Number of the last event that was sent to this client, filtered out or dropped. */
  passed = 0;
  /** How many events the journal had counted up to that one: numbers need not be dense. */
  passedTotal = 0;
  /** Samples and aggregates left out since the client joined, and the events that a reset skipped. */
  dropped = 0;
  /** A sample had to wait, and the client has not caught up since. */
  isBehind = false;
  /** It receives nothing of the journal yet: the journal is not open, or older events come first. */
  isHeld = true;
  /** It has received its first event. */
  hasBegun = false;
  #hasRoom = (): void => {};
  #writtenBytes = 0;
  /** The newest large message that limits do not count: `#writtenBytes` right after it, and its length. */
  #bulkEnd = 0;
  #bulkBytes = 0;
  #readBytes = -1;
  #unreadHeartbeats = 0;

  constructor(client: Client, { filter, address }: JoinRequest) {
    this.client = client;
    this.filter = filter;
    this.address = address;
    this.rateLimit = filter.maxRate === undefined ? undefined : new RateLimit(filter.maxRate);
  }

  /** From now on it receives the journal's events after a number. */
  follow(after: number, journal: JournalReader<VitalsEvent>): void {
    this.isHeld = false;
    this.passed = after;
    this.passedTotal = journal.total - journal.count(after);
    this.replayUntil = journal.head;
  }

  /** It is held no longer; the caller sets where it is. */
  release(): void {
    this.isHeld = false;
  }

  /** Resolves once the client has read some of its backlog, or is to be checked for another reason. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#hasRoom = resolve;
      this.client.whenRead();
    });
  }

  /** Ends a wait for room. */
  wake(): void {
    this.#hasRoom();
  }

  /** Records that the event of this number was sent, filtered out or dropped. */
  pass(seq: number): void {
    this.passed = seq;
    this.passedTotal += 1;
  }

  /** Records that every event up to the journal's head was skipped. */
  passAll({ head, total }: JournalReader<VitalsEvent>): void {
    this.passed = head;
    this.passedTotal = total;
  }

  write(bytes: Uint8Array): void {
    this.#writtenBytes += bytes.length;
    this.client.write(bytes);
  }

  /**
   * Writes bytes of any size: a snapshot, aggregates, an event that alone exceeds a limit. If they are many, the limits of the backlog do
   * not count them. Only for a client that is not behind, so that the unsent bytes of one client stay bounded.
   */
  writeBulk(bytes: Uint8Array): void {
    this.write(bytes);
    if (bytes.length < BEHIND_BYTES) return;
    this.#bulkEnd = this.#writtenBytes;
    this.#bulkBytes = bytes.length;
  }

  /** Bytes written and not yet read, without those that `writeBulk` exempts. */
  get countedBacklogBytes(): number {
    const { backlogBytes } = this.client;
    const unreadBulk = this.#bulkEnd - (this.#writtenBytes - backlogBytes);
    return backlogBytes - Math.min(Math.max(unreadBulk, 0), this.#bulkBytes);
  }

  /** Called at each heartbeat: for how many of them in a row the client has read nothing. */
  unreadHeartbeats(): number {
    const readBytes = this.#writtenBytes - this.client.backlogBytes;
    this.#unreadHeartbeats = readBytes === this.#readBytes ? this.#unreadHeartbeats + 1 : 0;
    this.#readBytes = readBytes;
    return this.#unreadHeartbeats;
  }
}

/** What a client wants to see. */
export interface Filter {
  /** Types of events; undefined for all. */
  readonly types?: ReadonlySet<string> | undefined;
  /** Collections whose samples and aggregates; undefined for all. */
  readonly collections?: ReadonlySet<string> | undefined;
  /** Maximum number of samples per second. */
  readonly maxRate?: number | undefined;
}

/** Whether an event passes a filter. */
export function passes(filter: Filter, event: VitalsEvent): boolean {
  if (filter.types && !filter.types.has(event.kind)) return false;
  return event.kind !== "sample" || wantsCollection(filter, event.sample.collection);
}

export const wantsAggregates = ({ types }: Filter): boolean => types?.has("aggregate") ?? true;

export const wantsCollection = ({ collections }: Filter, name: string): boolean => collections?.has(name) ?? true;

/** Maximum number of filters kept for sharing. */
const MAX_FILTERS = 256;

/** Equal filters are one object: ten thousand clients with the same query share it. */
export class Filters {
  readonly #known = new Map<string, Filter>();

  of(types: readonly string[] | undefined, collections: readonly string[] | undefined, maxRate: number | undefined): Filter {
    const key = JSON.stringify([types, collections, maxRate]);
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= MAX_FILTERS) this.#known.clear();
    const filter = { types: types && new Set(types), collections: collections && new Set(collections), maxRate };
    this.#known.set(key, filter);
    return filter;
  }
}

/** Equal for filters on the same collections, which can share encoded events. */
export const collectionsKey = ({ collections }: Filter): string => (collections ? [...collections].toSorted().join(",") : "*");

/** A sample may be early by this fraction of the time between two samples: ticks are never exactly on time. */
const EARLY = 0.1;

/** Limits the samples per second of one client, over all its collections together. */
export class RateLimit {
  readonly #intervalMs: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  /** @param maxRate samples per second */
  constructor(maxRate: number) {
    this.#intervalMs = 1_000 / maxRate;
  }

  /** Whether a sample may be sent now. */
  allows(nowMs: number): boolean {
    return nowMs >= this.#nextMs - this.#intervalMs * EARLY;
  }

  /** Records that a sample was sent. The next one is due on the grid, so that samples which are always early do not exceed the rate. */
  use(nowMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, nowMs) + this.#intervalMs;
  }
}
