import { metrics, type Meter, type MeterProvider } from "@opentelemetry/api";
import { randomUUID } from "node:crypto";
import type { ReconfigurationReport } from "../answer/reconfiguration.ts";
import type { CollectorStats, Lifecycle as LifecycleState } from "../answer/stats.ts";
import { quantity } from "../base/quantity.ts";
import { keepAlive, systemClock, type Clock } from "../base/clock.ts";
import { diagLogger, safeLogger, type Logger } from "../base/logger.ts";
import { VitalsError } from "../base/errors.ts";
import { EXPECTED_BY, isBy, type Pauser } from "../base/pauser.ts";
import { quoted } from "../base/suggest.ts";
import { EventLoop } from "../base/event-loop.ts";
import { PACKAGE_NAME, PACKAGE_VERSION, SCHEMA_URL } from "../base/version.ts";
import type { Alert } from "../health/record.ts";
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
import { collectorComponents, componentsOf, STATE_COMPONENT, type Watched } from "./components.ts";
import { describeSources } from "./describe.ts";
import { engineOf } from "./engine.ts";
import { Lifecycle } from "./lifecycle.ts";
import type { CollectionConfig, CollectorConfig } from "./options.ts";
import { Pipeline } from "./pipeline.ts";
import { pipelineSettingsOf } from "./pipeline-settings.ts";
import { resolve, resolveCollection, type Plan } from "./resolve.ts";
import { reconfigure, type ConfiguredParts } from "./reconfigure.ts";
import { Rounds } from "./rounds.ts";
import { healthOf } from "./health.ts";
import { handleOf, tickedCheck } from "./runtime.ts";
import { Sources } from "./sources.ts";
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
  readonly meterProvider: MeterProvider;
  readonly journal: JournalReader<VitalsEvent>;
  readonly health: Health;
  readonly #settings: CollectorSettings;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #storeMeter: StoreMeter | undefined;
  readonly #pipeline: Pipeline;
  readonly archive: EngineArchive;
  readonly #state: CollectorState | undefined;
  readonly #sources: Sources;
  readonly #collections: Collections;
  readonly #eventLoop = new EventLoop(EVENT_LOOP_RESOLUTION_MS);
  readonly #lifecycle: Lifecycle;
  readonly #rounds: Rounds;
  /** What a configuration affects. */
  readonly #parts: ConfiguredParts;
  readonly #createdMs: number;
  #shutdown: Promise<void> | undefined;

  constructor(plan: Plan, settings: CollectorSettings) {
    const { clock = systemClock, baseDir = process.cwd(), telemetry } = settings;
    const logger = safeLogger(settings.logger ?? diagLogger);
    this.#logger = logger;
    this.#settings = settings;
    this.#clock = clock;
    this.#lifecycle = new Lifecycle(clock, logger);
    this.#createdMs = clock.monotonicMs();
    this.#storeMeter = telemetry && new StoreMeter(internalsOf(telemetry).metrics);
    this.meterProvider =
      telemetry && this.#storeMeter
        ? providerWith(this.#storeMeter, telemetry.meterProvider)
        : (settings.meterProvider ?? metrics.getMeterProvider());
    this.#sources = new Sources(plan, { clock, baseDir, logger, meter: this.#meter });
    const onChange = (): void => this.#pipeline.monitor.assessChange([STATE_COMPONENT]);
    const engine = engineOf(plan, settings, { clock, baseDir, logger, onChange });
    this.#state = engine && new CollectorState(engine);
    this.archive = new EngineArchive(engine, this.bootId);
    this.#pipeline = new Pipeline(
      pipelineSettingsOf(plan.options, settings, {
        clock,
        logger,
        meter: this.#meter,
        engine,
        log: this.#state,
        storeMeter: this.#storeMeter,
        collections: () => this.#collections.all().map((runtime) => runtime.metrics()),
        breakers: () => this.#sources.breakers(),
      }),
    );
    const { monitor } = this.#pipeline;
    this.#rounds = new Rounds({ clock, monitor, eventLoop: this.#eventLoop, intervalMs: plan.options.health.interval });
    this.journal = readerOf(this.#pipeline.journal);
    this.health = healthOf(monitor);
    this.#collections = new Collections(plan, {
      clock,
      lifecycle: this.#lifecycle,
      pipeline: this.#pipeline,
      sources: this.#sources,
    });
    for (const collection of plan.collections.values()) this.#collections.add(collection);
    const watched: Watched = {
      sources: () => this.#sources.all(),
      runtimes: () => this.#collections.all(),
      exporters: () => telemetry?.exporters() ?? [],
      sinks: () => this.#pipeline.dispatcher.report(),
      eventLoopDelayP99Ms: () => this.#eventLoop.delayP99Ms,
      stateProblem: this.#state && (() => this.#state?.problem),
    };
    for (const [name, spec] of collectorComponents(plan.options.health, watched)) monitor.add(name, spec);
    this.#parts = {
      collections: this.#collections,
      sources: this.#sources,
      pipeline: this.#pipeline,
      rounds: this.#rounds,
      lifecycle: this.#lifecycle,
      state: this.#state,
      watched,
      logger,
    };
  }

  get windows(): readonly string[] {
    return this.#collections.plan.options.windows;
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

  pause(collection: string, { by, access, address }: Pauser = {}): void {
    const runtime = this.#collections.get(collection);
    if (by !== undefined && !isBy(by)) throw new VitalsError("config_invalid", `by: ${EXPECTED_BY}, found ${quoted(by)}`);
    runtime.pause({ ...(by === undefined ? {} : { by }), ...(access ? { access } : {}), ...(address === undefined ? {} : { address }) });
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
    const runtime = this.#collections.add(resolveCollection(name, config, this.#collections.plan));
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
    // In a turn of its own, because a subscriber of the journal may call it in the middle of another change.
    await Promise.resolve();
    return reconfigure(this.#parts, plan);
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
    return keepAlive(describeSources(this.#sources.list(), this.#clock));
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
      syncMs: this.#collections.plan.options.state?.sync,
      records: () => this.#collections.all().map(({ record }) => record),
      sources: () => this.#sources.list(),
    };
    await this.archive.follow(state.open(parts, this.stopping));
  }

  get #meter(): Meter {
    return this.meterProvider.getMeter(PACKAGE_NAME, PACKAGE_VERSION, { schemaUrl: SCHEMA_URL });
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
    await this.#lifecycle.within(endMs, Promise.allSettled([this.#lifecycle.ended(), this.#sources.close(), sent]));
    // Before the callbacks are removed, so that the last values are exported.
    await this.#settings.telemetry?.forceFlush(lastExportMs());
    if (this.#state) await this.#lifecycle.within(endMs, this.#state.close());
    this.#pipeline.close();
    this.#eventLoop[Symbol.dispose]();
    this.#lifecycle.stopped();
  }
}
