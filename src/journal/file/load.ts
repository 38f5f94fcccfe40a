import { join } from "node:path";
import { RecentKeys } from "../recent-keys.ts";
import type { Files } from "./files.ts";
import { hasPreamble, isWhole, PREAMBLE_BYTES, scan, type Scan, type StoredRecord } from "./format.ts";
import { decodeHeader, HEADER_FILE, type FoundHeader } from "./header.ts";
import { ordinalOf, Segment } from "./segment.ts";

/** What a folder contains. */
export interface Loaded {
  readonly header: FoundHeader;
  /** Oldest first. */
  readonly segments: readonly Segment[];
  readonly values: Map<string, string>;
  readonly keys: RecentKeys;
  /** Number of the newest entry; 0 if there is none. */
  readonly last: number;
  /** Segments with damage, and the ranges of their sound records. */
  readonly damaged: readonly DamagedSegment[];
  /** Above those of all files of segments. */
  readonly nextOrdinal: number;
}

export interface DamagedSegment {
  readonly segment: Segment;
  readonly damages: Scan["damages"];
  /** It ends with a record that is not complete, and has no other damage. */
  readonly isCutOff: boolean;
  readonly sound: readonly (readonly [from: number, to: number])[];
}

/** A larger file is none of ours: a segment ends with the batch that fills it. */
const MAX_SEGMENT_FILE_BYTES = 512 * 1024 * 1024;
/** Neither a segment nor a header. */
const UNREADABLE = Buffer.alloc(PREAMBLE_BYTES);
const NUMBERED = /^(\d{8})[.-]/;

/** Reads a folder without changing it. */
export async function loadFolder(dir: string, files: Files, nowMs: number): Promise<Loaded> {
  const names = await files.list(dir);
  const found = names
    .flatMap(({ name, bytes }) => ({ ordinal: ordinalOf(name), bytes }))
    .filter((file): file is { ordinal: number; bytes: number } => file.ordinal !== undefined)
    .toSorted((a, b) => a.ordinal - b.ordinal);
  const [values, keys] = [new Map<string, string>(), new RecentKeys()];
  const segments: Segment[] = [];
  const damaged: DamagedSegment[] = [];
  let last = 0;
  for (const { ordinal, bytes } of found) {
    const segment = new Segment(dir, ordinal, nowMs);
    const content = bytes > MAX_SEGMENT_FILE_BYTES ? UNREADABLE : await readOr(UNREADABLE, segment.path, files);
    const newest = new Map<string, Buffer>();
    const { damages, isCutOff, sound } = scanSegment(segment, content, (record) => {
      if (record.type === "values") for (const [name, value] of Object.entries(record.values)) newest.set(name, value);
      else {
        last = Math.max(last, record.seq);
        keys.add(record, record.seq);
      }
    });
    for (const [name, value] of newest) values.set(name, value.toString());
    if (damages.length > 0) damaged.push({ segment, damages, isCutOff, sound });
    if (damages.length === 0 || sound.length > 0) segments.push(segment);
  }
  const numbers = names.map(({ name }) => Number(NUMBERED.exec(name)?.[1] ?? 0));
  return { header: await loadHeader(dir, files, names), segments, values, keys, last, damaged, nextOrdinal: Math.max(0, ...numbers) + 1 };
}

async function loadHeader(dir: string, files: Files, names: readonly { readonly name: string }[]): Promise<FoundHeader> {
  if (!names.some(({ name }) => name === HEADER_FILE)) return "none";
  return decodeHeader(await readOr(UNREADABLE, join(dir, HEADER_FILE), files));
}

/** A file that the disk cannot read is damaged, and no reason not to start. Other errors, such as too many open files, may pass. */
async function readOr(substitute: Buffer, path: string, files: Files): Promise<Buffer> {
  try {
    return await files.read(path);
  } catch (error) {
    if (["EIO", "EACCES", "EPERM", "EBADMSG"].includes((error as NodeJS.ErrnoException).code ?? "")) return substitute;
    throw error;
  }
}

function scanSegment(
  segment: Segment,
  content: Buffer,
  onRecord: (record: StoredRecord) => void,
): Pick<DamagedSegment, "damages" | "isCutOff" | "sound"> {
  segment.bytes = content.length;
  if (!hasPreamble(content)) {
    segment.isOpen = false;
    // A crash between creation and the first write leaves an empty file behind.
    return { damages: content.length === 0 ? [] : [[0, content.length]], isCutOff: false, sound: [] };
  }
  const sound: (readonly [number, number])[] = [];
  const { damages, soundEnd } = scan(content, PREAMBLE_BYTES, (record, from, to) => {
    sound.push([from, to]);
    segment.add(record, from, to);
    onRecord(record);
  });
  segment.isOpen = soundEnd === content.length;
  return { damages, isCutOff: damages.length === 1 && !segment.isOpen && !isWhole(content, soundEnd), sound };
}
