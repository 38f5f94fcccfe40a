import type { Client } from "./client.ts";
import type { Filter } from "./filter.ts";
import { Pace } from "./pace.ts";

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
