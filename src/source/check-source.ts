import { systemClock, type Clock } from "../clock.ts";
import { Wait } from "../deadline.ts";
import { messageOf } from "../errors.ts";
import { judge, type SampleType } from "../sample/sample-type.ts";
import { Source, type AnySourceKind, type Reading } from "./source.ts";

export interface CheckSourceSettings {
  /** How long one read may take, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number;
  /** How soon a read has to end after its signal aborted, in milliseconds. Default 1 000. */
  readonly abortMs?: number;
  /** Folder that relative paths in the options are meant from. Default: the working directory. */
  readonly baseDir?: string;
  /** Sample types beside the source's own. */
  readonly types?: readonly SampleType[];
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * Tries a source kind the way a collector uses it: options, open, every reading twice, an aborted reading, close. Reads the real
 * source.
 *
 * @returns what is wrong, in words; empty when nothing is
 */
export async function checkSource(kind: AnySourceKind, options: unknown, settings: CheckSourceSettings = {}): Promise<readonly string[]> {
  const { clock = systemClock, baseDir = process.cwd(), types = [] } = settings;
  const parsed = kind.options.safeParse(options);
  if (!parsed.success) return [`options: ${parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ")}`];
  const problems: string[] = [];
  const source = new Source(kind, options, { name: kind.kind, baseDir, clock, types: new Map(types.map((type) => [type.name, type])) });
  if (source.readings.size === 0) problems.push("readings: expected at least one, found none");
  for (const reading of source.readings.values()) {
    problems.push(...(await tryReading(source, reading, clock, settings)));
  }
  const closed = await source.close().then(
    () => undefined,
    (error: unknown) => `close: ${messageOf(error)}`,
  );
  return closed === undefined ? problems : [...problems, closed];
}

async function tryReading(
  source: Source,
  reading: Reading<unknown>,
  clock: Clock,
  settings: CheckSourceSettings,
): Promise<readonly string[]> {
  const name = `reading "${reading.type.name}"`;
  const { timeoutMs = 5_000, abortMs = 1_000 } = settings;
  for (const turn of ["first", "second"]) {
    using wait = new Wait(clock, clock.monotonicMs() + timeoutMs, () => new Error(`no answer within ${timeoutMs} ms`));
    try {
      const verdict = judge(reading.type, await source.read(reading, wait.signal));
      if (!verdict.ok) return [`${name}: the ${turn} reading is invalid: ${verdict.message}`];
    } catch (error) {
      return [`${name}: the ${turn} reading failed: ${messageOf(error)}`];
    }
  }
  return (await endsWhenAborted(source, reading, clock, abortMs))
    ? []
    : [`${name}: goes on for ${abortMs} ms after its signal aborted; pass the signal on to what it waits for`];
}

/** Asks the reading itself: `source.read` would end with the signal whatever the reading does. */
async function endsWhenAborted(source: Source, reading: Reading<unknown>, clock: Clock, abortMs: number): Promise<boolean> {
  const aborted = new AbortController();
  const ended = new AbortController();
  const end = (): void => ended.abort();
  const spied: Reading<unknown> = {
    ...reading,
    read(connection, signal) {
      const result = Promise.resolve(reading.read(connection as never, signal));
      result.then(end, end);
      return result;
    },
  };
  const reads = source.read(spied, aborted.signal);
  // The connection is there since the first reading: the next turn of the event loop has begun the read.
  await new Promise((resolve) => setImmediate(resolve));
  aborted.abort(new Error("aborted by the check"));
  await reads.catch(() => undefined);
  await clock.sleepUntil(clock.monotonicMs() + abortMs, ended.signal);
  return ended.signal.aborted;
}
