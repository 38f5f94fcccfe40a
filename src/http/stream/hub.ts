import type { Meter } from "@opentelemetry/api";
import { randomInt } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Collector } from "../../collector/collector.ts";
import type { Client } from "./client.ts";
import type { HubReport } from "../../answer/stats.ts";
import { Delivery } from "./delivery.ts";
import { resumePoint, frame } from "./frame.ts";
import { forEachYielding } from "../../base/event-loop.ts";
import { Pulse } from "./heartbeat.ts";
import { StreamCounts } from "./counts.ts";
import { Subscription, type JoinRequest } from "./subscription.ts";
import { Welcome } from "./snapshot.ts";

export interface HubLimits {
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
}

/** Why a client cannot join now, as the kind of the problem and a sentence. */
export interface Refusal {
  readonly kind: "too-many-clients" | "stopping";
  readonly detail: string;
}

/** Clients come back spread over this after a goodbye, each at one of so many moments. */
const LEAST_RETURN_MS = 1_000;
const MOST_RETURN_MS = 5_000;
const RETURN_STEP_MS = 10;

/** Writes the journal to every client of the event stream. An event's bytes are made once and shared. */
export class Hub {
  readonly #collector: Collector;
  readonly #limits: HubLimits;
  readonly #subscriptions = new Set<Subscription>();
  readonly #byAddress = new Map<string, number>();
  readonly #unsubscribe: () => void;
  readonly #counts: StreamCounts;
  readonly #welcome: Welcome;
  readonly #delivery: Delivery;
  readonly #pulse: Pulse;
  /** Clients are being written to, and whether something has come since that began. */
  #round: { isOutdated: boolean } | undefined;
  #isDraining = false;
  #refused = 0;

  constructor(collector: Collector, limits: HubLimits, clock: Clock, meter?: Meter) {
    this.#collector = collector;
    this.#limits = limits;
    const counts = new StreamCounts(meter);
    this.#counts = counts;
    this.#welcome = new Welcome(collector, clock);
    const disconnect = (subscription: Subscription): void => this.#disconnect(subscription);
    this.#delivery = new Delivery({ collector, clock, welcome: this.#welcome, counts, disconnect });
    this.#pulse = new Pulse({ collector, clock, subscriptions: this.#subscriptions, counts, disconnect });
    this.#unsubscribe = collector.journal.subscribe(({ event }) => {
      this.#delivery.note(event);
      this.#broadcast();
    });
    meter
      ?.createObservableGauge("vitals.stream.clients", { unit: "{client}", description: "Clients of the event stream." })
      .addCallback((result) => result.observe(this.#subscriptions.size));
    collector.stopping.addEventListener("abort", () => this.drain(), { once: true });
  }

  report(): HubReport {
    return { clients: this.#subscriptions.size, refused: this.#refused, ...this.#counts.totals };
  }

  /** Why a client at this address is turned away, which counts; undefined when it can join. */
  refusal(address: string): Refusal | undefined {
    if (this.#isDraining) return { kind: "stopping", detail: "the collector is stopping" };
    const { maxClients, maxClientsPerAddress } = this.#limits;
    const here = this.#byAddress.get(address) ?? 0;
    const isFull = this.#subscriptions.size >= maxClients;
    if (!isFull && here < maxClientsPerAddress) return undefined;
    this.#refused += 1;
    const detail = isFull ? `there are ${maxClients} clients already` : `there are ${here} clients from this address already`;
    return { kind: "too-many-clients", detail };
  }

  /** Adds a client, and writes it what it needs to begin. Ask `refusal` first. */
  join(client: Client, request: JoinRequest): Subscription {
    const { head } = this.#collector.journal;
    const resume = resumePoint(request.lastEventId, this.#collector);
    const subscription = new Subscription(client, request, "after" in resume ? resume.after : head, head);
    this.#subscriptions.add(subscription);
    this.#byAddress.set(request.address, (this.#byAddress.get(request.address) ?? 0) + 1);
    if (this.#subscriptions.size === 1) this.#pulse.start();
    client.cork();
    subscription.write(this.#welcome.hello());
    if ("afresh" in resume) this.#delivery.startAfresh(subscription, resume.afresh);
    this.catchUp(subscription);
    client.uncork();
    return subscription;
  }

  /** Forgets a client that has gone. */
  leave(subscription: Subscription): void {
    if (!this.#subscriptions.delete(subscription)) return;
    const left = (this.#byAddress.get(subscription.address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(subscription.address, left);
    else this.#byAddress.delete(subscription.address);
    if (this.#subscriptions.size === 0) this.#pulse.stop();
  }

  /** Writes what the client has not had, as far as it takes it. Call it when a client that was behind has read. */
  catchUp(subscription: Subscription): void {
    if (!this.#subscriptions.has(subscription)) return;
    this.#delivery.advance(subscription);
    this.#counts.tell();
  }

  /** Says goodbye to every client and takes no more. Idempotent. */
  drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#unsubscribe();
    this.#pulse.stop();
    const steps = (MOST_RETURN_MS - LEAST_RETURN_MS) / RETURN_STEP_MS;
    const goodbyes = Array.from({ length: steps }, (_, step) => goodbye(LEAST_RETURN_MS + step * RETURN_STEP_MS));
    for (const subscription of this.#subscriptions) {
      this.#delivery.advance(subscription);
      if (!subscription.client.closed) subscription.write(goodbyes[randomInt(steps)] as Buffer);
      subscription.client.close();
      this.leave(subscription);
    }
    this.#counts.tell();
  }

  /** Takes every client to the newest event, in turns; what comes meanwhile goes along, or in another round. */
  #broadcast(): void {
    if (this.#round) {
      this.#round.isOutdated = true;
      return;
    }
    const round = { isOutdated: false };
    this.#round = round;
    forEachYielding(
      this.#subscriptions,
      (subscription) => this.#delivery.advance(subscription),
      (isLast) => {
        this.#counts.tell();
        if (!isLast) return;
        this.#round = undefined;
        if (round.isOutdated) this.#broadcast();
      },
    );
  }

  #disconnect(subscription: Subscription): void {
    this.#counts.add("disconnected");
    subscription.client.close();
    this.leave(subscription);
  }
}

const goodbye = (retryMs: number): Buffer => frame({ event: "bye", data: JSON.stringify({ retryMs }), retryMs });
