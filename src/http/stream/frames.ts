import type { VitalsEvent } from "../../collector.ts";
import type { Entry } from "../../journal/journal.ts";
import { eventId } from "./event-id.ts";
import { frame } from "./frame.ts";

/** The bytes of the journal's entries: made when the first client needs them, the same for all, gone with the entry. */
export class Frames {
  readonly #bootId: string;
  readonly #made = new WeakMap<Entry<VitalsEvent>, Buffer>();
  /** Clients that are up to date all want the same one at the same time. */
  #last: { readonly entry: Entry<VitalsEvent>; readonly bytes: Buffer } | undefined;

  constructor(bootId: string) {
    this.#bootId = bootId;
  }

  of(entry: Entry<VitalsEvent>): Buffer {
    if (this.#last?.entry === entry) return this.#last.bytes;
    const bytes = this.#made.get(entry) ?? this.#make(entry);
    this.#last = { entry, bytes };
    return bytes;
  }

  #make(entry: Entry<VitalsEvent>): Buffer {
    const { event, json } = entry;
    const bytes = frame({ id: eventId(this.#bootId, event.seq), event: event.kind, data: json });
    this.#made.set(entry, bytes);
    return bytes;
  }
}
