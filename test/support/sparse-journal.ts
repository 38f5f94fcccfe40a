import type { Collector } from "../../src/collector/collector.ts";
import type { VitalsEvent } from "../../src/collector/event.ts";
import type { Entry, JournalReader } from "../../src/journal/journal.ts";

/** A journal whose numbers ascend with holes of several widths, as those of a database may. */
export class SparseJournal implements JournalReader<VitalsEvent> {
  readonly #listeners = new Set<(entry: Entry<VitalsEvent>) => void>();
  readonly #maxEntries: number;
  #entries: readonly Entry<VitalsEvent>[] = [];
  #dropped = 0;
  total = 0;
  head = 0;

  constructor(maxEntries = Number.POSITIVE_INFINITY) {
    this.#maxEntries = maxEntries;
  }

  get oldest(): number {
    return this.#entries[0]?.seq ?? this.head;
  }

  get bytes(): number {
    return this.#entries.reduce((sum, { json }) => sum + json.length, 0);
  }

  append(event: VitalsEvent): void {
    this.total += 1;
    this.head += 1 + (this.total % 4) * 7;
    const body = event.kind === "sample" ? event.sample : event.kind === "transition" ? event.transition : event.alert;
    const entry = { seq: this.head, event, json: JSON.stringify(body) };
    this.#entries = [...this.#entries, entry];
    const [oldest] = this.#entries;
    if (oldest && this.#entries.length > this.#maxEntries) {
      this.#dropped = oldest.seq;
      this.#entries = this.#entries.slice(1);
    }
    for (const listener of this.#listeners) listener(entry);
  }

  reaches(after: number): boolean {
    return after <= this.head && after >= this.#dropped;
  }

  next(after: number): Entry<VitalsEvent> | undefined {
    return this.#entries.find(({ seq }) => seq > after);
  }

  count(after: number): number {
    return this.#entries.filter(({ seq }) => seq > after).length;
  }

  since(after: number): readonly Entry<VitalsEvent>[] | undefined {
    return this.reaches(after) ? this.#entries.filter(({ seq }) => seq > after) : undefined;
  }

  subscribe(listener: (entry: Entry<VitalsEvent>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** The collector with another journal. */
export const withJournal = (collector: Collector, journal: JournalReader<VitalsEvent>): Collector =>
  new Proxy(collector, {
    get(target, key) {
      const value: unknown = key === "journal" ? journal : Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
