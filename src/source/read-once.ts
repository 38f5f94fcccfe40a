import type * as z from "zod";
import { keepAlive, systemClock, type Clock } from "../base/clock.ts";
import { Deadline, untilAborted } from "../base/deadline.ts";
import { isVitalsError, messageOf, VitalsError } from "../base/errors.ts";
import { duration } from "../base/quantity.ts";
import { summaryOf } from "../base/issues.ts";
import { diagLogger, type Logger } from "../base/logger.ts";
import { validateReading, type SampleType, type Values } from "../sample/sample-type.ts";
import { resolveSource, Source, type AnySourceKind, type Reading, type ResolvedSource } from "./source.ts";

/** What `readOnce` takes beside the kind, its options and the type. */
export interface ReadOnceSettings {
  /** Deadline in milliseconds for opening and reading together, and again for closing. Default: 5 000. */
  readonly timeoutMs?: number;
  /** Folder from which relative paths in the options are resolved. Default: the working directory. */
  readonly baseDir?: string;
  /** Sample types that a kind such as `http-json` may read, besides `type`. Default: none. */
  readonly types?: readonly SampleType[];
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Where the source logs. Default: OpenTelemetry's `diag`. */
  readonly logger?: Logger;
}

/**
 * Reads a source once, as a collector does: parses the options, opens the source, reads it, validates what it returns, and closes it.
 *
 * @param options of the kind, without `kind` and `breaker`
 * @param type the sample type to read
 * @returns the values
 * @throws VitalsError `config_invalid` for options that the kind refuses or a type that it does not read, `source_timeout` at the deadline,
 *   `reading_invalid` for values that do not fit the type, `source_waiting` while there is nothing to read yet, `source_failed` with the cause for any other error of the source. A VitalsError
 *   of the source is thrown as it is
 */
export async function readOnce<Kind extends AnySourceKind, Type extends SampleType>(
  kind: Kind,
  options: z.input<Kind["options"]>,
  type: Type,
  settings: ReadOnceSettings = {},
): Promise<Values<Type>> {
  const { clock = systemClock, baseDir = process.cwd(), logger = diagLogger, timeoutMs = 5_000 } = settings;
  const types = new Map([...(settings.types ?? []), type].map((each) => [each.name, each]));
  const resolved = resolve(kind, options, types);
  const reading = readingOf(resolved, type);
  const source = new Source(resolved, { baseDir, clock, logger, types });
  const within = async <T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const expired = (): Error =>
      new VitalsError("source_timeout", `source kind "${kind.kind}" was not ${what} within ${duration(timeoutMs)}`);
    using deadline = new Deadline(clock, clock.monotonicMs() + timeoutMs, expired);
    return await keepAlive(work(deadline.signal)).catch((error: unknown) => {
      throw deadline.signal.aborted ? deadline.signal.reason : failureOf(kind, what, error);
    });
  };
  const close = (): Promise<void> => within("closed", (signal) => untilAborted(source.close(), signal));
  try {
    const verdict = validateReading(type, await within("read", (signal) => source.read(reading, signal, { timeoutMs })));
    if (!verdict.ok) throw new VitalsError("reading_invalid", `reading "${type.name}" of source kind "${kind.kind}": ${verdict.message}`);
    await close();
    return verdict.values;
  } catch (error) {
    // The first error is the one to report.
    await close().catch(() => undefined);
    throw error;
  }
}

function resolve(kind: AnySourceKind, options: unknown, types: ReadonlyMap<string, SampleType>): ResolvedSource {
  const resolved = resolveSource(kind.kind, kind, options, types);
  if (resolved.ok) return resolved.data;
  throw new VitalsError("config_invalid", `options of source kind "${kind.kind}": ${summaryOf(resolved.issues, "the options")}`);
}

function readingOf({ kind, readings }: ResolvedSource, type: SampleType): Reading<unknown> {
  const reading = readings.get(type.name);
  if (reading) return reading;
  const known = [...readings.keys()].join(", ") || "none";
  throw new VitalsError("config_invalid", `source kind "${kind.kind}" does not read the sample type "${type.name}"; it reads ${known}`);
}

const failureOf = (kind: AnySourceKind, what: string, error: unknown): VitalsError =>
  isVitalsError(error)
    ? error
    : new VitalsError("source_failed", `source kind "${kind.kind}" could not be ${what}: ${messageOf(error)}`, { cause: error });
