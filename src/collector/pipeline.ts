import { stackOf } from "../base/errors.ts";
import { duration } from "../base/quantity.ts";
import { HealthMonitor } from "../health/monitor.ts";
import type { Alert, HealthEvent, Transition } from "../health/record.ts";
import { Dispatcher } from "../health/sink/dispatcher.ts";
import { Journal, TAIL_BYTES } from "../journal/journal.ts";
import type { PipelineSettings } from "./pipeline-settings.ts";
import type { SampleRecord } from "../sample/sample.ts";
import { CollectionMetrics } from "../telemetry/collection-metrics.ts";
import { SampleInstruments } from "../telemetry/instruments.ts";
import { MeterRecorder } from "../telemetry/field-recorder.ts";
import type { VitalsEvent } from "./event.ts";
import { componentsOf } from "./components.ts";
import { evaluationTimeOf } from "./record.ts";
import type { CollectorOptions } from "./options.ts";
import type { CollectionRuntime } from "./runtime.ts";

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
  /** Milliseconds between two full assessments. */
  #intervalMs: number;
  /** Events are numbered at the end of what causes them. */
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
    this.#intervalMs = health.interval;
    this.#metrics = new CollectionMetrics(meter, clock, collections, breakers);
    this.journal = new Journal({
      ...(engine ? { engine, maxBytes: TAIL_BYTES } : {}),
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
      intervalMs: (component) => Math.min(this.#intervalMs, this.monitor.intervalMs(component) ?? this.#intervalMs),
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

  /** Makes changes that subscribers see only as a whole: events that they cause are numbered afterwards. */
  atomically(change: () => void): void {
    this.#isTaking = true;
    try {
      change();
    } finally {
      this.#isTaking = false;
    }
    this.journal.commit();
  }

  /** Continues with other options. @returns what was pending for removed sinks and is dropped: number of items, by the sink's name */
  configure({ alerts, health }: Pick<CollectorOptions, "alerts" | "health">): ReadonlyMap<string, number> {
    this.#intervalMs = health.interval;
    this.monitor.configure(health);
    return this.dispatcher.configure(alerts);
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
