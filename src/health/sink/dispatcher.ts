import type { Counter, Meter } from "@opentelemetry/api";
import * as z from "zod";
import type { Clock } from "../../base/clock.ts";
import { untilAborted, Deadline } from "../../base/deadline.ts";
import { messageOf } from "../../base/errors.ts";
import { duration } from "../../base/quantity.ts";
import { isDeepStrictEqual } from "node:util";
import type { AlertOptions, EventSink, Sink, SinkAnswer, SinkReport } from "./sink.ts";
import type { Alert, HealthEvent } from "../record.ts";
import { alertmanagerSink } from "./alertmanager.ts";
import { AlertBacklog } from "./alert-backlog.ts";
import { EventBacklog } from "./backlog.ts";
import { SinkWorker, type BacklogLog, type WorkerSettings } from "./worker.ts";
import { webhookSink } from "./webhook.ts";

/** Pending events at most, unless the sink sets another limit. */
const DEFAULT_EVENT_LIMIT = 2_048;

/** Deadline of the check of one sink. */
const CHECK_MS = 10_000;

export interface DispatcherSettings {
  readonly clock: Clock;
  readonly meter: Meter;
  /** The alerts of these components, or of all, that receivers hold open now: those that fire, and the milder ones of the same problems. */
  readonly open: (components?: readonly string[]) => readonly Alert[];
  /** Whether the condition of a resolved alert holds again, but not for long enough yet. */
  readonly isPending: (alert: Alert) => boolean;
  /** Milliseconds between two evaluations of a component. */
  readonly intervalMs: (component: string) => number;
  /** URL of the page, for links; empty if it is not known. */
  readonly externalUrl: string;
  /** Sinks that receive every event, besides those of the options. */
  readonly sinks: readonly EventSink[];
  /** Where what is pending is saved. Default: nowhere. */
  readonly log?: BacklogLog | undefined;
}

/** What is pending for each sink, by its name; a second sink of a name has a number behind it. */
export const savedSinks = z.record(z.string(), z.json());
export type SavedSinks = z.output<typeof savedSinks>;

/** Distributes alerts to every sink, except inhibited ones, and transitions to the sinks that receive events. */
export class Dispatcher {
  readonly #clock: Clock;
  readonly #settings: DispatcherSettings;
  readonly #shared: WorkerSettings;
  #options: AlertOptions;
  #alerts: readonly SinkWorker<Alert>[];
  #isRunning = false;
  readonly #events: readonly SinkWorker<HealthEvent>[];
  readonly #eventsAtOnce: readonly SinkWorker<HealthEvent>[];

  constructor(options: AlertOptions, settings: DispatcherSettings) {
    const { clock, log, meter, sinks } = settings;
    const notifications: Counter = meter.createCounter("vitals.alert.notifications", {
      unit: "{notification}",
      description: "Alerts sent to a sink, and transitions where it receives them, by outcome.",
    });
    this.#clock = clock;
    this.#settings = settings;
    this.#shared = { clock, notifications, log };
    this.#options = options;
    this.#alerts = sinksOf(options, settings).map((sink) => this.#workerOf(sink));
    const workerOf = (sink: EventSink): SinkWorker<HealthEvent> =>
      new SinkWorker(sink, new EventBacklog(sink.queue ?? DEFAULT_EVENT_LIMIT), this.#shared);
    this.#events = sinks.filter(({ duringStartup }) => duringStartup !== true).map(workerOf);
    this.#eventsAtOnce = sinks.filter(({ duringStartup }) => duringStartup === true).map(workerOf);
  }

  /**
   * Continues with other options. A sink that changed keeps what is pending and sends it in the new way; one that was added receives what
   * fires now; what was pending for a removed one is dropped.
   *
   * @returns number of dropped items by the name of a removed sink
   */
  configure(options: AlertOptions): ReadonlyMap<string, number> {
    const before = new Map(this.#alerts.map((each) => [each.sink.name, each]));
    const sinks = sinksOf(options, this.#settings);
    this.#alerts = sinks.map((sink) => {
      const known = before.get(sink.name);
      before.delete(sink.name);
      if (!known) return this.#added(sink);
      if (!isDeepStrictEqual(optionsOf(this.#options, sink.name), optionsOf(options, sink.name))) known.replace(sink);
      return known;
    });
    this.#options = options;
    return new Map([...before].map(([name, worker]) => [name, worker.discard()]));
  }

  start(): void {
    this.#isRunning = true;
    for (const worker of this.#workers) worker.start();
  }

  /** Enqueues events that happened together, for the sinks that wait until the start-up grace is over. */
  dispatch(happened: readonly HealthEvent[]): void {
    const events = happened.filter((event) => event.kind === "transition" || isSent(event.alert));
    const alerts = events.flatMap((event) => (event.kind === "alert" ? event.alert : []));
    if (alerts.length > 0) for (const worker of this.#alerts) worker.enqueue(alerts);
    if (events.length > 0) for (const worker of this.#events) worker.enqueue(events);
  }

  /** Enqueues events that happened together, for the sinks that do not wait. */
  dispatchAtOnce(happened: readonly HealthEvent[]): void {
    const events = happened.filter((event) => event.kind === "transition" || isSent(event.alert));
    if (events.length > 0) for (const worker of this.#eventsAtOnce) worker.enqueue(events);
  }

  /** Resends what is due, after these components, or all, were evaluated and what changed was dispatched. */
  evaluated(components?: readonly string[]): void {
    for (const worker of this.#alerts) worker.evaluated(components);
  }

  report(): readonly SinkReport[] {
    return this.#workers.map((worker) => worker.report());
  }

  /** @param nowMs the time that ages are counted from */
  save(nowMs: number): SavedSinks {
    return Object.fromEntries([...this.#named].map(([name, worker]) => [name, worker.save(nowMs)])) as SavedSinks; // sound: backlogs save JSON data
  }

  /** Continues from what was saved at the monotonic time `savedMs`. Call it before `start`. */
  restore(saved: SavedSinks, savedMs: number): void {
    for (const [name, worker] of this.#named) if (Object.hasOwn(saved, name)) worker.restore(saved[name], savedMs);
  }

  /** Checks whether each sink would accept something. Never rejects. */
  check(): Promise<readonly SinkAnswer[]> {
    return Promise.all(this.#workers.map(({ sink }) => this.#check(sink)));
  }

  /** Sends what is pending within `timeoutMs`. Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(timeoutMs)));
  }

  #workerOf(sink: Sink<Alert>): SinkWorker<Alert> {
    const open = (components?: readonly string[]): readonly Alert[] => this.#settings.open(components).filter(isSent);
    const worker: SinkWorker<Alert> = new SinkWorker(
      sink,
      new AlertBacklog({ ...this.#settings, open }, () => worker.sink.resend),
      this.#shared,
    );
    return worker;
  }

  #added(sink: Sink<Alert>): SinkWorker<Alert> {
    const worker = this.#workerOf(sink);
    const firing = this.#settings.open().filter(isSent);
    if (firing.length > 0) worker.enqueue(firing);
    if (this.#isRunning) worker.start();
    return worker;
  }

  get #workers(): readonly (SinkWorker<Alert> | SinkWorker<HealthEvent>)[] {
    return [...this.#alerts, ...this.#events, ...this.#eventsAtOnce];
  }

  get #named(): ReadonlyMap<string, SinkWorker<Alert> | SinkWorker<HealthEvent>> {
    const named = new Map<string, SinkWorker<Alert> | SinkWorker<HealthEvent>>();
    for (const worker of this.#workers) {
      const { name } = worker.sink;
      let free = name;
      for (let n = 2; named.has(free); n += 1) free = `${name} ${n}`;
      named.set(free, worker);
    }
    return named;
  }

  async #check(sink: Pick<Sink<never>, "name" | "target" | "check">): Promise<SinkAnswer> {
    const { name, target } = sink;
    if (!sink.check) return { name, target, ok: true, detail: "not checked: it has no check that sends no alert" };
    const expired = (): Error => new Error(`no response within ${duration(CHECK_MS)}`);
    using deadline = new Deadline(this.#clock, this.#clock.monotonicMs() + CHECK_MS, expired);
    try {
      return { name, target, ok: true, detail: await untilAborted(sink.check(deadline.signal), deadline.signal) };
    } catch (error) {
      return { name, target, ok: false, detail: messageOf(error) };
    }
  }
}

/** An alert that another one explains is not sent. */
const isSent = ({ inhibitedBy }: Alert): boolean => inhibitedBy === undefined;

const optionsOf = (options: AlertOptions, name: string): unknown => options[name as keyof AlertOptions];

function sinksOf({ alertmanager, webhook }: AlertOptions, settings: DispatcherSettings): readonly Sink<Alert>[] {
  return [
    ...(alertmanager.url === "" ? [] : [alertmanagerSink(alertmanager, settings)]),
    ...(webhook.url === "" ? [] : [webhookSink(webhook, settings.externalUrl)]),
  ];
}
