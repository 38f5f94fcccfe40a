import type { Client } from "./client.ts";
import type { VitalsEvent } from "../../collector/collector.ts";

/** What a client asks for when it joins. */
export interface JoinRequest {
  readonly address: string;
  readonly filter: Filter;
  /** The `id` of the last event the client has; undefined for a fresh one. */
  readonly lastEventId?: string | undefined;
}

/** One client's place in the journal. */
export class Subscription {
  readonly client: Client;
  readonly filter: Filter;
  readonly address: string;
  readonly pace: Pace | undefined;
  /** Up to this number every event is a replay, of which nothing may be left out. */
  readonly replayUntil: number;
  /** Number of the last event that was sent to this client, or passed over for it. */
  passed: number;
  /** Samples and aggregates left out since the client joined, and whatever a reset passed over. */
  dropped = 0;
  /** A sample has had to wait, and the client is not back at the newest event yet. */
  isBehind = false;
  #writtenBytes = 0;
  #takenBytes = -1;
  #beatsStill = 0;

  constructor(client: Client, { filter, address }: JoinRequest, passed: number, replayUntil: number) {
    this.client = client;
    this.filter = filter;
    this.address = address;
    this.pace = filter.maxRate === undefined ? undefined : new Pace(filter.maxRate);
    this.passed = passed;
    this.replayUntil = replayUntil;
  }

  write(bytes: Uint8Array): void {
    this.#writtenBytes += bytes.length;
    this.client.write(bytes);
  }

  /** At a heartbeat: for how many of them in a row the client has taken nothing. */
  beatsStill(): number {
    const takenBytes = this.#writtenBytes - this.client.backlogBytes;
    this.#beatsStill = takenBytes === this.#takenBytes ? this.#beatsStill + 1 : 0;
    this.#takenBytes = takenBytes;
    return this.#beatsStill;
  }
}

/** What a client wants to see. */
export interface Filter {
  /** Kinds of events; undefined for all. */
  readonly types?: ReadonlySet<string> | undefined;
  /** Collections whose samples and aggregates; undefined for all. */
  readonly collections?: ReadonlySet<string> | undefined;
  /** Samples a second, at most. */
  readonly maxRate?: number | undefined;
}

/** Whether an event passes a filter. */
export function passes(filter: Filter, event: VitalsEvent): boolean {
  if (filter.types && !filter.types.has(event.kind)) return false;
  return event.kind !== "sample" || wantsCollection(filter, event.sample.collection);
}

export const wantsAggregates = ({ types }: Filter): boolean => types?.has("aggregate") ?? true;

export const wantsCollection = ({ collections }: Filter, name: string): boolean => collections?.has(name) ?? true;

/** Most filters that are kept to be shared. */
const MOST_FILTERS = 256;

/** Filters that are the same are one: ten thousand clients that ask for the same have it once. */
export class Filters {
  readonly #known = new Map<string, Filter>();

  of(types: readonly string[] | undefined, collections: readonly string[] | undefined, maxRate: number | undefined): Filter {
    const key = JSON.stringify([types, collections, maxRate]);
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= MOST_FILTERS) this.#known.clear();
    const filter = { types: types && new Set(types), collections: collections && new Set(collections), maxRate };
    this.#known.set(key, filter);
    return filter;
  }
}

/** The same for filters that want the same collections: what is made for one of them serves all. */
export const collectionsKey = ({ collections }: Filter): string => (collections ? [...collections].toSorted().join(",") : "*");

/** Of the time between two samples, how much earlier one may come: ticks are never quite on time. */
const EARLY = 0.1;

/** Samples a second for one client, over all its collections together. */
export class Pace {
  readonly #betweenMs: number;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(maxRate: number) {
    this.#betweenMs = 1_000 / maxRate;
  }

  /** Whether a sample may be sent now. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueMs - this.#betweenMs * EARLY;
  }

  /** A sample was sent. The next is due at its place on the grid, so that coming early is no gain for ever. */
  spend(nowMs: number): void {
    this.#dueMs = Math.max(this.#dueMs, nowMs) + this.#betweenMs;
  }
}
