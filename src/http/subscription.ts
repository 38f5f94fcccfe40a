import type { VitalsEvent } from "../collector.ts";

/** Where a client's bytes go. Adapters: node's response, a web stream, an array in a test. */
export interface Client {
  write(bytes: Uint8Array): void;
  /** Bytes written and not yet taken. */
  readonly backlogBytes: number;
  readonly closed: boolean;
  /** Ends the stream, once what was written is out. */
  close(): void;
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
  return event.kind !== "sample" || !filter.collections || filter.collections.has(event.sample.collection);
}

/** One client's place in the journal. */
export class Subscription {
  readonly client: Client;
  readonly filter: Filter;
  readonly address: string;
  /** Number of the last event that was sent to this client, or passed over for it. */
  passed: number;
  /** Up to this number every event is a replay, of which nothing may be left out. */
  readonly replayUntil: number;
  /** Samples left out since the client joined. */
  dropped = 0;
  #lastSampleMs = Number.NEGATIVE_INFINITY;

  constructor(client: Client, filter: Filter, address: string, passed: number, replayUntil: number) {
    this.client = client;
    this.filter = filter;
    this.address = address;
    this.passed = passed;
    this.replayUntil = replayUntil;
  }

  /** Whether a sample would exceed the client's rate; if not, it counts towards it. */
  exceedsRate(nowMs: number): boolean {
    const { maxRate } = this.filter;
    if (maxRate === undefined) return false;
    if (nowMs - this.#lastSampleMs < 1_000 / maxRate) return true;
    this.#lastSampleMs = nowMs;
    return false;
  }
}
