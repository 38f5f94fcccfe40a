import type { Collector } from "../../collector/collector.ts";
import type { VitalsEvent } from "../../collector/event.ts";
import type { Entry } from "../../journal/journal.ts";

/** One message of an event stream (WHATWG HTML, "Server-sent events"), as the bytes that every client gets. */
export const frame = (parts: FrameParts): Buffer => Buffer.from(textOf(parts));

interface FrameParts {
  readonly id?: string;
  readonly event: string;
  readonly data: string;
  readonly retryMs?: number;
}

function textOf({ id, event, data, retryMs }: FrameParts): string {
  const lines = [
    ...(retryMs === undefined ? [] : [`retry: ${retryMs}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    `event: ${event}`,
    `data: ${data}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

/** Bytes that share their memory with no others: Node cuts small buffers out of 64 KiB, all of which one that is kept holds. */
function unpooled(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

/** `id` of an event. It contains the journal's, because another journal numbers other events. */
export const eventId = (journalId: string, seq: number): string => `${journalId}-${seq}`;

/**
 * Where a client starts: after a number, after one that the journal in memory does not reach, or with a snapshot; with the reason if it
 * had asked to resume.
 */
export type ResumePoint = { readonly after: number } | { readonly older: number } | { readonly snapshot: ResetReason | undefined };

export type ResetReason = "the collector has been restarted" | "the resume point is no longer kept";

/** Where a client that last saw an id resumes. */
export function resumePoint(lastEventId: string | undefined, { archive, journal }: Pick<Collector, "archive" | "journal">): ResumePoint {
  if (lastEventId === undefined || lastEventId === "") return { snapshot: undefined };
  const at = lastEventId.lastIndexOf("-");
  const digits = lastEventId.slice(at + 1);
  if (lastEventId.slice(0, at) !== archive.id || !/^\d{1,15}$/.test(digits)) return { snapshot: "the collector has been restarted" };
  const seq = Number(digits);
  if (journal.reaches(seq)) return { after: seq };
  return archive.read && seq < journal.head ? { older: seq } : { snapshot: "the resume point is no longer kept" };
}

/** Bytes to keep encoded: about ten minutes at the default intervals, so that clients which come back together share them. */
const KEPT_BYTES = 1024 * 1024;

/** The bytes of the journal's entries: encoded when the first client needs them, and shared by all. Those of the newest are kept. */
export class Frames {
  readonly #archive: Pick<Collector["archive"], "id">;
  /** In the order in which they were encoded. */
  readonly #kept = new Map<Entry<VitalsEvent>, Buffer>();
  #keptBytes = 0;
  /** Clients that are up to date all need the same one at the same time. */
  #last: { readonly entry: Entry<VitalsEvent>; readonly bytes: Buffer } | undefined;

  constructor(archive: Pick<Collector["archive"], "id">) {
    this.#archive = archive;
  }

  of(entry: Entry<VitalsEvent>): Buffer {
    if (this.#last?.entry === entry) return this.#last.bytes;
    const bytes = this.#kept.get(entry) ?? this.#make(entry);
    this.#last = { entry, bytes };
    return bytes;
  }

  #make(entry: Entry<VitalsEvent>): Buffer {
    const { event, json, seq } = entry;
    const bytes = unpooled(textOf({ id: eventId(this.#archive.id, seq), event: event.kind, data: json }));
    this.#kept.set(entry, bytes);
    this.#keptBytes += bytes.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= length;
    }
    return bytes;
  }
}
