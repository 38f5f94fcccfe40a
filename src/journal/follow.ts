import { VitalsError } from "../base/errors.ts";
import type { Entry, JournalReader } from "./journal.ts";

export interface FollowOptions {
  /** Any of these ends the iteration, without an error. */
  readonly signals?: readonly AbortSignal[];
  /** Number of the last known entry; iteration starts after it. Default: the newest entry. */
  readonly after?: number | undefined;
}

/**
 * Iterates over the entries after number `after`, in order, and waits for new ones. Nothing is queued for a slow reader: it reads from the
 * journal itself.
 *
 * @throws VitalsError `journal_gap` if the journal no longer retains the next entry, or `after` is above its newest number
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
      // After a yield new entries may exist, so read again; otherwise nothing was awaited since the read and none can have been missed.
      if (entries.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    for (const signal of signals) signal.removeEventListener("abort", abort);
  }
}

const gap = ({ oldest, head }: JournalReader<unknown>, after: number): VitalsError =>
  new VitalsError("journal_gap", `cannot resume after event ${after}: events ${oldest} to ${head} are retained`);
