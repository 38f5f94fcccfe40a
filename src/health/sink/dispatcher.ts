import type { Counter, Meter } from "@opentelemetry/api";
import type { Clock } from "../../base/clock.ts";
import { untilAborted, Deadline } from "../../base/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import type { AlertOptions, EventSink, Sink, SinkAnswer, SinkReport } from "./sink.ts";
import type { Alert, HealthEvent } from "../record.ts";
import { alertmanagerSink } from "./alertmanager.ts";
import { AlertBacklog, EventBacklog } from "./backlog.ts";
import { Delivery } from "./delivery.ts";
import { webhookSink } from "./webhook.ts";

/** Events that wait at most for a sink that does not say. */
const MOST_EVENTS = 2_048;

/** How long a sink may take to answer whether it would take something. */
const CHECK_MS = 10_000;

export interface DispatcherSettings {
  readonly clock: Clock;
  readonly meter: Meter;
  /** What fires, as it is now. */
  readonly firing: () => readonly Alert[];
  /** Sinks that are told everything, beside those of the options. */
  readonly sinks: readonly EventSink[];
}

/** Hands alerts to every sink, but those that only follow from another, and transitions to the sinks that take them. */
export class Dispatcher {
  readonly #clock: Clock;
  readonly #alerts: readonly Delivery<Alert>[];
  readonly #events: readonly Delivery<HealthEvent>[];

  constructor(options: AlertOptions, { clock, meter, firing, sinks }: DispatcherSettings) {
    const notifications: Counter = meter.createCounter("vitals.alert.notifications", {
      unit: "{notification}",
      description: "Alerts, and transitions where it takes them, that a sink was sent, by what became of them.",
    });
    const told = (): readonly Alert[] => firing().filter(isTold);
    this.#clock = clock;
    this.#alerts = sinksOf(options, clock).map(
      (sink) => new Delivery(sink, new AlertBacklog(clock, sink.resendMs !== undefined, told), clock, notifications),
    );
    this.#events = sinks.map((sink) => new Delivery(sink, new EventBacklog(sink.queue ?? MOST_EVENTS), clock, notifications));
  }

  start(): void {
    for (const delivery of this.#all) delivery.start();
  }

  /** Tells what happened together. */
  tell(happened: readonly HealthEvent[]): void {
    const events = happened.filter((event) => event.kind === "transition" || isTold(event.alert));
    const alerts = events.flatMap((event) => (event.kind === "alert" ? event.alert : []));
    if (alerts.length > 0) for (const delivery of this.#alerts) delivery.tell(alerts);
    if (events.length > 0) for (const delivery of this.#events) delivery.tell(events);
  }

  report(): readonly SinkReport[] {
    return this.#all.map((delivery) => delivery.report());
  }

  /** Asks each sink whether it would take something. Never rejects. */
  check(): Promise<readonly SinkAnswer[]> {
    return Promise.all(this.#all.map(({ sink }) => this.#ask(sink)));
  }

  /** Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    await Promise.all(this.#all.map((delivery) => delivery.stop(timeoutMs)));
  }

  get #all(): readonly (Delivery<Alert> | Delivery<HealthEvent>)[] {
    return [...this.#alerts, ...this.#events];
  }

  async #ask(sink: Pick<Sink<never>, "name" | "target" | "check">): Promise<SinkAnswer> {
    const { name, target } = sink;
    if (!sink.check) return { name, target, ok: true, detail: "has no way to be asked without being told something" };
    using wait = new Deadline(this.#clock, this.#clock.monotonicMs() + CHECK_MS, () => new Error(`no answer within ${CHECK_MS} ms`));
    try {
      return { name, target, ok: true, detail: await untilAborted(sink.check(wait.signal), wait.signal) };
    } catch (error) {
      return { name, target, ok: false, detail: messageOf(error) };
    }
  }
}

/** Nobody is told of what another alert explains. */
const isTold = ({ inhibitedBy }: Alert): boolean => inhibitedBy === undefined;

function sinksOf({ alertmanager, webhook }: AlertOptions, clock: Clock): readonly Sink<Alert>[] {
  return [
    ...(alertmanager.url === "" ? [] : [alertmanagerSink(alertmanager, clock)]),
    ...(webhook.url === "" ? [] : [webhookSink(webhook)]),
  ];
}
