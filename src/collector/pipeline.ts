import type { Meter } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import { stackOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { duration } from "../base/quantity.ts";
import { HealthMonitor } from "../health/monitor.ts";
import type { Alert, HealthEvent, Transition } from "../health/record.ts";
import type { HealthOptions } from "../health/rules/options.ts";
import { Dispatcher } from "../health/sink/dispatcher.ts";
import type { AlertOptions, EventSink } from "../health/sink/sink.ts";
import type { BacklogLog } from "../health/sink/worker.ts";
import type { JournalEngine } from "../journal/engine.ts";
import { Journal } from "../journal/journal.ts";
import type { SampleRecord } from "../sample/sample.ts";
import { CollectionMetrics, type BreakerStates, type CollectionState } from "../telemetry/collection-metrics.ts";
import { SampleInstruments } from "../telemetry/instruments.ts";
import { MeterRecorder } from "../telemetry/field-recorder.ts";
import type { StoreMeter } from "../telemetry/store-meter.ts";
import type { VitalsEvent } from "./event.ts";
import { componentsOf } from "./components.ts";
import { evaluationTimeOf } from "./record.ts";
import type { CollectionRuntime } from "./runtime.ts";

export interface PipelineSettings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly health: HealthOptions;
  readonly alerts: AlertOptions;
  /** Labels that every alert carries. */
  readonly identity: Readonly<Record<string, string>>;
  /** Sinks that receive every transition and alert, besides those of `alerts`. */
  readonly sinks: readonly EventSink[];
  /** URL of the page, for links in alerts; empty if it is not known. */
  readonly externalUrl: string;
  /** Receives each transition and alert, to emit it as a log record. */
  readonly emit: (event: HealthEvent) => void;
  /** Keeps events over restarts. Default: they are numbered in memory. */
  readonly engine?: JournalEngine | undefined;
  /** Where what is pending for sinks is saved. Default: nowhere. */
  readonly log?: BacklogLog | undefined;
  /** If true, nothing is emitted or dispatched to sinks. */
  readonly mute: boolean;
  /** The same meter, if readers of our own export what it records; undefined with a caller's meter provider. */
  readonly storeMeter: StoreMeter | undefined;
  /** Called at each metric collection; must return from memory. */
  readonly collections: () => Iterable<CollectionState>;
  readonly breakers: () => Iterable<BreakerStates>;
}

/**
 * How a sample flows from its collection to its readers:
 *
 *     take(sample)
 *        |  append: queued, without a number; its points are resolved once
 *        +--> buffer, instruments, counts of its collection
 *        +--> health -> transitions, alerts: queued behind it, dispatched to the sinks
 *        |  commit: the queue is numbered in order
 *        v
 *     subscribers of the journal: the event stream, `collector.events()`
 *
 * A subscriber that receives a sample therefore finds it applied everywhere.
 */
export class Pipeline {
  readonly journal: Journal<VitalsEvent>;
  readonly monitor: HealthMonitor;
  readonly dispatcher: Dispatcher;
  readonly instruments: SampleInstruments;
  readonly #metrics: CollectionMetrics;
  readonly #settings: PipelineSettings;
  #isTaking = false;
  #suspendedMs = 0;

  constructor(settings: PipelineSettings) {
    const {
      alerts,
      breakers,
      clock,
      collections,
      engine,
      externalUrl,
      health,
      identity,
      log: backlogLog,
      meter,
      sinks,
      storeMeter,
    } = settings;
    this.#settings = settings;
    this.#metrics = new CollectionMetrics(meter, clock, collections, breakers);
    this.journal = new Journal({
      ...(engine ? { engine } : {}),
      identify: ({ kind }) => ({ key: "", kind }),
      encode: bodyOf,
      onSubscriberError: (error) => this.#reportSubscriber(error),
    });
    this.instruments = new SampleInstruments(storeMeter ?? new MeterRecorder(meter, clock), clock);
    this.dispatcher = new Dispatcher(alerts, {
      clock,
      meter,
      sinks,
      log: backlogLog,
      externalUrl,
      open: (components) => this.monitor.openAlerts(components).filter((alert) => this.monitor.isSent(alert)),
      isPending: (alert) => this.monitor.isPending(alert),
      intervalMs: (component) => Math.min(health.interval, this.monitor.intervalMs(component) ?? health.interval),
    });
    const { flapping, history, informational, interval, startup_grace: startupGrace } = health;
    const log = {
      transition: (transition: Transition) => this.#record([{ kind: "transition", transition }]),
      alerts: (changed: readonly Alert[]) => this.#record(changed.map((alert) => ({ kind: "alert", alert }))),
      send: (events: readonly HealthEvent[]) => this.#send(events),
      evaluated: (components: readonly string[] | undefined) => {
        if (!settings.mute) this.dispatcher.evaluated(components);
      },
    };
    this.monitor = new HealthMonitor({ clock, meter, history, flapping, interval, startupGrace, informational, identity, log });
  }

  /** Applies a sample to buffer, instruments and health, then commits it with the transitions and alerts it caused. */
  take(record: SampleRecord, runtime: CollectionRuntime): void {
    this.#logSuspension();
    this.#isTaking = true;
    try {
      this.journal.append({ kind: "sample", sample: record.sample });
      const points = runtime.record.points.resolve(record.sample.values);
      runtime.record.take(record, points);
      this.instruments.record(runtime.name, points);
      this.#metrics.record(record);
      this.monitor.assessTick(componentsOf(runtime.plan), evaluationTimeOf(record));
    } finally {
      this.#isTaking = false;
    }
    this.journal.commit();
  }

  /** Starts health checks, sinks and metric callbacks. */
  start(): void {
    this.#suspendedMs = this.#settings.clock.suspendedMs?.() ?? 0;
    this.#metrics.observe();
    this.instruments.observe();
    this.monitor.start();
    if (!this.#settings.mute) this.dispatcher.start();
  }

  /** Removes all callbacks from the meter provider, and ends the series of its own readers. */
  close(): void {
    this.instruments.close();
    this.#metrics.close();
    this.monitor.close();
    this.#settings.storeMeter?.close();
  }

  /** Queues transitions and alerts behind the sample that caused them. */
  #record(events: readonly HealthEvent[]): void {
    for (const event of events) this.journal.append(event);
    if (!this.#settings.mute) this.dispatcher.dispatchAtOnce(events);
    // Outside of `take` they come from a health round or a background check, and no sample commits them.
    if (!this.#isTaking) this.journal.commit();
  }

  /** Hands over to the sinks what may leave the collector. */
  #send(events: readonly HealthEvent[]): void {
    if (this.#settings.mute) return;
    for (const event of events) this.#settings.emit(event);
    this.dispatcher.dispatch(events);
  }

  #logSuspension(): void {
    const suspendedMs = this.#settings.clock.suspendedMs?.() ?? 0;
    if (suspendedMs === this.#suspendedMs) return;
    this.#settings.logger.info(`the process was suspended for ${duration(suspendedMs - this.#suspendedMs)}`);
    this.#suspendedMs = suspendedMs;
  }

  #reportSubscriber(error: unknown): void {
    this.#metrics.countSubscriberError();
    this.#settings.logger.error(`a journal subscriber threw: ${stackOf(error)}`);
  }
}

/** JSON of an event, as the event stream sends it. */
function bodyOf(event: VitalsEvent): string {
  if (event.kind === "sample") return JSON.stringify(event.sample);
  return JSON.stringify(event.kind === "transition" ? event.transition : event.alert);
}
