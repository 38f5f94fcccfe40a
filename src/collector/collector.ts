import type { MeterProvider } from "@opentelemetry/api";
import type { CollectionReport } from "../answer/collection.ts";
import type { CollectorStats, Lifecycle } from "../answer/stats.ts";
import type { Aggregate } from "../buffer/window.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { UserCheck, UserCheckConfig } from "../health/check.ts";
import type { HistoryBounds } from "../health/history.ts";
import type { Alert, HealthEvent, HealthReport, Transition } from "../health/record.ts";
import type { EventLoggerProvider } from "../health/log-record.ts";
import type { EventSink, SinkAnswer } from "../health/sink/sink.ts";
import type { JournalReader } from "../journal/journal.ts";
import type { CollectionConfig } from "./options.ts";
import type { SampleType, Values } from "../sample/sample-type.ts";
import type { Sample } from "../sample/sample.ts";
import type { AnySourceKind } from "../source/source.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export { severityOf, type HealthEvent } from "../health/record.ts";
export type { EventSink } from "../health/sink/sink.ts";

/** What happens in a collector, in one order. */
export type VitalsEvent = { readonly kind: "sample"; readonly sample: Sample } | HealthEvent;

/** The part of a collector that belongs to one collection. */
export interface CollectionHandle<T extends SampleType = SampleType> {
  readonly name: string;
  readonly type: T;
  /** Samples taken since the collector was made, retained or not: what `recent(taken - before)` returns came after `before` of them. */
  readonly taken: number;
  /** The newest `count` samples, newest first. */
  recent(count: number): readonly Sample<Values<T>>[];
  /** @throws VitalsError `unknown_name` when `window` is no length of time */
  aggregate(window: string): Aggregate<T>;
  report(): CollectionReport;
}

/** A check that says whether this program itself turns; nothing observed can fail it. */
export interface SelfCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What a configuration file cannot say. */
export interface CollectorSettings<Custom extends AnySourceKind = AnySourceKind> {
  /** Where metrics are recorded. Default: the program's global meter provider, which records nothing until the program sets one. */
  readonly meterProvider?: MeterProvider;
  /**
   * Where transitions and alerts are emitted as log records. Default: the program's global logger provider, which drops them until the
   * program sets one; none with `telemetry`, nor with an `@opentelemetry/api` older than 1.10. The provider decides what happens to them.
   */
  readonly loggerProvider?: EventLoggerProvider;
  /** Made by `createTelemetry` of `otel-vitals/telemetry`; whoever made it shuts it down. Takes precedence over `meterProvider`. */
  readonly telemetry?: Telemetry;
  /** Sinks of the program's own, beside those of `alerts`. */
  readonly sinks?: readonly EventSink[];
  /** No sink is told anything: for a look around that must wake nobody. Default false. */
  readonly mute?: boolean;
  /** Source kinds of the program's own. */
  readonly sourceKinds?: readonly Custom[];
  /** Sample types that kinds such as `http-json` may fill, beside the built-in ones. */
  readonly sampleTypes?: readonly SampleType[];
  /** Labels that every alert carries, such as `service` and `instance`. Default: none. */
  readonly identity?: Readonly<Record<string, string>>;
  /** Folder that relative paths are meant from. Default: the working directory. */
  readonly baseDir?: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where the collector and its sources log. Default: OpenTelemetry's `diag`, which drops everything until the program sets a logger. */
  readonly logger?: Logger;
}

/** What can be asked of a collector's health. */
export interface Health {
  /** Every component as it stands, and the overall status with its reason. */
  report(): HealthReport;
  /**
   * Adds a component of the program's own. Its check runs in the background: returning means healthy, throwing unhealthy.
   *
   * @param options `interval` (default 30 s), `timeout` (default 5 s), `keepFiringFor` (how long it has to report a better status before
   *   that is taken over; default 30 s), `affectsOverall` (default true)
   * @returns removes the component when disposed: its check stops and its firing alerts are resolved
   * @throws VitalsError `config_invalid` when the name is taken or an option is invalid
   */
  register(name: string, check: UserCheck, options?: UserCheckConfig): Disposable;
  /** Transitions kept, oldest first. */
  history(filter?: { readonly component?: string; readonly since?: Date }): readonly Transition[];
  /** What `history()` is complete within. */
  readonly historyBounds: HistoryBounds;
}

export interface Collector extends AsyncDisposable {
  /** Different for each collector ever started; part of every event's id on the stream. */
  readonly bootId: string;
  readonly lifecycle: Lifecycle;
  readonly health: Health;
  /** Everything that happens, in order; feeds `events()` and the event stream. */
  readonly journal: JournalReader<VitalsEvent>;
  /** The windows that are aggregated, such as `1m`. */
  readonly windows: readonly string[];
  readonly meterProvider: MeterProvider;
  /** Aborts when shutdown begins: time to say goodbye to clients. */
  readonly stopping: AbortSignal;

  /** Resolves when every collection is scheduled; does not wait for sources. */
  start(): Promise<void>;
  /** Stops the schedule, waits for what is in flight, flushes and closes. Idempotent. `timeoutMs` bounds all of it; default 5 000. */
  shutdown(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** @throws VitalsError `unknown_name` */
  pause(collection: string): void;
  /** @throws VitalsError `unknown_name` */
  resume(collection: string): void;
  collections(): readonly CollectionHandle[];
  /** @throws VitalsError `unknown_name` */
  collection(name: string): CollectionHandle;
  /** A collection with the fields of its type known to the compiler. @throws VitalsError `unknown_name`, also when it is not of `type` */
  collection<T extends SampleType>(name: string, type: T): CollectionHandle<T>;
  /**
   * Adds a collection that reads one of the configured sources; it ticks at once if the collector runs.
   *
   * @param config as an entry of `collections`
   * @throws VitalsError `config_invalid` where the name is taken or the configuration refused; `lifecycle` after the shutdown has started
   */
  addCollection(name: string, config: CollectionConfig): CollectionHandle;
  /**
   * Removes a collection from health, metrics, API and page, and resolves its alerts. Resolves when its last reading has ended, which is
   * abandoned. Another of the same name may follow at once.
   *
   * @throws VitalsError `unknown_name`
   */
  removeCollection(name: string): Promise<void>;
  alerts(state?: "firing" | "resolved" | "all"): readonly Alert[];
  stats(): CollectorStats;
  /** Asks each sink whether it would take something, and tells none anything that could wake somebody. Never rejects. */
  checkSinks(): Promise<readonly SinkAnswer[]>;
  /**
   * Events after journal number `after` (default: from now on), until `signal` aborts or the collector stops.
   *
   * @throws VitalsError `journal_gap` where the reader falls behind what the journal keeps
   */
  events(options?: { readonly signal?: AbortSignal; readonly after?: number }): AsyncIterable<VitalsEvent>;
  /** Whether this program itself turns: scheduler and event loop. Nothing observed can fail it. */
  liveness(): readonly SelfCheck[];
  /** Configured, each collection ticked once, not draining. */
  readiness(): readonly SelfCheck[];
}
