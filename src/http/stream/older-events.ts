import type { ArchivedPage } from "../../collector/archive.ts";
import type { Collector } from "../../collector/collector.ts";
import { BEHIND_BYTES } from "./client.ts";
import type { StreamCounts } from "./counts.ts";
import { eventId, frame, type Frames } from "./frame.ts";
import { passes, type Subscription } from "./subscription.ts";

export interface OlderEventsParts {
  readonly collector: Collector;
  readonly counts: StreamCounts;
  readonly frames: Frames;
  /** Whether a client is still connected. */
  readonly isConnected: (subscription: Subscription) => boolean;
}

/** Replays to one client what it missed from before the journal's oldest event, as fast as the client reads. */
export class OlderEvents {
  readonly #parts: OlderEventsParts;

  constructor(parts: OlderEventsParts) {
    this.#parts = parts;
  }

  /**
   * Takes a client to where the journal continues.
   *
   * @param after number of the last event that it has
   * @returns false if some of the events are no longer kept, or the client has disconnected
   */
  async replay(subscription: Subscription, after: number): Promise<boolean> {
    const { archive, journal, stopping } = this.#parts.collector;
    subscription.passed = after;
    while (!journal.reaches(subscription.passed)) {
      const page = (await archive.read?.(subscription.passed, stopping)) ?? "gap";
      if (page === "gap" || !this.#parts.isConnected(subscription)) return false;
      if (!(await this.#send(subscription, page))) return false;
      // Nothing follows yet but numbers that a crash left unused.
      if (page.entries.length === 0) this.#skip(subscription, journal.head);
    }
    return true;
  }

  async #send(subscription: Subscription, { entries, holes }: ArchivedPage): Promise<boolean> {
    const { counts, frames, isConnected } = this.#parts;
    for (const entry of entries) {
      if (holes.some(({ before }) => before === entry.seq)) this.#skip(subscription, entry.seq - 1);
      if (passes(subscription.filter, entry.event)) {
        if (subscription.client.backlogBytes >= BEHIND_BYTES) await subscription.room();
        if (!isConnected(subscription) || subscription.client.closed) return false;
        subscription.write(frames.of(entry));
        counts.add("sent");
      }
      subscription.passed = entry.seq;
    }
    return true;
  }

  /** Says how many events a crash may have lost. */
  #skip(subscription: Subscription, last: number): void {
    const { id } = this.#parts.collector.archive;
    const atMost = last - subscription.passed;
    subscription.passed = last;
    if (atMost > 0) subscription.write(frame({ id: eventId(id, last), event: "lost", data: JSON.stringify({ atMost }) }));
  }
}
