import type { Collector } from "../../src/collector/collector.ts";
import type { VitalsEvent } from "../../src/collector/event.ts";
import { writerOf } from "../../src/journal/journal.ts";

/** Puts an event into a collector's journal, as its pipeline does. @returns its number */
export function emit({ journal }: Collector, event: VitalsEvent): number {
  const writer = writerOf(journal);
  writer.append(event);
  writer.commit();
  return journal.head;
}
