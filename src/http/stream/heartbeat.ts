import { windowMs } from "../../buffer/window.ts";
import type { Clock } from "../../base/clock.ts";
import type { Collector } from "../../collector/collector.ts";
import { BEHIND_BYTES, MAX_BACKLOG_BYTES } from "./client.ts";
import { eventId, frame } from "./frame.ts";
import { collectionsKey, wantsAggregates, wantsCollection, type Subscription } from "./subscription.ts";
import type { StreamCounts } from "./counts.ts";

const HEARTBEAT_MS = 15_000;

/** A client that is behind and has not read for this many heartbeats is disconnected. */
const MAX_UNREAD_HEARTBEATS = 4;

/** Aggregates of a window are sent this many times per length of the window, but at most once a second. */
const AGGREGATES_PER_WINDOW = 12;
const MIN_AGGREGATE_INTERVAL_MS = 1_000;

export interface HeartbeatParts {
  readonly collector: Collector;
  readonly clock: Clock;
  readonly counts: StreamCounts;
  readonly disconnect: (subscription: Subscription) => void;
  /** Visits every client, in batches that yield to the event loop. */
  readonly forEachClient: (visit: (subscription: Subscription) => void) => void;
}

/** The events that come by the clock and not from the journal: heartbeats and aggregates. Runs while there are clients. */
export class Heartbeats {
  readonly #parts: HeartbeatParts;
  #running = new AbortController();
  /** Ends the aggregates of a window, by its name. */
  readonly #windows = new Map<string, AbortController>();

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = new AbortController();
    const { signal } = this.#running;
    void this.#every(HEARTBEAT_MS, signal, () => this.#heartbeat());
    this.#followWindows();
  }

  stop(): void {
    this.#running.abort();
    for (const running of this.#windows.values()) running.abort();
    this.#windows.clear();
  }

  /** Sends the aggregates of the windows that the collector has now: another configuration can have others. */
  #followWindows(): void {
    const { windows } = this.#parts.collector;
    for (const [window, running] of this.#windows) {
      if (windows.includes(window)) continue;
      running.abort();
      this.#windows.delete(window);
    }
    for (const window of windows) {
      if (this.#windows.has(window)) continue;
      const running = new AbortController();
      this.#windows.set(window, running);
      const intervalMs = Math.max(MIN_AGGREGATE_INTERVAL_MS, windowMs(window) / AGGREGATES_PER_WINDOW);
      void this.#every(intervalMs, running.signal, () => this.#aggregates(window));
    }
  }

  async #every(intervalMs: number, signal: AbortSignal, act: () => void): Promise<void> {
    const { clock } = this.#parts;
    for (let due = clock.monotonicMs() + intervalMs; ; due = Math.max(due + intervalMs, clock.monotonicMs())) {
      await clock.sleepUntil(due, signal);
      if (signal.aborted) return;
      act();
    }
  }

  /** Carries the number the client has been taken to, so that it can resume from there even if its filter lets nothing through. */
  #heartbeat(): void {
    this.#followWindows();
    const { clock, collector, disconnect, forEachClient } = this.#parts;
    const time = new Date(clock.wallMs()).toISOString();
    const beat = once((_key, passed: number, dropped: number) =>
      frame({ id: eventId(collector.archive.id, passed), event: "heartbeat", data: JSON.stringify({ time, dropped }) }),
    );
    const visit = (subscription: Subscription): void => {
      const { client, passed, dropped } = subscription;
      if (client.closed || !subscription.hasBegun) return;
      const isStuck = subscription.unreadHeartbeats() >= MAX_UNREAD_HEARTBEATS && client.backlogBytes >= BEHIND_BYTES;
      if (isStuck || subscription.countedBacklogBytes >= MAX_BACKLOG_BYTES) disconnect(subscription);
      else subscription.write(beat(`${passed} ${dropped}`, passed, dropped));
    };
    forEachClient(visit);
  }

  #aggregates(window: string): void {
    const { collector, counts, forEachClient } = this.#parts;
    const handles = collector.collections();
    const one = once((name, handle: (typeof handles)[number]) =>
      frame({ event: "aggregate", data: JSON.stringify({ collection: name, ...handle.aggregate(window) }) }),
    );
    const all = once((_key, wanted: typeof handles) => Buffer.concat(wanted.map((handle) => one(handle.name, handle))));
    const visit = (subscription: Subscription): void => {
      const { client, filter } = subscription;
      if (client.closed || subscription.isHeld || !wantsAggregates(filter)) return;
      const wanted = handles.filter(({ name }) => wantsCollection(filter, name));
      if (wanted.length === 0) return;
      const isBehind = client.backlogBytes >= BEHIND_BYTES;
      counts.add(isBehind ? "dropped" : "sent", wanted.length);
      if (isBehind) subscription.dropped += wanted.length;
      else subscription.writeBulk(all(collectionsKey(filter), wanted));
    };
    forEachClient(visit);
  }
}

/** Makes bytes at the first call for a key, and returns the same ones for it from then on. */
function once<Args extends readonly unknown[]>(make: (key: string, ...args: Args) => Buffer): (key: string, ...args: Args) => Buffer {
  const made = new Map<string, Buffer>();
  return (key, ...args) => {
    const bytes = made.get(key) ?? make(key, ...args);
    made.set(key, bytes);
    return bytes;
  };
}
