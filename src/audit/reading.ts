import type { Clock } from "../base/clock.ts";
import { Deadline, untilAborted } from "../base/deadline.ts";
import { isVitalsError, messageOf, VitalsError } from "../base/errors.ts";
import { duration } from "../base/quantity.ts";
import { validateReading, type AnyValues, type SampleType } from "../sample/sample-type.ts";
import type { Reading, Source } from "../source/source.ts";
import { missingOf } from "../source/incomplete.ts";
import type { Unmeasured } from "../source/unmeasured.ts";
import { AUDITED_TYPES } from "./items.ts";

/** What one sample type of a source was read as. */
export interface TypeReading {
  readonly type: SampleType;
  /** By part: the values. A source that is not split has one part, without a name. Empty where the reading failed. */
  readonly parts: ReadonlyMap<string | undefined, AnyValues>;
  /** What is missing of the reading, in one line. */
  readonly missing?: string;
  /** Why it could not be read. */
  readonly error?: VitalsError;
}

/** Everything that an audit reads of a source. */
export interface SourceReading {
  /** By the name of the sample type. A type that the source does not read is absent. */
  readonly types: ReadonlyMap<string, TypeReading>;
  readonly unmeasured: readonly Unmeasured[];
}

/** A file that was written a moment ago is read once it has stayed as it is for two seconds. */
const WAIT_MS = 5_000;
const RETRY_MS = 250;

/**
 * Reads a source once, as a collector does: each audited sample type that it reads, and why fields are missing. Does not close it.
 *
 * @param timeoutMs for each reading
 */
export async function readSource(source: Source, clock: Clock, timeoutMs: number): Promise<SourceReading> {
  const types = new Map<string, TypeReading>();
  for (const { name } of AUDITED_TYPES) {
    const reading = source.readings.get(name);
    if (reading) types.set(name, await readType(source, reading, clock, timeoutMs));
  }
  const isRead = [...types.values()].some(({ error }) => error === undefined);
  return { types, unmeasured: isRead ? await explained(source, clock, timeoutMs) : [] };
}

async function readType(source: Source, reading: Reading<unknown>, clock: Clock, timeoutMs: number): Promise<TypeReading> {
  const { type } = reading;
  const giveUpMs = clock.monotonicMs() + WAIT_MS;
  for (;;) {
    try {
      const raw = await within(source, clock, timeoutMs, (signal) => source.read(reading, signal, { timeoutMs }));
      const verdict = validateReading(type, raw);
      if (!verdict.ok) throw new VitalsError("reading_invalid", verdict.message);
      const missing = missingOf(raw)?.text;
      return { type, parts: partsOf(type, verdict.values), ...(missing === undefined ? {} : { missing }) };
    } catch (thrown) {
      const error = isVitalsError(thrown) ? thrown : new VitalsError("source_failed", messageOf(thrown), { cause: thrown });
      const isWaiting = error.code === "source_waiting" && error.retryable && clock.monotonicMs() < giveUpMs;
      if (!isWaiting) return { type, parts: new Map(), error };
      await clock.sleepUntil(clock.monotonicMs() + RETRY_MS, new AbortController().signal);
    }
  }
}

/** An explanation that fails leaves the numbers as they are. */
const explained = (source: Source, clock: Clock, timeoutMs: number): Promise<readonly Unmeasured[]> =>
  within(source, clock, timeoutMs, (signal) => source.unmeasured(signal)).catch(() => []);

async function within<T>({ name }: Source, clock: Clock, timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const expired = (): Error => new VitalsError("source_timeout", `source "${name}" did not respond within ${duration(timeoutMs)}`);
  using deadline = new Deadline(clock, clock.monotonicMs() + timeoutMs, expired);
  return await untilAborted(work(deadline.signal), deadline.signal);
}

/** The values by part: a type whose fields have one more axis than the built-in type of its name is split by it. */
function partsOf(type: SampleType, values: AnyValues): ReadonlyMap<string | undefined, AnyValues> {
  if (!isSplit(type)) return new Map([[undefined, values]]);
  const parts = new Map<string, Record<string, unknown>>();
  for (const [field, split] of Object.entries(values)) {
    for (const [part, value] of Object.entries(split as Readonly<Record<string, unknown>>)) {
      const found = parts.get(part) ?? {};
      found[field] = value;
      parts.set(part, found);
    }
  }
  return parts as ReadonlyMap<string, AnyValues>;
}

function isSplit({ name, fields }: SampleType): boolean {
  const plain = AUDITED_TYPES.find((each) => each.name === name);
  return Object.entries(fields).some(([key, { by }]) => by.length > (plain?.fields[key]?.by.length ?? by.length));
}
