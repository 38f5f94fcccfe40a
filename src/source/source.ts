import type { Attributes, Meter } from "@opentelemetry/api";
import type * as z from "zod";
import type { Clock } from "../base/clock.ts";
import { Deadline, untilAborted } from "../base/deadline.ts";
import { VitalsError } from "../base/errors.ts";
import type { Interpretations } from "../base/interpretation.ts";
import { duration } from "../base/quantity.ts";
import { parse, type Issue, type Parsed, type Path } from "../base/issues.ts";
import { withFields, type Logger } from "../base/logger.ts";
import type { SampleType, Values } from "../sample/sample-type.ts";
import type { SourceRule } from "../sample/source-rule.ts";
import { SourceState, type SavedSource, type StatefulKind } from "./source-state.ts";
import type { ExplainingKind, Unmeasured } from "./unmeasured.ts";

/** What a source may use of the program it runs in. */
export interface SourceContext {
  /** The source's name in the configuration. */
  readonly name: string;
  /** Folder from which relative paths in the options are resolved. */
  readonly baseDir: string;
  /** Time for schedules and ages; tests of a source pass a `ManualClock`. */
  readonly clock: Clock;
  /**
   * For what an operator should know and no sample shows, such as a fallback. Errors are thrown instead: they become samples. Every line has
   * the source's name as the field `source`. The command writes it to the log of `run`, a program to `CollectorSettings.logger`.
   */
  readonly logger: Logger;
  /** Every sample type by name: built in, declared in the configuration, or from `CollectorSettings.sampleTypes`. */
  readonly types: ReadonlyMap<string, SampleType>;
  /** For metrics about the reading itself, such as what it costs the server. Absent where nothing is exported, as in `readOnce`. */
  readonly meter?: Meter;
  /** Aborts when the source is closed, also while it is being opened; and when opening takes longer than 30 s. */
  readonly signal: AbortSignal;
}

/** One sample type that a source kind can read. Make one with `reading`. */
export interface Reading<C = never> {
  /** The sample type of the values. */
  readonly type: SampleType;
  /** Returns values of `type` from an open `connection`. It should end when `signal` aborts; the collector waits no longer than that. */
  read(connection: C, signal: AbortSignal, limits: ReadingLimits): unknown;
  /** Default interval of a collection, in milliseconds. */
  readonly intervalMs: number;
  /** Milliseconds between two measurements of fields that are not measured at each reading; such a field is absent in between. */
  readonly measuredEveryMs: Readonly<Record<string, number>>;
  /** Health rules of its collections. `health.source_rules` changes them and turns them off. */
  readonly rules: readonly SourceRule[];
}

/** What one reading may take. */
export interface ReadingLimits {
  /** Milliseconds from its start until its signal aborts, for deadlines that a server keeps. */
  readonly timeoutMs: number;
}

/** A kind of source, such as `host`. Make one with `defineSource`. */
export interface SourceKind<Options extends z.ZodType = z.ZodType, Connection = never, Kind extends string = string> {
  /** Its name in a configuration. */
  readonly kind: Kind;
  /** Schema of the options, without `kind` and `breaker`. */
  readonly options: Options;
  /**
   * Opens the connection that all readings share. It is closed by its `Symbol.asyncDispose` or `Symbol.dispose`, if it has one. What it
   * throws makes the sample `failed`, and the next tick opens again.
   *
   * @param options as the schema parsed them
   */
  open(options: z.output<Options>, context: SourceContext): Connection | Promise<Connection>;
  /** What can be read; a function if that depends on the options. */
  readonly readings:
    | readonly Reading<Connection>[]
    | ((options: z.output<Options>, types: ReadonlyMap<string, SampleType>) => readonly Reading<Connection>[]);
  /** OpenTelemetry attributes that every data point of the source carries. Default: none. @param options as the schema parsed them @param name the source's name */
  attributes?(options: z.output<Options>, name: string): Attributes;
  /** What was found at the source with an open `connection`, a line each, for `otel-vitals check`; it should end when `signal` aborts. Default: nothing is printed. */
  describe?(connection: Connection, signal: AbortSignal): Promise<readonly string[]>;
  /** Fields without a value, and why, for the page, the API and `otel-vitals audit`, queried from the same `connection` after a reading, at most every 30 s; it should end when `signal` aborts. Default: no reasons are known. */
  unmeasured?(connection: Connection, signal: AbortSignal): readonly Unmeasured[] | Promise<readonly Unmeasured[]>;
  /** What the connection has measured and needs after a restart, as JSON data without secrets. Default: nothing is saved. @param connection the open connection */
  saveState?(connection: Connection): unknown;
  /**
   * Continues from what an earlier connection saved. Called once, when the connection has been opened and before it is read.
   *
   * @param connection the connection, just opened
   * @param state as it was saved, maybe by another version: check it, and ignore what has another form
   * @param ageMs milliseconds since it was saved
   */
  restoreState?(connection: Connection, state: unknown, ageMs: number): void;
}

/** A source kind of unknown options and connection. Every `SourceKind` is one; its functions take only what its own schema parsed. */
export interface AnySourceKind extends StatefulKind, ExplainingKind {
  /** Its name in a configuration. */
  readonly kind: string;
  /** Schema of the options, without `kind` and `breaker`. */
  readonly options: z.ZodType;
  /** As in `SourceKind`. @param options as the schema parsed them @param context what it may use of the program */
  open(options: never, context: SourceContext): unknown;
  /** What can be read; a function if that depends on the options. */
  readonly readings: readonly Reading[] | ((options: never, types: ReadonlyMap<string, SampleType>) => readonly Reading[]);
  /** As in `SourceKind`. @param options as the schema parsed them @param name the source's name */
  attributes?(options: never, name: string): Attributes;
  /** As in `SourceKind`. @param connection the open connection @param signal ends the search */
  describe?(connection: never, signal: AbortSignal): Promise<readonly string[]>;
}

/** Describes a `kind` of source. Returns its argument, with the types inferred. */
export const defineSource = <Options extends z.ZodType, Connection, Kind extends string>(
  kind: SourceKind<Options, Connection, Kind>,
): SourceKind<Options, Connection, Kind> => kind;

const DEFAULT_INTERVAL_MS = 5_000;

/** How a sample type is read; `reading` explains each. */
export interface ReadingOptions<T extends SampleType> {
  /** Milliseconds. Default: 5 000. */
  readonly intervalMs?: number;
  /** Milliseconds by field. Default: every field is measured at each reading. */
  readonly measuredEveryMs?: { readonly [F in keyof T["fields"]]?: number };
  /** Rules that each collection of the reading gets. Default: none. */
  readonly rules?: readonly SourceRule[];
}

/**
 * One sample type a source can read.
 *
 * @param read gets the source's connection, a signal and the time until it aborts; what it returns is checked against `type`, what it throws makes the sample `failed`;
 *   a `VitalsError` with the code `reading_invalid` makes it `invalid`, one with `source_waiting` makes it `waiting`
 * @param options.intervalMs how often, where a collection names no interval; default 5 s
 * @param options.measuredEveryMs by field, how often it is measured where that is less often than it is read: it is absent from the other
 *   readings, and its series, windows and rules follow its own cadence; default: at each reading
 * @param options.rules health rules of every collection of this reading; default: none
 */
export function reading<T extends SampleType, C = unknown>(
  type: T,
  read: (connection: C, signal: AbortSignal, limits: ReadingLimits) => Values<T> | Promise<Values<T>>,
  options: ReadingOptions<T> = {},
): Reading<C> {
  const { intervalMs = DEFAULT_INTERVAL_MS, measuredEveryMs = {}, rules = [] } = options;
  return { type, read, intervalMs, measuredEveryMs, rules };
}

/** A source whose options are parsed and whose connection is not open. */
export interface ResolvedSource {
  readonly name: string;
  readonly kind: AnySourceKind;
  /** As the kind's schema parsed them. */
  readonly options: unknown;
  /** By the name of the sample type. */
  readonly readings: ReadonlyMap<string, Reading<unknown>>;
  /** Attributes of every data point. */
  readonly attributes: Attributes;
}

/** What is known of options beside their values. */
export interface OptionOrigin {
  /** Whether the value at a path must not be shown. Default: decided by the names of the options. */
  readonly isSecret?: (path: Path) => boolean;
  /** Other readings of values, by path. Default: none. */
  readonly interpretations?: Interpretations;
}

/**
 * Parses a source's options, once.
 *
 * @param options as configured, without `kind` and `breaker`
 * @param types every sample type by name, for kinds whose readings depend on them
 * @returns the source, or the issues of its options and readings
 */
export function resolveSource(
  name: string,
  kind: AnySourceKind,
  options: unknown,
  types: ReadonlyMap<string, SampleType>,
  { isSecret, interpretations }: OptionOrigin = {},
): Parsed<ResolvedSource> {
  const parsed = parse<unknown>(kind.options, options, { isSecret, interpretations });
  if (!parsed.ok) return parsed;
  const readings = new Map<string, Reading<unknown>>();
  const issues: Issue[] = [];
  for (const each of listReadings(kind, parsed.data, types)) {
    const { name: type } = each.type;
    if (readings.has(type))
      issues.push({ path: [], message: `source kind "${kind.kind}" has several readings of sample type "${type}"; expected one` });
    readings.set(type, each);
  }
  if (issues.length > 0) return { ok: false, issues };
  const attributes = kind.attributes?.(parsed.data as never, name) ?? {};
  return { ok: true, data: { name, kind, options: parsed.data, readings, attributes } };
}

/** What a kind can read. @param options as its schema parsed them */
export function listReadings(kind: AnySourceKind, options: unknown, types: ReadonlyMap<string, SampleType>): readonly Reading<unknown>[] {
  return typeof kind.readings === "function" ? kind.readings(options as never, types) : kind.readings;
}

const UNLIMITED: ReadingLimits = { timeoutMs: Number.POSITIVE_INFINITY };

/** One configured source: its name and its connection, which is opened at the first read and shared by all readings. */
export class Source {
  readonly name: string;
  readonly kind: string;
  /** By the name of the sample type. */
  readonly readings: ReadonlyMap<string, Reading<unknown>>;
  readonly #open: (signal: AbortSignal) => Promise<unknown>;
  readonly #kind: AnySourceKind;
  readonly #clock: Clock;
  readonly #state: SourceState;
  readonly #closing = new AbortController();
  #opening: Opening | undefined;
  #closed: Promise<void> | undefined;

  constructor({ name, kind, options, readings }: Omit<ResolvedSource, "attributes">, context: Omit<SourceContext, "signal" | "name">) {
    this.name = name;
    this.kind = kind.kind;
    this.readings = readings;
    const logger = withFields(context.logger, { source: name });
    this.#clock = context.clock;
    this.#kind = kind;
    this.#state = new SourceState(kind, context.clock);
    this.#open = async (signal) => {
      const connection: unknown = await kind.open(options as never, { ...context, name, logger, signal });
      this.#state.opened(connection);
      return connection;
    };
  }

  /** What it needs after a restart; undefined if that is nothing. */
  saveState(): SavedSource | undefined {
    return this.#state.save();
  }

  /** Continues from what was saved, once it is opened. @param savedMs `elapsedMs` at which it was saved */
  restoreState(saved: SavedSource, savedMs: number): void {
    this.#state.restore(saved, savedMs);
  }

  /** Reads once. Rejects when the signal aborts, even if the source ignores it. */
  async read(reading: Reading<unknown>, signal: AbortSignal, limits: ReadingLimits = UNLIMITED): Promise<unknown> {
    const connection = await untilAborted(this.#connect(), signal);
    // If the source was closed while it was being opened, its connection is about to be disposed.
    this.#closing.signal.throwIfAborted();
    return untilAborted(Promise.resolve(reading.read(connection, signal, limits)), signal);
  }

  /** What was found at the source, a line each; empty if its kind describes nothing. */
  async describe(signal: AbortSignal): Promise<readonly string[]> {
    if (!this.#kind.describe) return [];
    const connection = await untilAborted(this.#connect(), signal);
    return untilAborted(this.#kind.describe(connection as never, signal), signal);
  }

  /** Whether its kind explains what is not measured. */
  get explains(): boolean {
    return this.#kind.unmeasured !== undefined;
  }

  /** Fields without a value, and why; empty if its kind explains nothing. */
  async unmeasured(signal: AbortSignal): Promise<readonly Unmeasured[]> {
    if (!this.#kind.unmeasured) return [];
    const connection = await untilAborted(this.#connect(), signal);
    return untilAborted(Promise.resolve(this.#kind.unmeasured(connection as never, signal)), signal);
  }

  /** Closes the connection, also one that is still being opened. Further calls have no effect; reading afterwards is an error. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    const closed = new VitalsError("lifecycle", `source "${this.name}" is closed`);
    this.#closing.abort(closed);
    this.#opening?.life.abort(closed);
    const connection = await this.#opening?.connection.catch(() => undefined);
    await dispose(connection);
  }

  #connect(): Promise<unknown> {
    this.#closing.signal.throwIfAborted();
    return (this.#opening ??= this.#begin()).connection;
  }

  /** Opens a connection. The next read retries one that could not be opened, or not in time. */
  #begin(): Opening {
    const expired = (): Error =>
      new VitalsError("source_timeout", `source "${this.name}" was not opened within ${duration(OPEN_TIMEOUT_MS)}`, { retryable: true });
    const life = new AbortController();
    const deadline = new Deadline(this.#clock, this.#clock.monotonicMs() + OPEN_TIMEOUT_MS, expired);
    deadline.signal.addEventListener("abort", () => life.abort(deadline.signal.reason));
    const opened = this.#open(life.signal);
    const connection = untilAborted(opened, deadline.signal).finally(() => deadline[Symbol.dispose]());
    const opening = { connection, life };
    connection
      .catch(() => {
        if (this.#opening === opening) this.#opening = undefined;
        // What is opened after it was given up has no owner.
        return opened.then(dispose);
      })
      .catch(() => undefined);
    return opening;
  }
}

/** How long opening may take. Then it is given up, its signal aborts, and the next read opens again. Milliseconds. */
const OPEN_TIMEOUT_MS = 30_000;

/** A connection that is open, or being opened. */
interface Opening {
  readonly connection: Promise<unknown>;
  /** Aborted when the source is closed, or when opening took too long. */
  readonly life: AbortController;
}

async function dispose(connection: unknown): Promise<void> {
  const disposable = connection as Partial<AsyncDisposable & Disposable> | null | undefined;
  if (disposable?.[Symbol.asyncDispose]) await disposable[Symbol.asyncDispose]?.();
  else disposable?.[Symbol.dispose]?.();
}
