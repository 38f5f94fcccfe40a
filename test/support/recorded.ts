import type { Collector } from "../../src/collector/collector.ts";
import type { VitalsEvent } from "../../src/collector/event.ts";

/** A transition or an alert. */
export type RecordedEvent = Exclude<VitalsEvent, { readonly kind: "sample" }>;

/** Records the transitions and alerts of a collector from now on. @returns those so far */
export function recordedEvents(collector: Collector): () => readonly RecordedEvent[] {
  const after = collector.journal.head;
  return () => {
    const found: RecordedEvent[] = [];
    for (let entry = collector.journal.next(after); entry; entry = collector.journal.next(entry.seq))
      if (entry.event.kind !== "sample") found.push(entry.event);
    return found;
  };
}
