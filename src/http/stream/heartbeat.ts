import { windowMs } from "../../buffer/window.ts";
import type { Clock } from "../../base/clock.ts";
import type { Collector } from "../../collector/collector.ts";
import { BEHIND_BYTES, MOST_BYTES } from "./client.ts";
import { eventId, frame } from "./frame.ts";
import { collectionsKey, wantsAggregates, wantsCollection, type Subscription } from "./subscription.ts";
import { forEachYielding } from "../../base/event-loop.ts";
import type { StreamCounts } from "./counts.ts";

const HEARTBEAT_MS = 15_000;

/** A client that is behind and takes nothing for so many heartbeats does not read. */
const MOST_BEATS_STILL = 4;

/** An aggregate is told this many times while its window passes, but at most once a second. */
const AGGREGATES_PER_WINDOW = 12;
const LEAST_AGGREGATE_MS = 1_000;

export interface PulseParts {
  readonly collector: Collector;
  readonly clock: Clock;
  readonly subscriptions: ReadonlySet<Subscription>;
  readonly counts: StreamCounts;
  readonly disconnect: (subscription: Subscription) => void;
}

/** What clients are told by the clock: that the stream is alive, and what the windows come to. Runs while there are clients. */
export class Pulse {
  readonly #parts: PulseParts;
  #running = new AbortController();

  constructor(parts: PulseParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = new AbortController();
    const { signal } = this.#running;
    void this.#every(HEARTBEAT_MS, signal, () => this.#heartbeat());
    for (const window of this.#parts.collector.windows) {
      const everyMs = Math.max(LEAST_AGGREGATE_MS, windowMs(window) / AGGREGATES_PER_WINDOW);
      void this.#every(everyMs, signal, () => this.#aggregates(window));
    }
  }

  stop(): void {
    this.#running.abort();
  }

  async #every(intervalMs: number, signal: AbortSignal, act: () => void): Promise<void> {
    const { clock } = this.#parts;
    for (let due = clock.monotonicMs() + intervalMs; ; due = Math.max(due + intervalMs, clock.monotonicMs())) {
      await clock.sleepUntil(due, signal);
      if (signal.aborted) return;
      act();
    }
  }

  /** With the number a client has been taken to, so that it resumes from here also when its filter lets nothing through. */
  #heartbeat(): void {
    const { clock, collector, counts, disconnect } = this.#parts;
    const time = new Date(clock.wallMs()).toISOString();
    const beat = once((_key, passed: number, dropped: number) =>
      frame({ id: eventId(collector.bootId, passed), event: "heartbeat", data: JSON.stringify({ time, dropped }) }),
    );
    const visit = (subscription: Subscription): void => {
      const { client, passed, dropped } = subscription;
      if (client.closed) return;
      const isStuck = subscription.beatsStill() >= MOST_BEATS_STILL && client.backlogBytes >= BEHIND_BYTES;
      if (isStuck || client.backlogBytes >= MOST_BYTES) disconnect(subscription);
      else subscription.write(beat(`${passed} ${dropped}`, passed, dropped));
    };
    forEachYielding(this.#parts.subscriptions, visit, () => counts.tell());
  }

  #aggregates(window: string): void {
    const { counts } = this.#parts;
    const handles = this.#parts.collector.collections();
    const each = once((name, handle: (typeof handles)[number]) =>
      frame({ event: "aggregate", data: JSON.stringify({ collection: name, ...handle.aggregate(window) }) }),
    );
    const all = once((_key, those: typeof handles) => Buffer.concat(those.map((handle) => each(handle.name, handle))));
    const visit = (subscription: Subscription): void => {
      const { client, filter } = subscription;
      if (client.closed || !wantsAggregates(filter)) return;
      const those = handles.filter(({ name }) => wantsCollection(filter, name));
      if (those.length === 0) return;
      const isBehind = client.backlogBytes >= BEHIND_BYTES;
      counts.add(isBehind ? "dropped" : "sent", those.length);
      if (isBehind) subscription.dropped += those.length;
      else subscription.write(all(collectionsKey(filter), those));
    };
    forEachYielding(this.#parts.subscriptions, visit, () => counts.tell());
  }
}

/** Makes bytes at the first call for a key, and gives the same ones for it ever after. */
function once<Args extends readonly unknown[]>(make: (key: string, ...args: Args) => Buffer): (key: string, ...args: Args) => Buffer {
  const made = new Map<string, Buffer>();
  return (key, ...args) => {
    const bytes = made.get(key) ?? make(key, ...args);
    made.set(key, bytes);
    return bytes;
  };
}
