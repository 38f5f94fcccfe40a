import type { Collector, VitalsEvent } from "../../collector/collector.ts";
import type { Entry } from "../../journal/journal.ts";

/** One message of an event stream (WHATWG HTML, "Server-sent events"), as the bytes that every client gets. */
export function frame(parts: { readonly id?: string; readonly event: string; readonly data: string; readonly retryMs?: number }): Buffer {
  const { id, event, data, retryMs } = parts;
  const lines = [
    ...(retryMs === undefined ? [] : [`retry: ${retryMs}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    `event: ${event}`,
    `data: ${data}`,
  ];
  return Buffer.from(`${lines.join("\n")}\n\n`);
}

/** `id` of an event. It contains the boot, because numbers start again after a restart. */
export const eventId = (bootId: string, seq: number): string => `${bootId}-${seq}`;

/** Where a client starts: after a number, or with a snapshot; with the reason if it had asked to resume. */
export type ResumePoint = { readonly after: number } | { readonly snapshot: ResetReason | undefined };

export type ResetReason = "the collector has been restarted" | "the resume point is no longer kept";

/** Where a client that last saw an id resumes. */
export function resumePoint(lastEventId: string | undefined, { bootId, journal }: Pick<Collector, "bootId" | "journal">): ResumePoint {
  if (lastEventId === undefined || lastEventId === "") return { snapshot: undefined };
  const at = lastEventId.lastIndexOf("-");
  const digits = lastEventId.slice(at + 1);
  if (lastEventId.slice(0, at) !== bootId || !/^\d{1,15}$/.test(digits)) return { snapshot: "the collector has been restarted" };
  return journal.reaches(Number(digits)) ? { after: Number(digits) } : { snapshot: "the resume point is no longer kept" };
}

/** The bytes of the journal's entries: encoded when the first client needs them, shared by all, garbage with the entry. */
export class Frames {
  readonly #bootId: string;
  readonly #made = new WeakMap<Entry<VitalsEvent>, Buffer>();
  /** Clients that are up to date all need the same one at the same time. */
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
    const { event, json, seq } = entry;
    const bytes = frame({ id: eventId(this.#bootId, seq), event: event.kind, data: json });
    this.#made.set(entry, bytes);
    return bytes;
  }
}
