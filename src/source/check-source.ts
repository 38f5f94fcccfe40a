import { keepAlive, systemClock, type Clock } from "../base/clock.ts";
import { untilAborted, Deadline } from "../base/deadline.ts";
import { isVitalsError, messageOf } from "../base/errors.ts";
import { duration } from "../base/quantity.ts";
import { parse } from "../base/issues.ts";
import { diagLogger, type Logger } from "../base/logger.ts";
import { validateReading, type SampleType } from "../sample/sample-type.ts";
import { listReadings, Source, type AnySourceKind, type Reading, type ResolvedSource, type SourceContext } from "./source.ts";

/** What `checkSource` takes beside the kind and its options. */
export interface CheckSourceSettings {
  /** Deadline of opening, of each reading and of closing, in milliseconds. Default: 5 000. */
  readonly timeoutMs?: number;
  /** Milliseconds within which a reading has to end after its signal aborted, and every resource has to be released after closing. Default: 1 000. */
  readonly abortMs?: number;
  /** Folder from which relative paths in the options are resolved. Default: the working directory. */
  readonly baseDir?: string;
  /** Sample types that `readings` gets if it is a function. Default: none. */
  readonly types?: readonly SampleType[];
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where the source logs. Default: OpenTelemetry's `diag`. */
  readonly logger?: Logger;
}

/**
 * Tries a source kind as a collector uses it: parses the options, opens it, reads everything twice, aborts a reading and closes it. Reads
 * the real source.
 *
 * @param options of the kind, without `kind` and `breaker`
 * @returns one sentence for each problem; empty if there is none. A source that waits for its first write (`source_waiting`) is one, because
 *   nothing of it was tried. Never rejects
 */
export async function checkSource(kind: AnySourceKind, options: unknown, settings: CheckSourceSettings = {}): Promise<readonly string[]> {
  const { clock = systemClock, baseDir = process.cwd(), logger = diagLogger, timeoutMs = 5_000, abortMs = 1_000 } = settings;
  const types = new Map(settings.types?.map((type) => [type.name, type]));
  const resolved = resolve(kind, options, types);
  if (!("readings" in resolved)) return resolved;
  const trial = new Trial(resolved, { baseDir, clock, logger, types }, { timeoutMs, abortMs });
  const problemsOf = async (): Promise<readonly string[]> => {
    // What keeps the process alive meanwhile is there before, so that it is no leak.
    await Promise.resolve();
    const leaks = new ResourceLeakCheck(clock);
    const problems = [...(await trial.read()), ...(await trial.close())];
    // A source with a problem may well leak because of it: the problem comes first.
    return problems.length > 0 ? problems : leaks.problems(abortMs);
  };
  return keepAlive(problemsOf());
}

/** The source, not opened yet, or the problems of its options and readings. */
function resolve(kind: AnySourceKind, options: unknown, types: ReadonlyMap<string, SampleType>): ResolvedSource | readonly string[] {
  const parsed = parse<unknown>(kind.options, options);
  if (!parsed.ok) return parsed.issues.slice(0, 10).map(({ path, message }) => `${["options", ...path.map(String)].join(".")}: ${message}`);
  try {
    const readings = new Map<string, Reading<unknown>>();
    for (const reading of listReadings(kind, parsed.data, types)) {
      const { name } = reading.type;
      if (readings.has(name)) return [`readings: expected a different sample type for each, found two of "${name}"`];
      readings.set(name, reading);
    }
    if (readings.size === 0) return ["readings: expected at least one, found none"];
    return { name: kind.kind, kind, options: parsed.data, readings, attributes: {} };
  } catch (error) {
    return [`readings: ${messageOf(error)}`];
  }
}

interface Limits {
  readonly timeoutMs: number;
  readonly abortMs: number;
}

/** One source that is tried. */
class Trial {
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #limits: Limits;
  #state: "unopened" | "opening" | "open" = "unopened";

  constructor(resolved: ResolvedSource, context: Omit<SourceContext, "signal" | "name">, limits: Limits) {
    this.#clock = context.clock;
    this.#limits = limits;
    const { kind } = resolved;
    const open: AnySourceKind["open"] = async (chosen, opening) => {
      this.#state = "opening";
      const connection: unknown = await kind.open(chosen, opening);
      this.#state = "open";
      return connection;
    };
    this.#source = new Source({ ...resolved, kind: { ...kind, open } }, context);
  }

  /** Tries every reading, unless the source cannot be opened. */
  async read(): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const reading of this.#source.readings.values()) {
      const problem = (await this.#readTwice(reading)) ?? (await this.#abort(reading));
      if (problem !== undefined) problems.push(problem);
      if (this.#state !== "open") break;
    }
    return problems;
  }

  async close(): Promise<readonly string[]> {
    const { timeoutMs } = this.#limits;
    const hint = this.#state === "opening" ? "; open must end when context.signal aborts" : "";
    try {
      await this.#within(timeoutMs, `did not end within ${duration(timeoutMs)}${hint}`, (signal) =>
        untilAborted(this.#source.close(), signal),
      );
      return [];
    } catch (error) {
      return [`close: ${messageOf(error)}`];
    }
  }

  async #readTwice(reading: Reading<unknown>): Promise<string | undefined> {
    const { timeoutMs } = this.#limits;
    const name = `reading "${reading.type.name}"`;
    for (const attempt of ["first", "second"]) {
      try {
        const raw = await this.#within(timeoutMs, `did not return within ${duration(timeoutMs)}`, (signal) =>
          this.#source.read(reading, signal, { timeoutMs }),
        );
        const verdict = validateReading(reading.type, raw);
        if (!verdict.ok) return `${name}: the ${attempt} result is invalid: ${verdict.message}`;
      } catch (error) {
        if (this.#state !== "open") return `open: ${messageOf(error)}`;
        const isWaiting = isVitalsError(error) && error.code === "source_waiting";
        return `${name}: ${isWaiting ? "could not be tried" : `the ${attempt} attempt failed`}: ${messageOf(error)}`;
      }
    }
    return undefined;
  }

  /** Watches the reading itself, because `Source.read` ends with the signal in any case. */
  async #abort(reading: Reading<unknown>): Promise<string | undefined> {
    const { abortMs, timeoutMs } = this.#limits;
    const started = Promise.withResolvers<void>();
    const ended = new AbortController();
    const watched: Reading<unknown> = {
      ...reading,
      async read(connection, signal, limits) {
        started.resolve();
        try {
          return await reading.read(connection, signal, limits);
        } finally {
          ended.abort();
        }
      },
    };
    const aborted = new AbortController();
    const read = this.#source.read(watched, aborted.signal, { timeoutMs }).catch(() => undefined);
    await Promise.race([started.promise, read]);
    aborted.abort(new Error("aborted by checkSource"));
    await read;
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + abortMs, ended.signal);
    if (ended.signal.aborted) return undefined;
    return `reading "${reading.type.name}": still running ${duration(abortMs)} after its signal aborted; pass the signal to everything it awaits`;
  }

  async #within<T>(ms: number, message: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    using deadline = new Deadline(this.#clock, this.#clock.monotonicMs() + ms, () => new Error(message));
    return await work(deadline.signal);
  }
}

/**
 * Resources of Node that a source can leak, in words. Not sockets: in a test that serves what the source reads, the server's ends look the
 * same.
 */
const WATCHED: Readonly<Record<string, string>> = {
  Timeout: "a timer",
  FSEventWrap: "a watched file",
  StatWatcher: "a watched file",
  ProcessWrap: "a child process",
};

const RECHECK_MS = 10;

/**
 * Finds resources that keep the process alive and did not when the check was made. It compares counts, so a resource that ends meanwhile
 * elsewhere in the program can hide a leak.
 */
export class ResourceLeakCheck {
  readonly #clock: Clock;
  readonly #before = countResources();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One problem for each kind of resource that is not released within `timeoutMs`. */
  async problems(timeoutMs: number): Promise<readonly string[]> {
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    let leaked = this.#leaked();
    while (leaked.length > 0 && this.#clock.monotonicMs() < endMs) {
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + RECHECK_MS, new AbortController().signal);
      leaked = this.#leaked();
    }
    return leaked.map((resource) => `close: leaves ${resource} behind, which keeps the process alive`);
  }

  #leaked(): readonly string[] {
    return [...countResources()].filter(([resource, count]) => count > (this.#before.get(resource) ?? 0)).map(([resource]) => resource);
  }
}

function countResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    const resource = WATCHED[type];
    if (resource !== undefined) counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  return counts;
}
