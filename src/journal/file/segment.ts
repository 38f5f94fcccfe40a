import { join } from "node:path";
import type { Files } from "./files.ts";
import { PREAMBLE_BYTES, type StoredRecord } from "./format.ts";

/** A read of a page starts at most this many bytes before the requested entry. */
const MARK_BYTES = 256 * 1024;
const NAME = /^(\d{8})\.log$/;

interface Mark {
  /** The entries behind the mark have higher numbers than this one. */
  readonly after: number;
  readonly offset: number;
}

/** A file of records, and where in it to find an entry. */
export class Segment {
  readonly ordinal: number;
  readonly path: string;
  /** Number of the first entry; undefined if there is none. */
  first: number | undefined;
  /** Number of the newest entry. */
  last = 0;
  /** Offset behind the last sound record. */
  end = PREAMBLE_BYTES;
  /** Bytes on disk. */
  bytes = 0;
  /** Running time of the collector at which the newest entry was written, in milliseconds; the start of the process for earlier ones. */
  writtenMs: number;
  /** Whether new records may be written behind the last one. */
  isOpen = true;
  readonly #marks: Mark[] = [{ after: 0, offset: PREAMBLE_BYTES }];

  constructor(dir: string, ordinal: number, nowMs: number) {
    this.ordinal = ordinal;
    this.path = join(dir, nameOfSegment(ordinal));
    this.writtenMs = nowMs;
  }

  /** Notes a record at an offset. */
  add(record: Pick<StoredRecord, "type"> & { readonly seq?: number }, from: number, to: number): void {
    const mark = this.#marks.at(-1) as Mark;
    if (from - mark.offset >= MARK_BYTES) this.#marks.push({ after: this.last, offset: from });
    if (record.seq !== undefined) {
      this.first ??= record.seq;
      this.last = record.seq;
    }
    this.end = to;
    this.bytes = Math.max(this.bytes, to);
  }

  /** Reads the bytes of the records that may contain entries numbered above `after`, in pieces that end at records. */
  async *pieces(files: Files, after: number, end: number): AsyncGenerator<Buffer, void> {
    const start = this.#marks.findLastIndex((mark) => mark.after <= after);
    const offsets = this.#marks
      .slice(start)
      .map(({ offset }) => offset)
      .filter((offset) => offset < end);
    for (const [n, offset] of offsets.entries()) yield files.readRange(this.path, offset, (offsets[n + 1] ?? end) - offset);
  }
}

const nameOfSegment = (ordinal: number): string => `${String(ordinal).padStart(8, "0")}.log`;

/** The ordinal of a segment by the name of its file; undefined if it is none. */
export function ordinalOf(name: string): number | undefined {
  const [, digits] = NAME.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
