import type { Counter, Meter } from "@opentelemetry/api";
import { randomInt } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Collector, VitalsEvent } from "../collector.ts";
import { windowMs } from "../buffer/window.ts";
import type { Entry } from "../journal/journal.ts";
import { frame } from "./frame.ts";
import { passes, Subscription, type Client, type Filter } from "./subscription.ts";

export interface HubLimits {
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
}

export interface HubReport {
  readonly clients: number;
  readonly sent: number;
  readonly dropped: number;
  /** Clients that were disconnected because they did not read. */
  readonly disconnected: number;
}

/** What a client asks for when it joins. */
export interface JoinRequest {
  readonly address: string;
  readonly filter: Filter;
  /** The `id` of the last event the client has; undefined for a fresh one. */
  readonly lastEventId?: string | undefined;
}

/** Above this backlog a client's samples wait, and are thinned out when it reads again. */
const BEHIND_BYTES = 32 * 1024;

/** No client has more than this unsent: above it, it is disconnected. */
const MOST_BYTES = 64 * 1024;

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2_000;

/** An aggregate is told this many times while its window passes, but at most once a second. */
const AGGREGATES_PER_WINDOW = 12;
const LEAST_AGGREGATE_MS = 1_000;

/** Clients come back spread over this after a goodbye. */
const LEAST_RETURN_MS = 1_000;
const MOST_RETURN_MS = 5_000;

/** Writes the journal to every client of the event stream. An event's bytes are made once and shared. */
export class Hub {
  readonly #collector: Collector;
  readonly #clock: Clock;
  readonly #limits: HubLimits;
  readonly #subscriptions = new Set<Subscription>();
  readonly #byAddress = new Map<string, number>();
  readonly #unsubscribe: () => void;
  readonly #events: Counter | undefined;
  #timers = new AbortController();
  #frames: { readonly seq: number; readonly bytes: Buffer } | undefined;
  #sent = 0;
  #dropped = 0;
  #disconnected = 0;
  #isDraining = false;

  constructor(collector: Collector, limits: HubLimits, clock: Clock, meter?: Meter) {
    this.#collector = collector;
    this.#clock = clock;
    this.#limits = limits;
    this.#unsubscribe = collector.journal.subscribe((entry) => this.#broadcast(entry));
    this.#events = meter?.createCounter("vitals.stream.events", {
      unit: "{event}",
      description: "Events for clients of the stream, by what became of them.",
    });
    meter
      ?.createObservableGauge("vitals.stream.clients", { unit: "{client}", description: "Clients of the event stream." })
      .addCallback((result) => result.observe(this.#subscriptions.size));
    collector.stopping.addEventListener("abort", () => this.drain(), { once: true });
  }

  report(): HubReport {
    return { clients: this.#subscriptions.size, sent: this.#sent, dropped: this.#dropped, disconnected: this.#disconnected };
  }

  /** Whether it has said goodbye, and takes no more clients. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Why a client at this address cannot join now; undefined when it can. */
  refusal(address: string): string | undefined {
    if (this.#isDraining) return "the collector is stopping";
    if (this.#subscriptions.size >= this.#limits.maxClients) return `there are ${this.#limits.maxClients} clients already`;
    const here = this.#byAddress.get(address) ?? 0;
    return here >= this.#limits.maxClientsPerAddress ? `there are ${here} clients from this address already` : undefined;
  }

  /** Adds a client, and writes it what it needs to begin. Ask `refusal` first. */
  join(client: Client, { address, filter, lastEventId }: JoinRequest): Subscription {
    const { journal, bootId } = this.#collector;
    const resume = this.#resumePoint(lastEventId);
    const head = journal.head;
    const from = typeof resume === "number" ? resume : head;
    const subscription = new Subscription(client, filter, address, from, head);
    this.#subscriptions.add(subscription);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    if (this.#subscriptions.size === 1) this.#startTimers();
    const hello = { bootId, oldest: journal.oldest, head };
    client.write(frame({ event: "hello", data: JSON.stringify(hello), retryMs: RETRY_MS }));
    if (typeof resume === "string") this.#reset(subscription, resume);
    else if (resume === undefined) this.#snapshot(subscription);
    this.catchUp(subscription);
    return subscription;
  }

  /** Forgets a client that has gone. */
  leave(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription)) return;
    const left = (this.#byAddress.get(subscription.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(subscription.address, left);
    else this.#byAddress.delete(subscription.address);
    if (this.#subscriptions.size === 0) this.#timers.abort();
  }

  /** Writes what the client has not had, as far as it takes it. Call it when a client that was behind has read. */
  catchUp(subscription: Subscription): void {
    const { journal } = this.#collector;
    if (subscription.passed >= journal.head || subscription.client.closed) return;
    const entries = journal.since(subscription.passed);
    if (!entries) return this.#reset(subscription, "the resume point is no longer kept");
    const newest = newestSamples(entries);
    for (const entry of entries) {
      if (subscription.client.backlogBytes >= BEHIND_BYTES) return;
      const { event } = entry;
      const isReplay = event.seq <= subscription.replayUntil;
      const isStale = event.kind === "sample" && !isReplay && newest.get(event.sample.collection) !== event.seq;
      if (isStale && passes(subscription.filter, event)) this.#drop(subscription, event);
      else if (!this.#offer(subscription, entry)) return;
    }
  }

  /** Says goodbye to every client and takes no more. Idempotent. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#unsubscribe();
    this.#timers.abort();
    for (const subscription of this.#subscriptions) {
      const retryMs = randomInt(LEAST_RETURN_MS, MOST_RETURN_MS);
      subscription.client.write(frame({ event: "bye", data: JSON.stringify({ retryMs }), retryMs }));
      subscription.client.close();
      this.leave(subscription);
    }
  }

  #broadcast(entry: Entry<VitalsEvent>): void {
    for (const subscription of this.#subscriptions) {
      const isBehind = subscription.passed !== entry.event.seq - 1;
      // A client that was behind and has read goes on from the journal. A socket does not always say that it has.
      if (isBehind && subscription.client.backlogBytes < BEHIND_BYTES) this.catchUp(subscription);
      else if (isBehind) this.#press(subscription, entry);
      else if (entry.event.kind === "sample" && subscription.client.backlogBytes >= BEHIND_BYTES) continue;
      else this.#offer(subscription, entry);
    }
  }

  /** A client that is behind and is owed something that may not vanish has to read, or go. */
  #press(subscription: Subscription, { event }: Entry<VitalsEvent>): void {
    if (event.kind !== "sample" && subscription.client.backlogBytes >= MOST_BYTES) this.#disconnect(subscription);
  }

  /** Sends an event, or passes over it; false when the client had to be disconnected. */
  #offer(subscription: Subscription, entry: Entry<VitalsEvent>): boolean {
    const { event } = entry;
    if (!passes(subscription.filter, event)) subscription.passed = event.seq;
    else if (event.kind === "sample" && event.seq > subscription.replayUntil && subscription.exceedsRate(this.#clock.monotonicMs()))
      this.#drop(subscription, event);
    else {
      const bytes = this.#bytesOf(entry);
      const { backlogBytes } = subscription.client;
      // An event that is larger than the limit all by itself still passes, to a client that has read everything else.
      if (backlogBytes > 0 && backlogBytes + bytes.length > MOST_BYTES) {
        if (event.kind !== "sample") this.#disconnect(subscription);
        return false;
      }
      subscription.client.write(bytes);
      subscription.passed = event.seq;
      this.#count("sent");
    }
    return true;
  }

  #drop(subscription: Subscription, event: VitalsEvent): void {
    subscription.passed = event.seq;
    subscription.dropped += 1;
    this.#count("dropped");
  }

  #disconnect(subscription: Subscription): void {
    this.#disconnected += 1;
    this.#count("disconnected");
    subscription.client.close();
    this.leave(subscription);
  }

  #count(outcome: "sent" | "dropped" | "disconnected"): void {
    if (outcome === "sent") this.#sent += 1;
    if (outcome === "dropped") this.#dropped += 1;
    this.#events?.add(1, { "vitals.outcome": outcome });
  }

  /** The bytes of an event; every client that is up to date wants the same one at the same time. */
  #bytesOf({ event, json }: Entry<VitalsEvent>): Buffer {
    if (this.#frames?.seq !== event.seq)
      this.#frames = { seq: event.seq, bytes: frame({ id: this.#idOf(event.seq), event: event.kind, data: json }) };
    return this.#frames.bytes;
  }

  #idOf(seq: number): string {
    return `${this.#collector.bootId}-${seq}`;
  }

  /** A number to go on from, a reason why that is not possible, or undefined for a fresh client. */
  #resumePoint(lastEventId: string | undefined): number | string | undefined {
    if (lastEventId === undefined || lastEventId === "") return undefined;
    const { bootId, journal } = this.#collector;
    const at = lastEventId.lastIndexOf("-");
    const seq = Number(lastEventId.slice(at + 1));
    if (lastEventId.slice(0, at) !== bootId || !Number.isSafeInteger(seq)) return "the collector has been restarted";
    return journal.since(seq) ? seq : "the resume point is no longer kept";
  }

  #reset(subscription: Subscription, reason: string): void {
    subscription.client.write(frame({ event: "reset", data: JSON.stringify({ reason }) }));
    this.#snapshot(subscription);
  }

  /** Everything as it is, after which only what comes next is needed. */
  #snapshot(subscription: Subscription): void {
    const { journal, health } = this.#collector;
    subscription.passed = journal.head;
    const handles = this.#collector.collections().filter(({ name }) => subscription.filter.collections?.has(name) ?? true);
    const data = {
      collections: handles.map((handle) => handle.report()),
      samples: handles.flatMap((handle) => handle.recent(1)),
      health: health.report(),
      alerts: this.#collector.alerts("firing"),
    };
    subscription.client.write(frame({ id: this.#idOf(journal.head), event: "snapshot", data: JSON.stringify(data) }));
  }

  #startTimers(): void {
    this.#timers = new AbortController();
    const { signal } = this.#timers;
    void this.#every(HEARTBEAT_MS, signal, () => this.#heartbeat());
    for (const window of this.#collector.windows) {
      const everyMs = Math.max(LEAST_AGGREGATE_MS, windowMs(window) / AGGREGATES_PER_WINDOW);
      void this.#every(everyMs, signal, () => this.#aggregates(window));
    }
  }

  async #every(intervalMs: number, signal: AbortSignal, act: () => void): Promise<void> {
    for (let due = this.#clock.monotonicMs() + intervalMs; ; due = Math.max(due + intervalMs, this.#clock.monotonicMs())) {
      await this.#clock.sleepUntil(due, signal);
      if (signal.aborted) return;
      act();
    }
  }

  #heartbeat(): void {
    const time = new Date(this.#clock.wallMs()).toISOString();
    for (const subscription of this.#subscriptions) {
      const { client, passed, dropped } = subscription;
      // With the id a client resumes from here, also when its filter lets nothing through.
      if (client.backlogBytes >= MOST_BYTES) this.#disconnect(subscription);
      else client.write(frame({ id: this.#idOf(passed), event: "heartbeat", data: JSON.stringify({ time, dropped }) }));
    }
  }

  #aggregates(window: string): void {
    const wanting = [...this.#subscriptions].filter(
      ({ filter, client }) => (filter.types?.has("aggregate") ?? true) && client.backlogBytes < BEHIND_BYTES,
    );
    if (wanting.length === 0) return;
    for (const handle of this.#collector.collections()) {
      const those = wanting.filter(({ filter }) => filter.collections?.has(handle.name) ?? true);
      if (those.length === 0) continue;
      const bytes = frame({ event: "aggregate", data: JSON.stringify({ collection: handle.name, ...handle.aggregate(window) }) });
      for (const { client } of those) if (client.backlogBytes < BEHIND_BYTES) client.write(bytes);
    }
  }
}

/** The number of each collection's newest sample. */
function newestSamples(entries: readonly Entry<VitalsEvent>[]): ReadonlyMap<string, number> {
  return new Map(entries.flatMap(({ event }) => (event.kind === "sample" ? [[event.sample.collection, event.seq] as const] : [])));
}
