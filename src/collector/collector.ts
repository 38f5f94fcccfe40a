import type { MeterProvider } from "@opentelemetry/api";
import type { CollectionReport } from "../answer/collection.ts";
import type { ReconfigurationReport } from "../answer/reconfiguration.ts";
import type { CollectorStats, Lifecycle } from "../answer/stats.ts";
import type { SampleTable } from "../buffer/table.ts";
import type { Aggregate } from "../buffer/window.ts";
import type { Clock } from "../base/clock.ts";
import type { VitalsError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Pauser } from "../base/pauser.ts";
import type { UserCheck, UserCheckConfig } from "../health/check.ts";
import type { HistoryBounds } from "../health/history.ts";
import type { Alert, HealthReport, Transition } from "../health/record.ts";
import type { EventLoggerProvider } from "../health/log-record.ts";
import type { EventSink, SinkAnswer } from "../health/sink/sink.ts";
import type { Archive } from "./archive.ts";
import type { VitalsEvent } from "./event.ts";
import type { JournalEngine } from "../journal/engine.ts";
import type { JournalReader } from "../journal/journal.ts";
import type { CollectionConfig, CollectorConfig } from "./options.ts";
import type { Plan } from "./resolve.ts";
import type { SampleType, Values } from "../sample/sample-type.ts";
import type { Sample } from "../sample/sample.ts";
import type { AnySourceKind } from "../source/source.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

export { severityOf, type HealthEvent } from "../health/record.ts";
export type { EventSink } from "../health/sink/sink.ts";

/** Access to one collection of a collector. */
export interface CollectionHandle<T extends SampleType = SampleType> {
  /** The key of the collection in the configuration. */
  readonly name: string;
  /** The sample type that it reads. */
  readonly type: T;
  /**
   * Number of samples since the collector was created, retained or not, and those restored from before a restart. `recent(taken - before)` returns the samples since `taken` was
   * `before`.
   */
  readonly taken: number;
  /** The newest `count` samples, newest first; fewer if fewer are retained. */
  recent(count: number): readonly Sample<Values<T>>[];
  /** The retained samples by number, for programs that read many: no object is created for a sample. */
  readonly table: SampleTable;
  /**
   * Statistics over the last `window`, up to now.
   *
   * @param window a duration such as `5m`, up to what is retained
   * @throws VitalsError `unknown_name` if `window` is not a duration above zero
   */
  aggregate(window: string): Aggregate<T>;
  /**
   * `aggregate` in steps, for programs that let the event loop turn between them: each `next()` computes the statistics of one point.
   *
   * @throws VitalsError `unknown_name` if `window` is not a duration above zero
   */
  aggregateInSteps(window: string): Generator<undefined, Aggregate<T>>;
  /** Configuration and current state, as the API returns them. */
  report(): CollectionReport;
}

/** One check of the program itself, for the liveness or readiness probe. A failing source cannot fail it. */
export interface SelfCheck {
  /** What was checked, such as `event loop`. */
  readonly name: string;
  /** Whether it passed. */
  readonly ok: boolean;
  /** One sentence for people: what was found, and what was expected. */
  readonly detail: string;
}

/** Settings of a collector that a configuration file cannot express. */
export interface CollectorSettings<Custom extends AnySourceKind = AnySourceKind> {
  /** Meter provider for all metrics. Default: the global one when the collector is created; without one, nothing is recorded. */
  readonly meterProvider?: MeterProvider;
  /**
   * Logger provider for transitions and alerts as log records. Default: the program's global one, which drops them until the program
   * sets it; none if `telemetry` is set or `@opentelemetry/api` is older than 1.10.
   */
  readonly loggerProvider?: EventLoggerProvider;
  /**
   * The result of `createTelemetry` of `otel-vitals/telemetry`. Takes precedence over `meterProvider`. The collector flushes it at
   * shutdown; shutting it down is up to the caller. Default: none.
   */
  readonly telemetry?: Telemetry;
  /** Additional sinks besides those of `alerts`. Default: none. */
  readonly sinks?: readonly EventSink[];
  /** If true, no transition or alert leaves the collector, neither to sinks nor as log records: for a dry run. Default: false. */
  readonly mute?: boolean;
  /** User-defined source kinds, besides the built-in ones. Default: none. */
  readonly sourceKinds?: readonly Custom[];
  /** User-defined sample types for kinds such as `http-json`, besides the built-in ones. Default: none. */
  readonly sampleTypes?: readonly SampleType[];
  /**
   * Keeps events, and what the collector remembers, over restarts; takes precedence over `state` of the configuration. The collector
   * opens it when it starts, and disposes of it when it stops. Default: none.
   */
  readonly journal?: JournalEngine;
  /** Labels that every alert carries, such as `service` and `instance`; empty values are left out. Default: none. */
  readonly identity?: Readonly<Record<string, string>>;
  /** URL at which people reach the page: alerts sent to Alertmanager and the webhook link to the time on it at which they fired. Default: no links. */
  readonly externalUrl?: string;
  /** Folder from which relative paths are resolved. Default: the working directory. */
  readonly baseDir?: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Logger of the collector and its sources. Default: OpenTelemetry's `diag`, which drops everything until the program sets a logger. */
  readonly logger?: Logger;
}

/** What was found at one source. */
export interface SourceDescription {
  /** The key of the source in the configuration. */
  readonly name: string;
  /** Name of its kind. */
  readonly kind: string;
  /** Lines for a person; empty if the kind describes nothing. */
  readonly lines: readonly string[];
  /** Why the source could not be described; absent if it was. */
  readonly error?: VitalsError;
}

/** Health of a collector: current status, history, and user-defined components. */
export interface Health {
  /** The current status of every component, and the overall status with its reason. */
  report(): HealthReport;
  /**
   * Adds a user-defined component. Its check runs in the background: returning means healthy, throwing unhealthy.
   *
   * @param options `interval` (default 30 s), `timeout` (default 5 s), `for` (how long the check must report a worse
   *   status before that is taken over; default 0), `keepFiringFor` (how long the check must report a better status
   *   before the component's status improves; default 30 s), `affectsOverall` (default true)
   * @returns a disposable that removes the component: its check stops and its firing alerts are resolved
   * @throws VitalsError `config_invalid` if the name is taken or an option is invalid
   */
  register(name: string, check: UserCheck, options?: UserCheckConfig): Disposable;
  /** Retained transitions, oldest first; with a filter, only those of `component` and not before `since`. */
  history(filter?: { readonly component?: string; readonly since?: Date }): readonly Transition[];
  /** The bounds within which `history()` is complete. */
  readonly historyBounds: HistoryBounds;
}

/** Reads sources on schedules, and offers the samples as metrics, aggregates, events and health. Disposing of it shuts it down. */
export interface Collector extends AsyncDisposable {
  /** Unique to each collector. */
  readonly bootId: string;
  /** Whether it is starting, running, stopping, stopped, or failed. */
  readonly lifecycle: Lifecycle;
  /** Status of every component, the history of statuses, and checks of the program itself. */
  readonly health: Health;
  /** All events, in order; the source of `events()` and of the event stream. */
  readonly journal: JournalReader<VitalsEvent>;
  /** Events from before those that `journal` retains. */
  readonly archive: Archive;
  /** Names of the configured windows, such as `1m`. */
  readonly windows: readonly string[];
  /** The meter provider that the collector records to. With `telemetry` its own, in which the scope `otel-vitals` ends with the collector. */
  readonly meterProvider: MeterProvider;
  /** Aborts when the shutdown starts: servers close their connections then. */
  readonly stopping: AbortSignal;

  /**
   * Restores the state, if there is one, and starts all collections, health and sinks. Resolves when every collection is scheduled; does
   * not wait for sources.
   *
   * @throws VitalsError `lifecycle` if it was started or shut down before; `state_in_use` if another collector uses its state
   */
  start(): Promise<void>;
  /**
   * Stops all collections, waits for readings in flight, flushes sinks and telemetry, and closes the sources. Readings that do not end
   * within half of the time are aborted and make no sample. Idempotent.
   *
   * @param options `timeoutMs` bounds the whole shutdown in milliseconds; default 5 000
   */
  shutdown(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * Pauses a collection: no tick is due until `resume`; a reading in flight ends normally. A paused collection stays as it is.
   *
   * @param pauser who pauses it, which the page, the API and its component's reason show: `by` is a name. Default: not known
   * @throws VitalsError `unknown_name`; `config_invalid` if `by` is not printable text of at most 100 characters
   */
  pause(collection: string, pauser?: Pauser): void;
  /** Resumes a paused collection on its schedule. @throws VitalsError `unknown_name` */
  resume(collection: string): void;
  /** All current collections, in the order they were added. */
  collections(): readonly CollectionHandle[];
  /** One collection by name. @throws VitalsError `unknown_name` */
  collection(name: string): CollectionHandle;
  /** One collection with the fields of its type known to the compiler. @throws VitalsError `unknown_name`, also if it is not of `type` */
  collection<T extends SampleType>(name: string, type: T): CollectionHandle<T>;
  /**
   * Adds a collection that reads one of the configured sources; it starts at once if the collector is running.
   *
   * @param config as an entry of `collections`
   * @throws VitalsError `config_invalid` if the name is taken or the configuration is invalid; `lifecycle` once the shutdown has started
   */
  addCollection(name: string, config: CollectionConfig): CollectionHandle;
  /**
   * Removes a collection from health, metrics, API and page, and resolves its alerts. A reading in flight is aborted and makes no sample;
   * the promise resolves once it has ended, after 5 s at the latest. A collection of the same name can be added at once.
   *
   * @throws VitalsError `unknown_name`
   */
  removeCollection(name: string): Promise<void>;
  /**
   * Continues with another configuration, which replaces the present one as a whole: collections that it does not name are removed, those
   * of `addCollection` included. What did not change is not touched: a collection keeps its ticks, its samples and its status. A collection
   * that reads the same sample type in another way keeps its samples, its status and its alerts. Nothing changes if the configuration is
   * invalid. One reconfiguration follows the other.
   *
   * @param config as for `createCollector`, with the kinds and types of this collector's settings
   * @returns what was changed, once it applies. Removed connections are closed afterwards, when the readings that use them have ended,
   *   after 5 s at the latest
   * @throws VitalsError `config_invalid`; `lifecycle` unless the collector is running
   */
  reconfigure(config: CollectorConfig<AnySourceKind>): Promise<ReconfigurationReport>;
  /** Alerts in a state, `firing` by default. */
  alerts(state?: "firing" | "resolved" | "all"): readonly Alert[];
  /** Statistics of the collector and its process. */
  stats(): CollectorStats;
  /** What each source finds where it reads, such as the version of a server; a source has 15 s. Opens sources that are not open. Never rejects. */
  describeSources(): Promise<readonly SourceDescription[]>;
  /** Checks that each sink can deliver, without sending a notification to a person. Never rejects. */
  checkSinks(): Promise<readonly SinkAnswer[]>;
  /**
   * Iterates over the events after journal number `after` (default: from now on). Ends without an error when `signal` aborts or the
   * shutdown starts.
   *
   * @param options `signal` ends the iteration (default: none); `after` is the number of the last event that is known already
   *
   * @throws VitalsError `journal_gap` if the journal no longer retains the event after `after`, or the reader falls too far behind
   */
  events(options?: { readonly signal?: AbortSignal; readonly after?: number }): AsyncIterable<VitalsEvent>;
  /** Checks that the program makes progress: event loop, scheduler and loops. A failing source cannot fail them. */
  liveness(): readonly SelfCheck[];
  /** Checks that the collector is running and that each collection that is not paused has ticked once. */
  readiness(): readonly SelfCheck[];
}

/** A collector that also takes configurations that were resolved before. */
export interface PlannedCollector extends Collector {
  /** `reconfigure`. @throws VitalsError `config_invalid`, `lifecycle` */
  apply(plan: Plan): Promise<ReconfigurationReport>;
}
