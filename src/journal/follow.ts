import { VitalsError } from "../base/errors.ts";
import type { Entry, JournalReader } from "./journal.ts";

export interface FollowOptions {
  /** Any of these ends the iteration, without an error. */
  readonly signals?: readonly AbortSignal[];
  /** Number of the last entry already known. Default: the newest, so only what comes from now on. */
  readonly after?: number | undefined;
}

/**
 * Every entry after number `after`, in order, as they come. Nothing is queued for a slow reader: it reads from the journal itself.
 *
 * @throws VitalsError `journal_gap` when the reader has fallen behind what the journal keeps, or starts from the future
 */
export async function* follow<E>(journal: JournalReader<E>, options: FollowOptions = {}): AsyncGenerator<Entry<E>, void> {
  const { signals = [] } = options;
  const isAborted = (): boolean => signals.some((signal) => signal.aborted);
  let known = options.after ?? journal.head;
  let wake = (): void => {};
  const unsubscribe = journal.subscribe(() => wake());
  const abort = (): void => wake();
  for (const signal of signals) signal.addEventListener("abort", abort);
  try {
    while (!isAborted()) {
      const entries = journal.since(known);
      if (!entries) throw gap(journal, known);
      for (const entry of entries) {
        known = entry.seq;
        yield entry;
        if (isAborted()) return;
      }
      // Nothing was awaited since the entries were read, unless one was yielded: then read again.
      if (entries.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    for (const signal of signals) signal.removeEventListener("abort", abort);
  }
}

const gap = ({ oldest, head }: JournalReader<unknown>, after: number): VitalsError =>
  new VitalsError("journal_gap", `cannot resume after event ${after}: events ${oldest} to ${head} are kept`);
