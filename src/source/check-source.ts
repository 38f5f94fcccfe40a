import { systemClock, type Clock } from "../base/clock.ts";
import { untilAborted, Deadline } from "../base/deadline.ts";
import { messageOf } from "../base/errors.ts";
import { parse } from "../base/issues.ts";
import { judge, type SampleType } from "../sample/sample-type.ts";
import { listReadings, resolveSource, Source, type AnySourceKind, type Reading, type ResolvedSource } from "./source.ts";

export interface CheckSourceSettings {
  /** How long opening, one read and closing may take each, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number;
  /** How soon a read has to end after its signal aborted, and what was opened has to be gone after closing, in milliseconds. Default 1 000. */
  readonly abortMs?: number;
  /** Folder that relative paths in the options are meant from. Default: the working directory. */
  readonly baseDir?: string;
  /** Sample types that `readings` gets, where it is a function. Default: none. */
  readonly types?: readonly SampleType[];
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * Tries a source kind the way a collector uses it: options, open, every reading twice, an aborted reading, close. Reads the real
 * source.
 *
 * @returns what is wrong, in words; empty when nothing is. Never rejects
 */
export async function checkSource(kind: AnySourceKind, options: unknown, settings: CheckSourceSettings = {}): Promise<readonly string[]> {
  const { clock = systemClock, baseDir = process.cwd(), timeoutMs = 5_000, abortMs = 1_000 } = settings;
  const types = new Map(settings.types?.map((type) => [type.name, type]));
  const described = describe(kind, options, types);
  if (described.length > 0) return described;
  const leftOver = new LeftOver(clock);
  const resolved = resolveSource(kind.kind, kind, options, types);
  if (!resolved.ok) return resolved.issues.map(({ message }) => message);
  const trial = new Trial(resolved.data, { baseDir, clock, types }, { timeoutMs, abortMs });
  const problems = [...(await trial.read()), ...(await trial.close())];
  // What a source that does not even close has left over is no news.
  return problems.length > 0 ? problems : leftOver.problems(abortMs);
}

/** What is wrong with options and readings, before anything is opened. */
function describe(kind: AnySourceKind, options: unknown, types: ReadonlyMap<string, SampleType>): readonly string[] {
  const parsed = parse<unknown>(kind.options, options);
  if (!parsed.ok) return parsed.issues.slice(0, 10).map(({ path, message }) => `${["options", ...path.map(String)].join(".")}: ${message}`);
  try {
    const names = listReadings(kind, parsed.data, types).map(({ type }) => type.name);
    if (names.length === 0) return ["readings: expected at least one, found none"];
    const twice = names.find((name, place) => names.indexOf(name) !== place);
    return twice === undefined ? [] : [`readings: expected sample types that differ, found two readings of "${twice}"`];
  } catch (error) {
    return [`readings: ${messageOf(error)}`];
  }
}

interface Limits {
  readonly timeoutMs: number;
  readonly abortMs: number;
}

/** One source, made to be tried. */
class Trial {
  readonly #source: Source;
  readonly #clock: Clock;
  readonly #limits: Limits;
  #state: "unopened" | "opening" | "open" = "unopened";

  constructor(
    resolved: ResolvedSource,
    context: { readonly baseDir: string; readonly clock: Clock; readonly types: ReadonlyMap<string, SampleType> },
    limits: Limits,
  ) {
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

  /** Tries every reading, as far as the source can be opened. */
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
    const hint = this.#state === "opening" ? "; open has to end when context.signal aborts" : "";
    try {
      await this.#within(timeoutMs, `not over within ${timeoutMs} ms${hint}`, (signal) => untilAborted(this.#source.close(), signal));
      return [];
    } catch (error) {
      return [`close: ${messageOf(error)}`];
    }
  }

  async #readTwice(reading: Reading<unknown>): Promise<string | undefined> {
    const { timeoutMs } = this.#limits;
    const name = `reading "${reading.type.name}"`;
    for (const turn of ["first", "second"]) {
      try {
        const raw = await this.#within(timeoutMs, `no answer within ${timeoutMs} ms`, (signal) => this.#source.read(reading, signal));
        const verdict = judge(reading.type, raw);
        if (!verdict.ok) return `${name}: the ${turn} is invalid: ${verdict.message}`;
      } catch (error) {
        return this.#state === "open" ? `${name}: the ${turn} failed: ${messageOf(error)}` : `open: ${messageOf(error)}`;
      }
    }
    return undefined;
  }

  /** Asks the reading itself: `Source.read` would end with the signal whatever the reading does. */
  async #abort(reading: Reading<unknown>): Promise<string | undefined> {
    const { abortMs } = this.#limits;
    const begun = Promise.withResolvers<void>();
    const ended = new AbortController();
    const watched: Reading<unknown> = {
      ...reading,
      async read(connection, signal) {
        begun.resolve();
        try {
          return await reading.read(connection, signal);
        } finally {
          ended.abort();
        }
      },
    };
    const aborted = new AbortController();
    const read = this.#source.read(watched, aborted.signal).catch(() => undefined);
    await Promise.race([begun.promise, read]);
    aborted.abort(new Error("aborted by the check"));
    await read;
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + abortMs, ended.signal);
    if (ended.signal.aborted) return undefined;
    return `reading "${reading.type.name}": goes on for ${abortMs} ms after its signal aborted; pass the signal on to what it waits for`;
  }

  async #within<T>(ms: number, message: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    using wait = new Deadline(this.#clock, this.#clock.monotonicMs() + ms, () => new Error(message));
    return await work(wait.signal);
  }
}

/** Only what a source starts by itself: sockets may be the far ends of its own, in a test that serves what it reads. */
const WATCHED: Readonly<Record<string, string>> = {
  Timeout: "a timer",
  FSEventWrap: "a watched file",
  StatWatcher: "a watched file",
  ProcessWrap: "a child process",
};

const LOOK_AGAIN_MS = 10;

/** What keeps the process alive now and did not when this was made. By count: something of another's that ends meanwhile can hide one. */
export class LeftOver {
  readonly #clock: Clock;
  readonly #before = count();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Looks until nothing is left over, for so long at most: what ends needs a moment to be gone. */
  async problems(patienceMs: number): Promise<readonly string[]> {
    const endMs = this.#clock.monotonicMs() + patienceMs;
    let left = this.#look();
    while (left.length > 0 && this.#clock.monotonicMs() < endMs) {
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + LOOK_AGAIN_MS, new AbortController().signal);
      left = this.#look();
    }
    return left.map((what) => `close: leaves ${what} behind, which keeps the process alive`);
  }

  #look(): readonly string[] {
    return [...count()].filter(([what, now]) => now > (this.#before.get(what) ?? 0)).map(([what]) => what);
  }
}

function count(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const resource of process.getActiveResourcesInfo()) {
    const what = WATCHED[resource];
    if (what !== undefined) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return counts;
}
