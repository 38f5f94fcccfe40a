import { logs, metrics, type Meter, type MeterProvider } from "@opentelemetry/api";
import { randomUUID } from "node:crypto";
import { SampleBuffer } from "../buffer/buffer.ts";
import { windowMs } from "../buffer/window.ts";
import { builtInComponents } from "./components.ts";
import { duration, quantity } from "../base/quantity.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { CollectionRuntime, handleOf } from "./runtime.ts";
import { Collection, type SampleDraft } from "../collection/collection.ts";
import type { CollectorConfig, CollectorOptions } from "./options.ts";
import type { Collector, CollectorSettings, CollectionHandle, Health, SelfCheck, VitalsEvent } from "./collector.ts";
import type { CollectorStats, Lifecycle, ProcessReport } from "../answer/stats.ts";
import { makeSources, parseConfig, planCollections, sampleTypes, type CollectionPlan, type SourceWithBreaker } from "./resolve.ts";
import { VitalsError } from "../base/errors.ts";
import { EventLoop } from "../base/event-loop.ts";
import { thresholdsOf } from "../health/rules/user.ts";
import { Dispatcher } from "../health/sink/dispatcher.ts";
import { emitOn } from "../health/log-record.ts";
import { HealthMonitor } from "../health/monitor.ts";
import type { Alert, HealthEvent } from "../health/record.ts";
import { otlpLogSink } from "../health/sink/otlp-logs.ts";
import type { SinkAnswer } from "../health/sink/sink.ts";
import { follow } from "../journal/follow.ts";
import { Journal } from "../journal/journal.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { refuseWrongRules } from "../health/rules/validate.ts";
import { builtInKinds } from "./kinds.ts";
import { BREAKER_STATES } from "../collection/policy.ts";
import { CollectionMetrics, type BreakerStates } from "../telemetry/collection-metrics.ts";
import { SampleInstruments } from "../telemetry/instruments.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../base/version.ts";

const DEFAULT_SHUTDOWN_MS = 5_000;

/** Longest wait for the last export: a backend that hangs must not keep a program from ending. */
const LAST_EXPORT_MS = 2_000;

/** Looks at the event loop for our own health, which asks for its delay once a round: hundreds of looks even so. */
const LOOK_EVERY_MS = 100;

/**
 * Makes a collector; nothing runs, and no source is opened, until `start`.
 *
 * @param config the `collector:` part of a configuration file, less `server`
 * @param settings what a file cannot say
 * @throws VitalsError `config_invalid`
 */
export function createCollector(config: CollectorConfig, settings: CollectorSettings = {}): Collector {
  return new LiveCollector(parseConfig(config), settings);
}

/** Wires the rooms: a sample travels from its collection to the journal, the buffer, the instruments, and then to health. */
class LiveCollector implements Collector {
  readonly bootId = randomUUID();
  readonly windows: readonly string[];
  readonly meterProvider: MeterProvider;
  readonly journal = new Journal<VitalsEvent>({ encode: bodyOf });
  readonly health: Health;
  readonly #settings: CollectorSettings;
  readonly #options: CollectorOptions;
  readonly #clock: Clock;
  readonly #monitor: HealthMonitor;
  readonly #dispatcher: Dispatcher;
  readonly #emit: (event: HealthEvent) => void;
  readonly #instruments: SampleInstruments;
  readonly #metrics: CollectionMetrics;
  readonly #sources: ReadonlyMap<string, SourceWithBreaker>;
  readonly #handles: ReadonlyMap<string, CollectionRuntime>;
  readonly #eventLoop = new EventLoop(LOOK_EVERY_MS);
  readonly #stopping = new AbortController();
  readonly #startedMs: number;
  #lifecycle: Lifecycle = "starting";
  #loops: readonly Promise<void>[] = [];
  #shutdown: Promise<void> | undefined;
  #lastRoundMs: number;

  constructor(options: CollectorOptions, settings: CollectorSettings) {
    this.#settings = settings;
    this.#options = options;
    this.#clock = settings.clock ?? systemClock;
    this.#startedMs = this.#clock.monotonicMs();
    this.#lastRoundMs = this.#startedMs;
    this.windows = options.windows;
    this.meterProvider = settings.telemetry?.meterProvider ?? settings.meterProvider ?? metrics.getMeterProvider();
    const meter = this.meterProvider.getMeter(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
    this.#dispatcher = this.#makeDispatcher(meter);
    this.#emit = emitterOf(settings);
    this.#monitor = this.#makeMonitor(meter);
    this.health = this.#monitor;
    this.#sources = this.#makeSources();
    this.#instruments = new SampleInstruments(meter, this.#clock, settings.telemetry?.freshness);
    const plans = planCollections(options, this.#sources);
    refuseWrongRules(options.health.rules, plans);
    this.#handles = new Map(plans.map((plan) => [plan.name, this.#makeHandle(plan)]));
    this.#metrics = new CollectionMetrics(
      meter,
      this.#clock,
      () => [...this.#handles.values()].map((handle) => handle.state()),
      () => this.#breakers(),
    );
    this.#addComponents();
  }

  get lifecycle(): Lifecycle {
    return this.#lifecycle;
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  async start(): Promise<void> {
    if (this.#lifecycle !== "starting" || this.#loops.length > 0) {
      throw new VitalsError("lifecycle", `a collector can be started once; this one is ${this.#lifecycle}`);
    }
    this.#monitor.start();
    if (!this.#settings.mute) this.#dispatcher.start();
    this.#loops = [...this.#handles.values()].map((handle) => handle.parts.collection.run());
    this.#loops = [...this.#loops, this.#rounds()];
    this.#lifecycle = "running";
  }

  shutdown(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return (this.#shutdown ??= this.#stop(options.timeoutMs ?? DEFAULT_SHUTDOWN_MS));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  pause(collection: string): void {
    this.#handle(collection).parts.collection.pause();
    this.#monitor.assess(this.#componentsOf(this.#handle(collection)));
  }

  resume(collection: string): void {
    this.#handle(collection).parts.collection.resume();
  }

  collections(): readonly CollectionHandle[] {
    return [...this.#handles.values()];
  }

  collection<T extends SampleType = SampleType>(name: string, type?: T): CollectionHandle<T> {
    const handle: CollectionHandle = this.#handle(name);
    return type ? handleOf(handle, type) : (handle as CollectionHandle<T>);
  }

  alerts(state: "firing" | "resolved" | "all" = "firing"): readonly Alert[] {
    return this.#monitor.alerts(state);
  }

  stats(): CollectorStats {
    const handles = [...this.#handles.values()];
    return {
      version: PACKAGE_VERSION,
      identity: this.#settings.identity ?? {},
      bootId: this.bootId,
      lifecycle: this.#lifecycle,
      uptimeSeconds: (this.#clock.monotonicMs() - this.#startedMs) / 1_000,
      ticks: Object.fromEntries(handles.map((handle) => [handle.name, { ...handle.outcomes }])),
      journal: { oldest: this.journal.oldest, head: this.journal.head, bytes: this.journal.bytes },
      bufferBytes: handles.reduce((bytes, handle) => bytes + handle.parts.buffer.bytes, 0),
      process: processReport(this.#eventLoop.delayP99Ms),
      exporters: this.#settings.telemetry?.exporters() ?? [],
      sinks: this.#dispatcher.report(),
    };
  }

  checkSinks(): Promise<readonly SinkAnswer[]> {
    return this.#dispatcher.check();
  }

  events(options: { readonly signal?: AbortSignal; readonly after?: number } = {}): AsyncIterable<VitalsEvent> {
    const signals = options.signal ? [options.signal, this.stopping] : [this.stopping];
    return follow(this.journal, { signals, after: options.after });
  }

  liveness(): readonly SelfCheck[] {
    const quietMs = this.#clock.monotonicMs() - this.#lastRoundMs;
    const turning = this.#lifecycle !== "running" || quietMs <= 3 * this.#options.health.interval;
    return [
      { name: "event-loop", ok: true, detail: `delay p99 ${quantity(this.#eventLoop.delayP99Ms, "ms")}` },
      { name: "scheduler", ok: turning, detail: `last round ${duration(quietMs)} ago` },
    ];
  }

  readiness(): readonly SelfCheck[] {
    const ticked = [...this.#handles.values()].map((handle): SelfCheck => {
      const ok = handle.last !== undefined || handle.parts.collection.state === "paused";
      return { name: `collection:${handle.name}`, ok, detail: ok ? "has ticked" : "has not ticked yet" };
    });
    return [{ name: "lifecycle", ok: this.#lifecycle === "running", detail: this.#lifecycle }, ...ticked];
  }

  /** The way of a sample: numbered, kept, recorded, judged. */
  #take(draft: SampleDraft, handle: CollectionRuntime): void {
    const { sample } = this.journal.append((seq) => ({ seq, kind: "sample" as const, sample: { seq, ...draft.sample } }));
    const record = { ...draft, sample };
    handle.take(record);
    this.#instruments.record(handle.name, record);
    this.#metrics.record(record);
    this.#monitor.assess(this.#componentsOf(handle));
  }

  /** The full assessment, at its own interval. */
  async #rounds(): Promise<void> {
    const { interval } = this.#options.health;
    while (!this.stopping.aborted) {
      this.#lastRoundMs = this.#clock.monotonicMs();
      this.#monitor.assess();
      this.#eventLoop.reset();
      await this.#clock.sleepUntil(this.#lastRoundMs + interval, this.stopping);
    }
  }

  async #stop(timeoutMs: number): Promise<void> {
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    this.#lifecycle = "stopping";
    this.#monitor.stop();
    this.#stopping.abort();
    const collections = [...this.#handles.values()].map((handle) => handle.parts.collection);
    for (const collection of collections) collection.stop();
    // What is in flight gets half of the time to end by itself; the rest is for ending it and closing.
    await this.#within(endMs - timeoutMs / 2, Promise.all(this.#loops));
    for (const collection of collections) collection.abandon();
    const told = this.#dispatcher.stop(Math.min(LAST_EXPORT_MS, endMs - this.#clock.monotonicMs()));
    const closed = [...this.#sources.values()].map(({ source }) => source.close());
    await this.#within(endMs, Promise.allSettled([...this.#loops, ...closed, told]));
    // While the callbacks still answer, so that the last values are among what is sent.
    await this.#settings.telemetry?.forceFlush(Math.min(LAST_EXPORT_MS, endMs - this.#clock.monotonicMs()));
    this.#instruments.close();
    this.#metrics.close();
    this.#eventLoop[Symbol.dispose]();
    this.#lifecycle = "stopped";
  }

  /** Waits for `work`, but not beyond `deadlineMs`. */
  async #within(deadlineMs: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const settled = work.then(
      () => done.abort(),
      () => done.abort(),
    );
    await this.#clock.sleepUntil(deadlineMs, done.signal);
    void settled;
  }

  #makeMonitor(meter: Meter): HealthMonitor {
    return new HealthMonitor({
      clock: this.#clock,
      meter,
      history: this.#options.health.history,
      flapping: this.#options.health.flapping,
      informational: this.#options.health.informational,
      identity: this.#settings.identity ?? {},
      log: {
        transition: (transition) => {
          const event = this.journal.append((seq) => ({ seq, kind: "transition" as const, transition: { seq, ...transition } }));
          this.#tell([event]);
          return event.transition;
        },
        alerts: (alerts) => {
          this.#tell(alerts.map((alert) => this.journal.append((seq) => ({ seq, kind: "alert" as const, alert }))));
        },
      },
    });
  }

  #makeDispatcher(meter: Meter): Dispatcher {
    const { telemetry, sinks = [] } = this.#settings;
    return new Dispatcher(this.#options.alerts, {
      clock: this.#clock,
      meter,
      firing: () => this.#monitor.alerts(),
      sinks: [...(telemetry?.logExporters ?? []).map(otlpLogSink), ...sinks],
    });
  }

  #tell(events: readonly HealthEvent[]): void {
    if (this.#settings.mute) return;
    for (const event of events) this.#emit(event);
    this.#dispatcher.dispatch(events);
  }

  #makeSources(): ReadonlyMap<string, SourceWithBreaker> {
    const { baseDir = process.cwd(), sourceKinds = [], sampleTypes: ownTypes } = this.#settings;
    const kinds = new Map([...builtInKinds, ...sourceKinds].map((kind) => [kind.kind, kind]));
    return makeSources(this.#options, kinds, { clock: this.#clock, baseDir, types: sampleTypes(this.#options, ownTypes) });
  }

  #makeHandle(plan: CollectionPlan): CollectionRuntime {
    const { source, policy } = this.#sources.get(plan.source) as SourceWithBreaker;
    const clock = this.#clock;
    const collection: Collection = new Collection({ ...plan, source, policy, clock }, (draft) => this.#take(draft, handle));
    const buffer = new SampleBuffer(plan.name, plan.reading.type, plan.retain, this.windows.map(windowMs));
    const thresholds = thresholdsOf(this.#options.health.rules, plan.name, plan.slowMs);
    const handle = new CollectionRuntime({ ...plan, collection, buffer, policy, clock, thresholds });
    this.#instruments.register({ name: plan.name, intervalMs: plan.intervalMs, type: plan.reading.type });
    return handle;
  }

  #addComponents(): void {
    const components = builtInComponents(this.#options.health, {
      sources: this.#sources,
      handles: [...this.#handles.values()],
      exporters: () => this.#settings.telemetry?.exporters() ?? [],
      sinks: () => this.#dispatcher.report(),
      eventLoop: this.#eventLoop,
    });
    for (const [name, spec] of components) this.#monitor.add(name, spec);
  }

  #handle(name: string): CollectionRuntime {
    const handle = this.#handles.get(name);
    if (!handle)
      throw new VitalsError("unknown_name", `no collection "${name}"; there are ${[...this.#handles.keys()].join(", ") || "none"}`);
    return handle;
  }

  #breakers(): readonly BreakerStates[] {
    return [...this.#sources].map(([source, { policy }]) => ({ source, state: policy.state, states: BREAKER_STATES }));
  }

  /** What a sample of the collection can change. */
  #componentsOf(handle: CollectionRuntime): readonly string[] {
    return [`source:${handle.parts.source}`, `collection:${handle.name}`, `buffer:${handle.name}`];
  }
}

/** Where a program's own log records go; nowhere for one that lets us send them. */
function emitterOf({ loggerProvider, telemetry }: CollectorSettings): (event: HealthEvent) => void {
  const provider = loggerProvider ?? (telemetry ? undefined : logs.getLoggerProvider());
  return provider ? emitOn(provider) : () => {};
}

function processReport(eventLoopDelayP99Ms: number): ProcessReport {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpuSeconds: (user + system) / 1e6, residentBytes: rss, heapUsedBytes: heapUsed, eventLoopDelayP99Ms };
}

/** What is told of an event: a sample, a transition or an alert, each as the API shows it. */
function bodyOf(event: VitalsEvent): string {
  if (event.kind === "sample") return JSON.stringify(event.sample);
  return JSON.stringify(event.kind === "transition" ? event.transition : event.alert);
}
