import type { Hole, JournalEngine } from "../journal/engine.ts";
import type { Entry } from "../journal/journal.ts";
import type { VitalsEvent } from "./collector.ts";
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
  /** Resolves once `id` and the journal are those of before the restart; at once without a state. Never rejects. */
  readonly opened: Promise<void>;
  /** A page of the entries after a number; `gap` if some are not retained. */
  read(after: number, signal: AbortSignal): Promise<ArchivedPage | "gap">;
}

const PAGE = { entries: 500, bytes: 256 * 1024 };

/** Reads an engine; without one there is nothing besides the journal in memory. */
export class EngineArchive implements Archive {
  readonly #engine: Pick<JournalEngine, "read"> | undefined;
  readonly #opening = Promise.withResolvers<void>();
  #id: string;

  /** @param id of the journal, unless the engine has another */
  constructor(engine: Pick<JournalEngine, "read"> | undefined, id: string) {
    this.#engine = engine;
    this.#id = id;
    if (!engine) this.#opening.resolve();
  }

  get id(): string {
    return this.#id;
  }

  get opened(): Promise<void> {
    return this.#opening.promise;
  }

  /** The engine was opened, or could not be. @param id of its journal */
  open(id: string = this.#id): void {
    this.#id = id;
    this.#opening.resolve();
  }

  async read(after: number, signal: AbortSignal): Promise<ArchivedPage | "gap"> {
    const page = (await this.#engine?.read(after, PAGE, signal)) ?? "gap";
    if (page === "gap") return page;
    const entries = page.entries.flatMap((entry): readonly Entry<VitalsEvent>[] => {
      const event = eventOf(entry);
      return event ? [{ seq: entry.seq, event, json: entry.body }] : [];
    });
    return { entries, holes: page.holes };
  }
}
