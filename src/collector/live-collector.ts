import { metrics, type Meter, type MeterProvider } from "@opentelemetry/api";
import { randomUUID } from "node:crypto";
import type { ReconfigurationReport } from "../answer/reconfiguration.ts";
import type { CollectorStats, Lifecycle as LifecycleState } from "../answer/stats.ts";
import { quantity } from "../base/quantity.ts";
import { keepAlive, systemClock, type Clock } from "../base/clock.ts";
import { diagLogger, safeLogger, type Logger } from "../base/logger.ts";
import { VitalsError } from "../base/errors.ts";
import { EventLoop } from "../base/event-loop.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../base/version.ts";
import type { Alert } from "../health/record.ts";
import { otlpLogSink } from "../health/sink/otlp-logs.ts";
import type { SinkAnswer } from "../health/sink/sink.ts";
import { follow } from "../journal/follow.ts";
import { readerOf, type JournalReader } from "../journal/journal.ts";
import type { AnySourceKind } from "../source/source.ts";
import type { SampleType } from "../sample/sample-type.ts";
import { providerWith, StoreMeter } from "../telemetry/store-meter.ts";
import { internalsOf } from "../telemetry/telemetry.ts";
import type { CollectionHandle, CollectorSettings, Health, PlannedCollector, SelfCheck, SourceDescription } from "./collector.ts";
import type { VitalsEvent } from "./event.ts";
import { EngineArchive } from "./archive.ts";
import { Collections } from "./collections.ts";
import { collectorComponents, componentsOf, STATE_COMPONENT } from "./components.ts";
import { describeSources } from "./describe.ts";
import { engineOf } from "./engine.ts";
import { emitterOf } from "./emitter.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { CollectionConfig, CollectorConfig } from "./options.ts";
import { Pipeline } from "./pipeline.ts";
import { resolve, resolveCollection, type Plan } from "./resolve.ts";
import { reconfigure } from "./reconfigure.ts";
import { Rounds } from "./rounds.ts";
import { healthOf } from "./health.ts";
import { handleOf, tickedCheck } from "./runtime.ts";
import { breakersOf, makeSources, type SourceWithBreaker } from "./sources.ts";
import { CollectorState } from "./state.ts";
import { statsOf } from "./stats.ts";

const DEFAULT_SHUTDOWN_MS = 5_000;

/** Maximum wait for the last export: a backend that hangs must not keep a program from exiting. */
const LAST_EXPORT_MS = 2_000;

/** Coarse, because each sample wakes the process; a round of health, which reads the delay, still gets hundreds of them. */
const EVENT_LOOP_RESOLUTION_MS = 100;

/** Name of the loop of full assessments, in logs and probes. */
const ROUNDS = "health assessment";

/** Owns and connects the parts of a collector; `Pipeline` defines how a sample flows through them. */
export class LiveCollector implements PlannedCollector {
  readonly bootId = randomUUID();
  readonly windows: readonly string[];
  readonly meterProvider: MeterProvider;
  readonly journal: JournalReader<VitalsEvent>;
  readonly health: Health;
  readonly #settings: CollectorSettings;
  readonly #logger: Logger;
  readonly #plan: Plan;
  readonly #clock: Clock;
  readonly #storeMeter: StoreMeter | undefined;
  readonly #pipeline: Pipeline;
  readonly archive: EngineArchive;
  readonly #state: CollectorState | undefined;
  readonly #sources: ReadonlyMap<string, SourceWithBreaker>;
  readonly #collections: Collections;
  readonly #eventLoop = new EventLoop(EVENT_LOOP_RESOLUTION_MS);
  readonly #lifecycle: Lifecycle;
  readonly #rounds: Rounds;
  readonly #createdMs: number;
  #shutdown: Promise<void> | undefined;

  constructor(plan: Plan, settings: CollectorSettings) {
    const { clock = systemClock, baseDir = process.cwd(), telemetry } = settings;
    const logger = safeLogger(settings.logger ?? diagLogger);
    this.#logger = logger;
    this.#plan = plan;
    this.#settings = settings;
    this.#clock = clock;
    this.#lifecycle = new Lifecycle(clock, logger);
    this.#createdMs = clock.monotonicMs();
    this.windows = plan.options.windows;
    this.#storeMeter = telemetry && new StoreMeter(internalsOf(telemetry).metrics);
    this.meterProvider =
      telemetry && this.#storeMeter
        ? providerWith(this.#storeMeter, telemetry.meterProvider)
        : (settings.meterProvider ?? metrics.getMeterProvider());
    this.#sources = makeSources(plan, { clock, baseDir, logger, meter: this.#meter });
    const onChange = (): void => this.#pipeline.monitor.assessChange([STATE_COMPONENT]);
    const engine = engineOf(plan, settings, { clock, baseDir, logger, onChange });
    this.#state = engine && new CollectorState(engine);
    this.archive = new EngineArchive(engine, this.bootId);
    this.#pipeline = this.#makePipeline(logger);
    this.#rounds = new Rounds({
      clock,
      monitor: this.#pipeline.monitor,
      eventLoop: this.#eventLoop,
      intervalMs: plan.options.health.interval,
    });
    this.journal = readerOf(this.#pipeline.journal);
    this.health = healthOf(this.#pipeline.monitor);
    this.#collections = new Collections(plan, {
      clock,
      lifecycle: this.#lifecycle,
      pipeline: this.#pipeline,
      sources: this.#sources,
    });
    for (const collection of plan.collections.values()) this.#collections.add(collection);
    const watched = {
      sources: this.#sources,
      runtimes: () => this.#collections.all(),
      exporters: () => telemetry?.exporters() ?? [],
      sinks: () => this.#pipeline.dispatcher.report(),
      eventLoopDelayP99Ms: () => this.#eventLoop.delayP99Ms,
      stateProblem: this.#state && (() => this.#state?.problem),
    };
    for (const [name, spec] of collectorComponents(plan.options.health, watched)) this.#pipeline.monitor.add(name, spec);
  }

  get lifecycle(): LifecycleState {
    return this.#lifecycle.state;
  }

  get stopping(): AbortSignal {
    return this.#lifecycle.stopping;
  }

  async start(): Promise<void> {
    this.#lifecycle.begin();
    if (this.#state) await this.#open(this.#state);
    this.#lifecycle.start();
    this.#eventLoop.start();
    this.#pipeline.start();
    for (const runtime of this.#collections.all()) this.#collections.start(runtime);
    this.#lifecycle.run(ROUNDS, () => this.#rounds.run(this.stopping));
  }

  shutdown(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return (this.#shutdown ??= keepAlive(this.#stop(options.timeoutMs ?? DEFAULT_SHUTDOWN_MS)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  pause(collection: string): void {
    const runtime = this.#collections.get(collection);
    runtime.pause();
    this.#pipeline.monitor.assessChange(componentsOf(runtime.plan));
  }

  resume(collection: string): void {
    this.#collections.get(collection).resume();
  }

  collections(): readonly CollectionHandle[] {
    return [...this.#collections.all()];
  }

  collection(name: string): CollectionHandle;
  collection<T extends SampleType>(name: string, type: T): CollectionHandle<T>;
  collection(name: string, type?: SampleType): CollectionHandle {
    const runtime = this.#collections.get(name);
    return type ? handleOf(runtime, type) : runtime;
  }

  addCollection(name: string, config: CollectionConfig): CollectionHandle {
    if (this.lifecycle !== "starting" && this.lifecycle !== "running")
      throw new VitalsError("lifecycle", `no collection can be added to a collector that is ${this.lifecycle}`);
    const runtime = this.#collections.add(resolveCollection(name, config, this.#plan, this.#collections.plans()));
    if (this.lifecycle === "running") this.#collections.start(runtime);
    return runtime;
  }

  removeCollection(name: string): Promise<void> {
    return this.#collections.remove(name);
  }

  async reconfigure(config: CollectorConfig<AnySourceKind>): Promise<ReconfigurationReport> {
    return this.apply(resolve(config, this.#settings));
  }

  async apply(plan: Plan): Promise<ReconfigurationReport> {
    if (this.lifecycle !== "running")
      throw new VitalsError("lifecycle", `a collector that is ${this.lifecycle} cannot take another configuration`);
    return reconfigure({ ...this.#plan, collections: new Map(this.#collections.plans().map((each) => [each.name, each])) }, plan);
  }

  alerts(state: "firing" | "resolved" | "all" = "firing"): readonly Alert[] {
    return this.#pipeline.monitor.alerts(state);
  }

  stats(): CollectorStats {
    return statsOf({
      collector: this,
      settings: this.#settings,
      runtimes: [...this.#collections.all()],
      pipeline: this.#pipeline,
      uptimeMs: this.#clock.monotonicMs() - this.#createdMs,
      eventLoopDelayP99Ms: this.#eventLoop.delayP99Ms,
    });
  }

  describeSources(): Promise<readonly SourceDescription[]> {
    return keepAlive(
      describeSources(
        [...this.#sources.values()].map(({ source }) => source),
        this.#clock,
      ),
    );
  }

  checkSinks(): Promise<readonly SinkAnswer[]> {
    return keepAlive(this.#pipeline.dispatcher.check());
  }

  async *events(options: { readonly signal?: AbortSignal; readonly after?: number } = {}): AsyncGenerator<VitalsEvent, void> {
    const signals = options.signal ? [options.signal, this.stopping] : [this.stopping];
    for await (const { event } of follow(this.journal, { signals, after: options.after })) yield event;
  }

  liveness(): readonly SelfCheck[] {
    const delayMs = this.#eventLoop.delayP99Ms;
    return [
      { name: "event-loop", ok: true, detail: `delay p99 ${delayMs === undefined ? "not measured yet" : quantity(delayMs, "ms")}` },
      this.#rounds.check(this.lifecycle === "running"),
      this.#lifecycle.check,
    ];
  }

  readiness(): readonly SelfCheck[] {
    const ticked = this.#collections.all().map(tickedCheck);
    return [{ name: "lifecycle", ok: this.lifecycle === "running", detail: this.lifecycle }, ...ticked];
  }

  /** Restores what the collector was before a restart. */
  async #open(state: CollectorState): Promise<void> {
    const { dispatcher, journal, monitor } = this.#pipeline;
    const parts = {
      dispatcher,
      journal,
      monitor,
      clock: this.#clock,
      logger: this.#logger,
      syncMs: this.#plan.options.state?.sync,
      records: () => this.#collections.all().map(({ record }) => record),
      sources: () => this.#sources.values().map(({ source }) => source),
    };
    await this.archive.follow(state.open(parts, this.stopping));
  }

  get #meter(): Meter {
    return this.meterProvider.getMeter(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
  }

  #makePipeline(logger: Logger): Pipeline {
    const { externalUrl = "", identity = {}, sinks = [], telemetry, mute = false } = this.#settings;
    const internals = telemetry && internalsOf(telemetry);
    const { health, alerts } = this.#plan.options;
    return new Pipeline({
      clock: this.#clock,
      logger,
      meter: this.#meter,
      health,
      alerts,
      identity,
      externalUrl,
      sinks: [...(internals?.logExporters ?? []).map(otlpLogSink), ...sinks],
      engine: this.#state?.engine,
      log: this.#state,
      emit: emitterOf(this.#settings),
      mute,
      storeMeter: this.#storeMeter,
      collections: () => this.#collections.all().map((runtime) => runtime.metrics()),
      breakers: () => breakersOf(this.#sources),
    });
  }

  async #stop(timeoutMs: number): Promise<void> {
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    const lastExportMs = (): number => Math.min(LAST_EXPORT_MS, endMs - this.#clock.monotonicMs());
    const runtimes = [...this.#collections.all()];
    this.#pipeline.monitor.stop();
    this.#lifecycle.stop();
    for (const runtime of runtimes) runtime.stop();
    // Readings in flight get half of the time to end normally; the rest is for aborting them and closing.
    await this.#lifecycle.within(endMs - timeoutMs / 2, this.#lifecycle.ended());
    for (const runtime of runtimes) runtime.abandon();
    const sent = this.#pipeline.dispatcher.stop(lastExportMs());
    const closed = [...this.#sources.values()].map(({ source }) => source.close());
    await this.#lifecycle.within(endMs, Promise.allSettled([this.#lifecycle.ended(), ...closed, sent]));
    // Before the callbacks are removed, so that the last values are exported.
    await this.#settings.telemetry?.forceFlush(lastExportMs());
    if (this.#state) await this.#lifecycle.within(endMs, this.#state.close());
    this.#pipeline.close();
    this.#eventLoop[Symbol.dispose]();
    this.#lifecycle.stopped();
  }
}
