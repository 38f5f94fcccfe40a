import type { Collector, VitalsEvent } from "../../src/collector/collector.ts";
import type { Journal } from "../../src/journal/journal.ts";

/** Puts an event into a collector's journal, as its pipeline does. @returns its number */
export function emit({ journal }: Collector, event: VitalsEvent): number {
  const writable = journal as Journal<VitalsEvent>; // sound: readers get the journal itself
  writable.append(event);
  writable.commit();
  return journal.head;
}
