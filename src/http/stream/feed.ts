import type { Clock } from "../../base/clock.ts";
import type { Collector } from "../../collector/collector.ts";
import type { VitalsEvent } from "../../collector/event.ts";
import type { Entry } from "../../journal/journal.ts";
import { BEHIND_BYTES, MAX_BACKLOG_BYTES } from "./client.ts";
import type { Frames, ResetReason } from "./frame.ts";
import { passes, type Subscription } from "./subscription.ts";
import type { StreamCounts } from "./counts.ts";
import { reset, type Snapshots } from "./snapshot.ts";

export interface FeedParts {
  readonly collector: Collector;
  readonly clock: Clock;
  readonly snapshots: Snapshots;
  readonly counts: StreamCounts;
  /** Disconnects a client whose backlog would exceed its limit. */
  readonly disconnect: (subscription: Subscription) => void;
  readonly frames: Frames;
}

/**
 * Sends the journal's entries to clients. Samples wait for a client that is behind or has used up its rate; of those that wait, only the
 * newest of each collection is sent, the one that has waited longest first. Transitions and alerts never wait: the samples before them
 * are sent as far as there is room, and a client that has no room for them is disconnected. It then resumes from before them.
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #frames: Frames;
  /** Number of the newest entry that was read. */
  #known = 0;
  /** Number of each collection's newest sample. */
  readonly #newest = new Map<string, number>();
  readonly #newestUrgent = { transition: 0, alert: 0 };

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#frames = parts.frames;
  }

  /** Reads the journal's new entries, before any client is taken to them. Returns whether there were any. */
  readNew(): boolean {
    const { journal } = this.#parts.collector;
    const before = this.#known;
    for (let entry = journal.next(this.#known); entry; entry = journal.next(this.#known)) {
      const { seq, event } = entry;
      this.#known = seq;
      if (event.kind === "sample") this.#newest.set(event.sample.collection, seq);
      else this.#newestUrgent[event.kind] = seq;
    }
    return this.#known !== before;
  }

  /** Writes the entries that the client does not have yet, as far as it reads. */
  advance(subscription: Subscription): void {
    const { journal } = this.#parts.collector;
    const { client } = subscription;
    if (subscription.isHeld) return;
    const left = journal.total - subscription.passedTotal;
    if (left === 0 || client.closed) return;
    if (!journal.reaches(subscription.passed)) {
      // One snapshot after the other would grow the backlog of a client that does not read.
      if (client.backlogBytes >= BEHIND_BYTES) return client.whenRead();
      // It is no longer known which of them its filter would have let through: all are counted.
      this.#count(subscription, left);
      return this.sendSnapshot(subscription, "the resume point is no longer kept");
    }
    if (left > 1) client.cork();
    let entry = journal.next(subscription.passed);
    while (entry && this.#offer(subscription, entry)) entry = journal.next(subscription.passed);
    if (!entry) subscription.isBehind = false;
    else if (client.backlogBytes > 0 && !client.closed) client.whenRead();
    if (left > 1) client.uncork();
  }

  /** Takes a client to the newest event with a snapshot, after a reset if it had asked to resume. */
  sendSnapshot(subscription: Subscription, reason: ResetReason | undefined): void {
    subscription.release();
    if (reason !== undefined) subscription.write(reset(reason));
    subscription.passAll(this.#parts.collector.journal);
    subscription.writeBulk(this.#parts.snapshots.snapshot(subscription.filter));
  }

  /** Sends an entry or passes over it; false when it has to wait, and when the client was disconnected. */
  #offer(subscription: Subscription, entry: Entry<VitalsEvent>): boolean {
    const { event, seq } = entry;
    if (!passes(subscription.filter, event)) subscription.pass(seq);
    else if (seq <= subscription.replayUntil) return this.#replay(subscription, entry);
    else if (event.kind === "sample") return this.#offerSample(subscription, entry, event.sample.collection);
    else if (this.#hasRoom(subscription, entry, MAX_BACKLOG_BYTES)) this.#send(subscription, entry);
    else {
      this.#parts.disconnect(subscription);
      return false;
    }
    return true;
  }

  #replay(subscription: Subscription, entry: Entry<VitalsEvent>): boolean {
    if (!this.#hasRoom(subscription, entry, BEHIND_BYTES)) return false;
    this.#send(subscription, entry);
    return true;
  }

  #offerSample(subscription: Subscription, entry: Entry<VitalsEvent>, collection: string): boolean {
    const { rateLimit, isBehind } = subscription;
    const { seq } = entry;
    if (isBehind && this.#newest.get(collection) !== seq) return this.#drop(subscription, seq);
    const isBeforeUrgent = seq < this.#urgentFor(subscription);
    const nowMs = rateLimit ? this.#parts.clock.monotonicMs() : 0;
    const isAllowed = !rateLimit || rateLimit.allows(nowMs);
    if (!isAllowed || !this.#hasRoom(subscription, entry, isBeforeUrgent ? MAX_BACKLOG_BYTES : BEHIND_BYTES)) {
      subscription.isBehind = true;
      return isBeforeUrgent && this.#drop(subscription, seq);
    }
    this.#send(subscription, entry);
    rateLimit?.use(nowMs);
    return true;
  }

  /** Number of the newest transition or alert that the client wants. */
  #urgentFor({ filter: { types } }: Subscription): number {
    const { transition, alert } = this.#newestUrgent;
    if (!types) return Math.max(transition, alert);
    return Math.max(types.has("transition") ? transition : 0, types.has("alert") ? alert : 0);
  }

  /** Whether an entry fits. One that alone exceeds the limit is sent to a client that has read everything else. */
  #hasRoom(subscription: Subscription, entry: Entry<VitalsEvent>, maxBytes: number): boolean {
    return subscription.client.backlogBytes === 0 || subscription.countedBacklogBytes + this.#frames.of(entry).length <= maxBytes;
  }

  #send(subscription: Subscription, entry: Entry<VitalsEvent>): void {
    const bytes = this.#frames.of(entry);
    if (bytes.length > MAX_BACKLOG_BYTES) subscription.writeBulk(bytes);
    else subscription.write(bytes);
    subscription.pass(entry.seq);
    this.#parts.counts.add("sent");
  }

  #drop(subscription: Subscription, seq: number): true {
    subscription.pass(seq);
    this.#count(subscription, 1);
    return true;
  }

  #count(subscription: Subscription, dropped: number): void {
    subscription.dropped += dropped;
    this.#parts.counts.add("dropped", dropped);
  }
}
