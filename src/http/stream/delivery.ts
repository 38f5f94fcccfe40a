import type { Clock } from "../../base/clock.ts";
import type { Collector, VitalsEvent } from "../../collector/collector.ts";
import type { Entry } from "../../journal/journal.ts";
import { BEHIND_BYTES, MOST_BYTES } from "./client.ts";
import { type ResetReason, Frames } from "./frame.ts";
import { passes, type Subscription } from "./subscription.ts";
import type { StreamCounts } from "./counts.ts";
import { reset, type Welcome } from "./snapshot.ts";

export interface DeliveryParts {
  readonly collector: Collector;
  readonly clock: Clock;
  readonly welcome: Welcome;
  readonly counts: StreamCounts;
  /** Cuts off a client that is owed more than it may have unsent. */
  readonly disconnect: (subscription: Subscription) => void;
}

type SampleEvent = VitalsEvent & { readonly kind: "sample" };

/**
 * Takes clients along the journal. Samples of a client that is behind, or that wants no more of them yet, wait; of those that wait, only
 * the newest of each collection is sent, the one that has waited longest first. Transitions and alerts never wait: what there is room
 * for of the samples before goes with them, and a client that has no room for them is disconnected. It then resumes from before them.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #frames: Frames;
  /** Number of each collection's newest sample. */
  readonly #newest = new Map<string, number>();
  readonly #newestUrgent = { transition: 0, alert: 0 };

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#frames = new Frames(parts.collector.bootId);
    const { journal } = parts.collector;
    for (const { event } of journal.since(journal.oldest - 1) ?? []) this.note(event);
  }

  /** Tells what has come, before any client is taken there. */
  note(event: VitalsEvent): void {
    if (event.kind === "sample") this.#newest.set(event.sample.collection, event.seq);
    else this.#newestUrgent[event.kind] = event.seq;
  }

  /** Writes what the client has not had, as far as it takes it. */
  advance(subscription: Subscription): void {
    const { journal } = this.#parts.collector;
    const { client } = subscription;
    const left = journal.head - subscription.passed;
    if (left === 0 || client.closed) return;
    if (!journal.reaches(subscription.passed)) {
      // What its filter would have let through cannot be said any more: all of it counts.
      this.#count(subscription, left);
      return this.startAfresh(subscription, "the resume point is no longer kept");
    }
    if (left > 1) client.cork();
    while (subscription.passed < journal.head) {
      // Sound: the journal reaches back to it.
      if (!this.#offer(subscription, journal.at(subscription.passed + 1) as Entry<VitalsEvent>)) break;
    }
    if (subscription.passed === journal.head) subscription.isBehind = false;
    else if (client.backlogBytes > 0 && !client.closed) client.whenRead();
    if (left > 1) client.uncork();
  }

  /** Takes a client to the newest event by a snapshot of everything, told why when it had asked for something else. */
  startAfresh(subscription: Subscription, reason: ResetReason | undefined): void {
    if (reason !== undefined) subscription.write(reset(reason));
    subscription.passed = this.#parts.collector.journal.head;
    subscription.write(this.#parts.welcome.snapshot(subscription.filter));
  }

  /** Sends an event or passes over it; false when it has to wait, and when the client had to go. */
  #offer(subscription: Subscription, entry: Entry<VitalsEvent>): boolean {
    const { event } = entry;
    if (!passes(subscription.filter, event)) subscription.passed = event.seq;
    else if (event.seq <= subscription.replayUntil) return this.#replay(subscription, entry);
    else if (event.kind === "sample") return this.#offerSample(subscription, entry, event);
    else if (this.#hasRoom(subscription, entry, MOST_BYTES)) this.#send(subscription, entry);
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

  #offerSample(subscription: Subscription, entry: Entry<VitalsEvent>, { seq, sample }: SampleEvent): boolean {
    const { pace, isBehind } = subscription;
    if (isBehind && this.#newest.get(sample.collection) !== seq) return this.#drop(subscription, seq);
    const isHoldingUp = seq < this.#urgentFor(subscription);
    const nowMs = pace ? this.#parts.clock.monotonicMs() : 0;
    const isDue = !pace || pace.isDue(nowMs);
    if (!isDue || !this.#hasRoom(subscription, entry, isHoldingUp ? MOST_BYTES : BEHIND_BYTES)) {
      subscription.isBehind = true;
      return isHoldingUp && this.#drop(subscription, seq);
    }
    this.#send(subscription, entry);
    pace?.spend(nowMs);
    return true;
  }

  /** Number of the newest event of those that may not wait and that the client wants. */
  #urgentFor({ filter: { types } }: Subscription): number {
    const { transition, alert } = this.#newestUrgent;
    if (!types) return Math.max(transition, alert);
    return Math.max(types.has("transition") ? transition : 0, types.has("alert") ? alert : 0);
  }

  /** Whether an event fits. One that is larger than the limit all by itself still goes, to a client that has read everything else. */
  #hasRoom({ client }: Subscription, entry: Entry<VitalsEvent>, mostBytes: number): boolean {
    const { backlogBytes } = client;
    return backlogBytes === 0 || backlogBytes + this.#frames.of(entry).length <= mostBytes;
  }

  #send(subscription: Subscription, entry: Entry<VitalsEvent>): void {
    subscription.write(this.#frames.of(entry));
    subscription.passed = entry.event.seq;
    this.#parts.counts.add("sent");
  }

  #drop(subscription: Subscription, seq: number): true {
    subscription.passed = seq;
    this.#count(subscription, 1);
    return true;
  }

  #count(subscription: Subscription, dropped: number): void {
    subscription.dropped += dropped;
    this.#parts.counts.add("dropped", dropped);
  }
}
