import { VitalsError } from "../base/errors.ts";
import type { JournalEngine, Limit, StoredEntry } from "./engine.ts";

const PAGE: Limit = { entries: 1_000, bytes: 1024 * 1024 };

/** Wakes those who wait for new entries. */
export class Changes {
  #change = Promise.withResolvers<void>();
  #isAwaited = false;

  /** Resolves at the next change. */
  get next(): Promise<void> {
    this.#isAwaited = true;
    return this.#change.promise;
  }

  notify(): void {
    if (!this.#isAwaited) return;
    this.#isAwaited = false;
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** `JournalEngine.follow` for an engine of this process, by its `read`. */
export async function* followEngine(
  engine: Pick<JournalEngine, "read">,
  changes: Changes,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredEntry[], void> {
  const aborted = Promise.withResolvers<void>();
  const abort = (): void => aborted.resolve();
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (let known = after; !signal.aborted;) {
      // Before the read: an entry that is appended during it is not missed.
      const changed = changes.next;
      const page = await engine.read(known, PAGE, signal);
      if (page === "gap")
        throw new VitalsError("journal_gap", `cannot resume after event ${known}: the next events are no longer retained`);
      if (page.entries.length > 0) yield page.entries;
      else await Promise.race([changed, aborted.promise]);
      known = page.entries.at(-1)?.seq ?? known;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
