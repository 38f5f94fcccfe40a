import { VitalsError } from "../base/errors.ts";
import type { Journal } from "./journal.ts";

export interface FollowOptions {
  /** Any of these ends the iteration, without an error. */
  readonly signals?: readonly AbortSignal[];
  /** Number of the last event already known. Default: the newest, so only what comes from now on. */
  readonly after?: number | undefined;
}

/**
 * Every event after `after`, in order, as they come. Nothing is queued for a slow reader: it reads from the journal itself.
 *
 * @throws VitalsError `journal_gap` when the reader has fallen behind what the journal keeps, or asks for what is to come
 */
export async function* follow<E extends { readonly seq: number }>(
  journal: Journal<E>,
  options: FollowOptions = {},
): AsyncGenerator<E, void> {
  const { signals = [] } = options;
  const isOver = (): boolean => signals.some((signal) => signal.aborted);
  let known = options.after ?? journal.head;
  let wake = (): void => {};
  const unsubscribe = journal.subscribe(() => wake());
  const abort = (): void => wake();
  for (const signal of signals) signal.addEventListener("abort", abort);
  try {
    while (!isOver()) {
      const entries = journal.since(known);
      if (!entries) throw new VitalsError("journal_gap", `event ${known + 1} was asked for; ${journal.oldest} to ${journal.head} are kept`);
      for (const { event } of entries) {
        known = event.seq;
        yield event;
        if (isOver()) return;
      }
      // Nothing was awaited since the look above, unless an event was yielded: then look again.
      if (entries.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    for (const signal of signals) signal.removeEventListener("abort", abort);
  }
}
