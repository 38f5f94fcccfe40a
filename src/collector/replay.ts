import type { JournalEngine, StoredEntry } from "../journal/engine.ts";
import type { Entry } from "../journal/journal.ts";
import type { Sample } from "../sample/sample.ts";
import type { SampleType } from "../sample/sample-type.ts";
import type { VitalsEvent } from "./event.ts";

const PAGE = { entries: 2_000, bytes: 1024 * 1024 };

/** An entry from before a restart. Parsing it is most of the cost of a start, so it is not parsed before it is used, nor kept in both forms. */
export class ReplayedEntry {
  readonly seq: number;
  readonly kind: string;
  readonly json: string;
  #event: VitalsEvent | undefined;

  constructor({ body, kind, seq }: StoredEntry) {
    this.seq = seq;
    this.kind = kind;
    this.json = body;
  }

  /** The event; undefined for one of another version. */
  get event(): VitalsEvent | undefined {
    return this.#event ?? eventOf({ kind: this.kind, body: this.json });
  }

  /** The entry with its event, which it keeps. */
  get entry(): Entry<VitalsEvent> | undefined {
    const event = (this.#event = this.event);
    return event && { seq: this.seq, event, json: this.json };
  }
}

/** A sample from before a restart. */
export interface ReplayedSample {
  readonly wallMs: number;
  /** Parsed at each call; undefined for one of another version. */
  sample(): Sample | undefined;
}

/** What a journal retains from before a restart. */
export interface Replayed {
  /** Samples by collection, oldest first. */
  readonly samples: ReadonlyMap<string, readonly ReplayedSample[]>;
  /** The newest entries, without a hole up to the newest number of the journal. */
  readonly tail: readonly Entry<VitalsEvent>[];
}

export interface ReplayBounds {
  /** Replay starts behind this number. */
  readonly after: number;
  /** Number of the oldest retained entry. */
  readonly oldest: number;
  readonly head: number;
  /** Number of the entry after which the samples of a collection begin. Default: with the oldest. */
  readonly begunAfter?: (collection: string) => number;
  /** Maximum number of samples of a collection. */
  readonly retain: (collection: string) => number;
  /** Bytes of JSON that the tail may have. */
  readonly tailBytes: number;
}

/** Reads what is retained, and judges nothing. */
export async function replay(engine: Pick<JournalEngine, "read">, bounds: ReplayBounds, signal: AbortSignal): Promise<Replayed> {
  const samples = new Map<string, ReplayedSample[]>();
  const tail = new Tail(bounds.tailBytes);
  let after = Math.max(bounds.after, bounds.oldest - 1);
  for (let isFirst = true; after < bounds.head; isFirst = false) {
    const page = await engine.read(after, PAGE, signal);
    if (page === "gap") {
      // Dropped since the journal was opened, or the saved number is from a longer journal.
      if (!isFirst || after === bounds.oldest - 1) break;
      after = bounds.oldest - 1;
      continue;
    }
    if (page.entries.length === 0) break;
    const behindHoles = new Set(page.holes.map(({ before }) => before));
    for (const stored of page.entries) {
      after = stored.seq;
      const entry = new ReplayedEntry(stored);
      if (behindHoles.has(after)) tail.clear();
      tail.push(entry);
      if (stored.kind === "sample") keep(samples, entry, bounds);
    }
  }
  return { samples, tail: after === bounds.head ? tail.entries() : [] };
}

/** An event as it was appended; undefined for one of another version. */
export function eventOf({ kind, body }: Pick<StoredEntry, "kind" | "body">): VitalsEvent | undefined {
  try {
    const data = JSON.parse(body) as never; // sound: a pipeline has written it, and the engine has verified its checksum
    if (kind === "sample") return { kind, sample: data };
    if (kind === "transition") return { kind, transition: data };
    return kind === "alert" ? { kind, alert: data } : undefined;
  } catch {
    return undefined;
  }
}

const sampleOf = (event: VitalsEvent | undefined): Sample | undefined => (event?.kind === "sample" ? event.sample : undefined);

/** How the JSON of a sample begins. */
const HEAD = /^\{"time":"([^"\\]+)","collection":"([^"\\]+)"/;

function keep(samples: Map<string, ReplayedSample[]>, entry: ReplayedEntry, bounds: ReplayBounds): void {
  const [, time, collection] = HEAD.exec(entry.json) ?? [];
  const wallMs = Date.parse(time ?? "");
  if (collection === undefined || Number.isNaN(wallMs)) return;
  if (entry.seq <= (bounds.begunAfter?.(collection) ?? 0)) return;
  const kept = samples.get(collection) ?? [];
  samples.set(collection, kept);
  kept.push({ wallMs, sample: () => sampleOf(entry.event) });
  const retain = bounds.retain(collection);
  // In bulk, because each removal moves the rest.
  if (kept.length > 2 * retain) kept.splice(0, kept.length - retain);
}

/** The newest entries within a limit of bytes. */
class Tail {
  readonly #maxBytes: number;
  #bytes = 0;
  #entries: ReplayedEntry[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Without those up to the newest of another version. */
  entries(): readonly Entry<VitalsEvent>[] {
    this.#drop(this.#maxBytes);
    const entries: Entry<VitalsEvent>[] = [];
    for (const { entry } of this.#entries.toReversed()) {
      if (!entry) break;
      entries.push(entry);
    }
    return entries.toReversed();
  }

  clear(): void {
    this.#entries = [];
    this.#bytes = 0;
  }

  push(entry: ReplayedEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.json.length;
    // In bulk, because each removal moves the rest.
    if (this.#bytes > 2 * this.#maxBytes) this.#drop(this.#maxBytes);
  }

  #drop(maxBytes: number): void {
    let dropped = 0;
    for (; this.#bytes > maxBytes; dropped += 1) this.#bytes -= this.#entries[dropped]?.json.length ?? this.#bytes;
    this.#entries = this.#entries.slice(dropped);
  }
}

/**
 * Monotonic times of samples from before a restart, by their wall-clock times. Where the wall clock stepped back, the samples are one
 * interval apart.
 *
 * @param now the present on both clocks
 */
export function replayedTimes(
  samples: readonly Pick<ReplayedSample, "wallMs">[],
  intervalMs: number,
  now: { readonly wallMs: number; readonly monotonicMs: number },
): number[] {
  const times: number[] = [];
  let [wallMs, atMs] = [now.wallMs, now.monotonicMs];
  for (const { wallMs: ownMs } of samples.toReversed()) {
    const isNewest = times.length === 0;
    const sinceMs = wallMs - ownMs;
    // A newest sample that is ahead of the clock was taken a moment ago at the earliest.
    atMs -= sinceMs < 0 ? (isNewest ? 0 : intervalMs) : sinceMs;
    wallMs = ownMs;
    times.push(atMs);
  }
  return times.toReversed();
}

/** When the ticks between the newest sample and the start were due, at most `retain` of them. */
export function ticksOfOutage(newestMs: number, intervalMs: number, retain: number, startMs: number): number[] {
  const count = Math.max(0, Math.ceil((startMs - newestMs) / intervalMs) - 1);
  const first = Math.max(1, count - retain + 1);
  return Array.from({ length: count - first + 1 }, (_, n) => newestMs + (first + n) * intervalMs);
}

/** Whether values have the shape of a sample type: another configuration may have given the collection another type. */
export function fitsType({ fields }: SampleType, { values }: Sample): boolean {
  // Loops over keys, because lists of entries would be most of the cost of a restart.
  for (const key in values) {
    const field = fields[key];
    if (!field || !isSplit(values[key], field.by.length)) return false;
  }
  return true;
}

function isSplit(value: unknown, depth: number): boolean {
  if (depth === 0) return typeof value === "number";
  if (typeof value !== "object" || value === null) return false;
  const split = value as Readonly<Record<string, unknown>>;
  for (const key in split) if (!isSplit(split[key], depth - 1)) return false;
  return true;
}
