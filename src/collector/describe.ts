import type { Clock } from "../base/clock.ts";
import { Deadline } from "../base/deadline.ts";
import { isVitalsError, messageOf, VitalsError } from "../base/errors.ts";
import { duration } from "../base/quantity.ts";
import type { Source } from "../source/source.ts";
import type { SourceDescription } from "./collector.ts";

/** Maximum time for one source. Milliseconds. */
const LONGEST_MS = 15_000;

/** What each source finds where it reads, all at once. Never rejects. */
export function describeSources(sources: Iterable<Source>, clock: Clock): Promise<readonly SourceDescription[]> {
  return Promise.all([...sources].map((source) => describeSource(source, clock)));
}

async function describeSource(source: Source, clock: Clock): Promise<SourceDescription> {
  const { name, kind } = source;
  const expired = (): Error => new VitalsError("source_timeout", `source "${name}" could not be described within ${duration(LONGEST_MS)}`);
  using deadline = new Deadline(clock, clock.monotonicMs() + LONGEST_MS, expired);
  try {
    return { name, kind, lines: await source.describe(deadline.signal) };
  } catch (error) {
    return {
      name,
      kind,
      lines: [],
      error: isVitalsError(error) ? error : new VitalsError("source_failed", messageOf(error), { cause: error }),
    };
  }
}
