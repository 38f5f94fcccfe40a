import type { Draft, JournalEngine, Limit, Opened, Page, StoredEntry } from "../../src/journal/engine.ts";
import { PageBuilder } from "../../src/journal/entry-queue.ts";
import { readFolder } from "../../src/journal/file/read-only.ts";

/** Gives a collector the hour of a state directory and keeps nothing: what remains is what a collector without a state has after an hour. */
export class ReadOnceEngine implements JournalEngine {
  readonly #dir: string;
  #entries: StoredEntry[] = [];
  #head = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async open(): Promise<Opened> {
    let checkpoint: string | undefined;
    await readFolder(this.#dir, (record) => {
      if (record.type === "entry") this.#entries.push(record.decode());
      else checkpoint = record.values["checkpoint"]?.toString() ?? checkpoint;
    });
    this.#head = this.#entries.at(-1)?.seq ?? 0;
    return {
      id: "readonce",
      oldest: this.#entries[0]?.seq ?? 0,
      head: this.#head,
      ...(checkpoint !== undefined && { checkpoint }),
    };
  }

  append(batch: readonly Draft[]): readonly number[] {
    this.#entries = [];
    return batch.map(() => (this.#head += 1));
  }

  async read(after: number, limit: Limit): Promise<Page | "gap"> {
    const page = new PageBuilder(after, limit);
    for (const entry of this.#entries) if (entry.seq > after && !page.add(entry)) break;
    return page.page;
  }

  async *follow(): AsyncGenerator<readonly StoredEntry[]> {}

  async save(): Promise<void> {}

  async load(): Promise<undefined> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
