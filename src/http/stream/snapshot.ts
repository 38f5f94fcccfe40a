import type { Clock } from "../../base/clock.ts";
import type { Collector } from "../../collector/collector.ts";
import { eventId, type ResetReason, frame } from "./frame.ts";
import { collectionsKey, wantsCollection, type Filter } from "./subscription.ts";

const RETRY_MS = 2_000;

/** Clients that join within this time share a snapshot, as long as no event happens in between. */
const SNAPSHOT_MS = 250;

/** What a client gets before the journal's events, encoded once for all clients that join at the same time. */
export class Snapshots {
  readonly #collector: Collector;
  readonly #clock: Clock;
  #hello: { readonly head: number; readonly bytes: Buffer } | undefined;
  #snapshots: { readonly head: number; readonly untilMs: number; readonly byKey: Map<string, Buffer> };

  constructor(collector: Collector, clock: Clock) {
    this.#collector = collector;
    this.#clock = clock;
    this.#snapshots = { head: -1, untilMs: 0, byKey: new Map() };
  }

  /** The range that can be replayed, and how soon to reconnect when the connection is lost. */
  hello(): Buffer {
    const { bootId, journal } = this.#collector;
    const { head, oldest } = journal;
    if (this.#hello?.head !== head) {
      this.#hello = { head, bytes: frame({ event: "hello", data: JSON.stringify({ bootId, oldest, head }), retryMs: RETRY_MS }) };
    }
    return this.#hello.bytes;
  }

  /** The current state, after which a client only needs the events that follow. */
  snapshot(filter: Filter): Buffer {
    const { head } = this.#collector.journal;
    const nowMs = this.#clock.monotonicMs();
    if (this.#snapshots.head !== head || nowMs >= this.#snapshots.untilMs) {
      this.#snapshots = { head, untilMs: nowMs + SNAPSHOT_MS, byKey: new Map() };
    }
    const { byKey } = this.#snapshots;
    const key = collectionsKey(filter);
    const bytes = byKey.get(key) ?? this.#make(filter);
    byKey.set(key, bytes);
    return bytes;
  }

  #make(filter: Filter): Buffer {
    const { archive, journal, health } = this.#collector;
    const handles = this.#collector.collections().filter(({ name }) => wantsCollection(filter, name));
    const data = {
      collections: handles.map((handle) => handle.report()),
      samples: handles.flatMap((handle) => handle.recent(1)),
      health: health.report(),
      alerts: this.#collector.alerts("firing"),
    };
    return frame({ id: eventId(archive.id, journal.head), event: "snapshot", data: JSON.stringify(data) });
  }
}

/** Says why a client cannot resume. */
export const reset = (reason: ResetReason): Buffer => RESETS[reason];

const resetFrame = (reason: ResetReason): Buffer => frame({ event: "reset", data: JSON.stringify({ reason }) });

const RESETS: Readonly<Record<ResetReason, Buffer>> = {
  "the collector has been restarted": resetFrame("the collector has been restarted"),
  "the resume point is no longer kept": resetFrame("the resume point is no longer kept"),
};
