import type { Hole, JournalEngine, Page } from "../journal/engine.ts";
import type { Entry } from "../journal/journal.ts";
import type { VitalsEvent } from "./event.ts";
import { eventOf } from "./replay.ts";

/** Entries that the journal in memory does not retain any more, or not since a restart. */
export interface ArchivedPage {
  /** Empty if there is none after the requested number. */
  readonly entries: readonly Entry<VitalsEvent>[];
  /** Where a crash has lost entries, or may have. */
  readonly holes: readonly Hole[];
}

/** The events of a collector over its restarts. */
export interface Archive {
  /** Identifies the journal, as part of every event's id: the same after a restart, if the collector keeps a state. */
  readonly id: string;
  /** Resolves once `id` and the journal are those from before the restart, and never rejects; undefined when they are. */
  readonly opened: Promise<void> | undefined;
  /** A page of the entries after a number; `gap` if some are not retained. Undefined where only the journal retains events. */
  readonly read: ((after: number, signal: AbortSignal) => Promise<ArchivedPage | "gap">) | undefined;
}

const PAGE = { entries: 500, bytes: 256 * 1024 };

/** Reads an engine; without one there is nothing besides the journal in memory. */
export class EngineArchive implements Archive {
  readonly read: Archive["read"];
  readonly #opening = Promise.withResolvers<void>();
  #isOpen: boolean;
  #id: string;

  /** @param id of the journal, unless the engine has another */
  constructor(engine: Pick<JournalEngine, "read"> | undefined, id: string) {
    this.read = engine && (async (after, signal) => pageOf(await engine.read(after, PAGE, signal)));
    this.#isOpen = engine === undefined;
    this.#id = id;
  }

  get id(): string {
    return this.#id;
  }

  get opened(): Promise<void> | undefined {
    return this.#isOpen ? undefined : this.#opening.promise;
  }

  /** Takes over the id of the journal when its engine is opened. Settles like `opening`. */
  async follow(opening: Promise<{ readonly id: string }>): Promise<void> {
    try {
      this.#id = (await opening).id;
    } finally {
      this.#isOpen = true;
      this.#opening.resolve();
    }
  }
}

function pageOf(page: Page | "gap"): ArchivedPage | "gap" {
  if (page === "gap") return page;
  const entries = page.entries.flatMap((entry): readonly Entry<VitalsEvent>[] => {
    const event = eventOf(entry);
    return event ? [{ seq: entry.seq, event, json: entry.body }] : [];
  });
  return { entries, holes: page.holes };
}
