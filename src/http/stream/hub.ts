import type { Meter, ObservableCallback, ObservableGauge } from "@opentelemetry/api";
import { randomInt } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { messageOf, stackOf } from "../../base/errors.ts";
import { diagLogger, type Logger } from "../../base/logger.ts";
import type { Collector } from "../../collector/collector.ts";
import type { Client } from "./client.ts";
import type { StreamReport } from "../../answer/stats.ts";
import { Feed } from "./feed.ts";
import { Frames, frame, resumePoint } from "./frame.ts";
import { forEachYielding } from "../../base/event-loop.ts";
import { Heartbeats } from "./heartbeat.ts";
import { OlderEvents } from "./older-events.ts";
import { StreamCounts, registerStream } from "./counts.ts";
import { Subscription, type JoinRequest } from "./subscription.ts";
import { Snapshots } from "./snapshot.ts";

export interface HubLimits {
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
}

/** Why a client cannot join now: a kind of problem and a sentence. */
export interface Refusal {
  readonly kind: "too-many-clients" | "stopping";
  readonly detail: string;
}

/** After a `bye`, clients return spread over this time, each at one of the steps. */
const MIN_RETURN_MS = 1_000;
const MAX_RETURN_MS = 5_000;
const RETURN_STEP_MS = 10;

/**
 * Sends the journal to every client of the event stream; the bytes of an event are encoded once and shared. The hub subscribes to the
 * journal and runs timers only while there are clients. It registers with health and the meter at the first request, and removes
 * everything when it closes: at the latest when the collector's shutdown begins.
 */
export class Hub {
  readonly #collector: Collector;
  readonly #limits: HubLimits;
  readonly #meter: Meter | undefined;
  readonly #logger: Logger;
  readonly #subscriptions = new Set<Subscription>();
  readonly #byAddress = new Map<string, number>();
  readonly #counts: StreamCounts;
  readonly #snapshots: Snapshots;
  readonly #feed: Feed;
  readonly #older: OlderEvents;
  readonly #heartbeats: Heartbeats;
  readonly #registrations: Disposable[] = [];
  #state: "new" | "open" | "closed" = "new";
  #unsubscribe = (): void => {};
  /** Clients are being written to, and whether an event has come since that began. */
  #round: { isOutdated: boolean } | undefined;
  #refused = 0;

  constructor(collector: Collector, limits: HubLimits, clock: Clock, meter?: Meter, logger: Logger = diagLogger) {
    this.#logger = logger;
    this.#collector = collector;
    this.#limits = limits;
    this.#meter = meter;
    const counts = new StreamCounts(meter);
    this.#counts = counts;
    this.#snapshots = new Snapshots(collector, clock);
    const disconnect = (subscription: Subscription): void => this.#disconnect(subscription);
    const frames = new Frames(collector.archive);
    this.#feed = new Feed({ collector, clock, snapshots: this.#snapshots, counts, disconnect, frames });
    this.#older = new OlderEvents({ collector, counts, frames, isConnected: (subscription) => this.#subscriptions.has(subscription) });
    const forEachClient = (visit: (subscription: Subscription) => void): void => this.#forEachClient(visit);
    this.#heartbeats = new Heartbeats({ collector, clock, counts, disconnect, forEachClient });
  }

  /** Registers with the collector's health, its meter and its shutdown. Call it at each request; only the first has an effect. */
  open(): void {
    if (this.#state !== "new") return;
    const { stopping } = this.#collector;
    if (stopping.aborted) return this.close();
    this.#state = "open";
    const close = (): void => this.close();
    stopping.addEventListener("abort", close);
    this.#registrations.push({ [Symbol.dispose]: () => stopping.removeEventListener("abort", close) });
    if (this.#meter) this.#registrations.push(observeClients(this.#meter, () => this.#subscriptions.size));
    this.#registrations.push(registerStream(this.#collector, () => this.report()));
  }

  report(): StreamReport {
    return { clients: this.#subscriptions.size, refused: this.#refused, ...this.#counts.totals };
  }

  /** Why a client from this address is refused, which is counted; undefined when it can join. */
  refusal(address: string): Refusal | undefined {
    this.open();
    if (this.#state === "closed") return { kind: "stopping", detail: "the collector is shutting down" };
    const { maxClients, maxClientsPerAddress } = this.#limits;
    const fromAddress = this.#byAddress.get(address) ?? 0;
    const isFull = this.#subscriptions.size >= maxClients;
    if (!isFull && fromAddress < maxClientsPerAddress) return undefined;
    this.#refused += 1;
    const detail = isFull
      ? `${this.#subscriptions.size} clients are connected, the maximum is ${maxClients}`
      : `${fromAddress} clients from this address are connected, the maximum is ${maxClientsPerAddress}`;
    return { kind: "too-many-clients", detail };
  }

  /** Adds a client and writes what it needs first. Call `refusal` before. */
  join(client: Client, request: JoinRequest): Subscription {
    this.open();
    const { opened } = this.#collector.archive;
    const subscription = new Subscription(client, request);
    this.#subscriptions.add(subscription);
    this.#byAddress.set(request.address, (this.#byAddress.get(request.address) ?? 0) + 1);
    if (this.#subscriptions.size === 1) this.#start();
    // Before the journal is that from before a restart, a client cannot be told where it resumes.
    if (opened) void opened.then(() => this.#begin(subscription, request));
    else this.#begin(subscription, request);
    return subscription;
  }

  /** Removes a client that has disconnected. */
  leave(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription)) return;
    subscription.wake();
    const left = (this.#byAddress.get(subscription.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(subscription.address, left);
    else this.#byAddress.delete(subscription.address);
    if (this.#subscriptions.size === 0) this.#stop();
  }

  /** Writes the events that the client does not have yet, as far as it reads. Call it when a client that was behind has read. */
  catchUp(subscription: Subscription): void {
    if (!this.#subscriptions.has(subscription)) return;
    if (subscription.isHeld) return subscription.wake();
    this.#guard(subscription, () => this.#feed.advance(subscription));
    this.#counts.flush();
  }

  /** Sends every client a `bye`, refuses new ones and releases what the hub holds. Idempotent. */
  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.dismiss();
    for (const registration of this.#registrations.splice(0)) registration[Symbol.dispose]();
  }

  /** Sends every client a `bye` and disconnects it; it may connect anew. */
  dismiss(): void {
    const steps = (MAX_RETURN_MS - MIN_RETURN_MS) / RETURN_STEP_MS;
    const byes = Array.from({ length: steps }, (_, step) => bye(MIN_RETURN_MS + step * RETURN_STEP_MS));
    for (const subscription of this.#subscriptions) {
      this.#guard(subscription, () => {
        this.#feed.advance(subscription);
        if (!subscription.client.closed) subscription.write(byes[randomInt(steps)] as Buffer);
        subscription.client.close();
      });
      this.leave(subscription);
    }
    this.#counts.flush();
  }

  /** Writes the first events of a client. */
  #begin(subscription: Subscription, { lastEventId }: JoinRequest): void {
    if (!this.#subscriptions.has(subscription)) return;
    const { client } = subscription;
    const resume = resumePoint(lastEventId, this.#collector);
    client.cork();
    subscription.write(this.#snapshots.hello());
    subscription.hasBegun = true;
    if ("older" in resume) void this.#replayOlder(subscription, resume.older);
    else if ("snapshot" in resume) this.#feed.sendSnapshot(subscription, resume.snapshot);
    else subscription.follow(resume.after, this.#collector.journal);
    if (!subscription.isHeld) this.catchUp(subscription);
    client.uncork();
  }

  /** Replays what only the archive has; the journal follows. */
  async #replayOlder(subscription: Subscription, after: number): Promise<void> {
    const isComplete = await this.#older.replay(subscription, after).catch(() => false);
    if (!this.#subscriptions.has(subscription)) return;
    if (isComplete) subscription.follow(subscription.passed, this.#collector.journal);
    else this.#guard(subscription, () => this.#feed.sendSnapshot(subscription, "the resume point is no longer kept"));
    this.catchUp(subscription);
  }

  #start(): void {
    const { journal } = this.#collector;
    this.#feed.readNew();
    // Entries that were appended together are all readable at the first of them, and broadcast once.
    this.#unsubscribe = journal.subscribe(() => {
      if (this.#feed.readNew()) this.#broadcast();
    });
    this.#heartbeats.start();
  }

  #stop(): void {
    this.#unsubscribe();
    this.#heartbeats.stop();
  }

  /** Takes every client to the newest event, in batches; an event that comes meanwhile is included, or causes another round. */
  #broadcast(): void {
    if (this.#round) {
      this.#round.isOutdated = true;
      return;
    }
    const round = { isOutdated: false };
    this.#round = round;
    const advance = (subscription: Subscription): void => this.#feed.advance(subscription);
    this.#forEachClient(advance, () => {
      this.#round = undefined;
      if (round.isOutdated) this.#broadcast();
    });
  }

  /** Visits every client, in batches that yield to the event loop. @param done called after the last */
  #forEachClient(visit: (subscription: Subscription) => void, done?: () => void): void {
    const guarded = (subscription: Subscription): void => this.#guard(subscription, () => visit(subscription));
    forEachYielding(this.#subscriptions, guarded, (isLast) => {
      this.#counts.flush();
      if (isLast) done?.();
    });
  }

  /** A client that cannot be written to is disconnected, so that it does not keep events from the others. */
  #guard(subscription: Subscription, act: () => void): void {
    try {
      act();
    } catch (error) {
      const message = `a client of the event stream is disconnected, writing to it threw: ${messageOf(error)}`;
      this.#logger.error(message, { stack: stackOf(error) });
      this.#disconnect(subscription);
    }
  }

  #disconnect(subscription: Subscription): void {
    this.#counts.add("disconnected");
    subscription.client.close();
    this.leave(subscription);
  }
}

function observeClients(meter: Meter, count: () => number): Disposable {
  const gauge: ObservableGauge = meter.createObservableGauge("vitals.stream.clients", {
    unit: "{client}",
    description: "Connected event stream clients.",
  });
  const observe: ObservableCallback = (result) => result.observe(count());
  gauge.addCallback(observe);
  return { [Symbol.dispose]: () => gauge.removeCallback(observe) };
}

const bye = (retryMs: number): Buffer => frame({ event: "bye", data: JSON.stringify({ retryMs }), retryMs });
