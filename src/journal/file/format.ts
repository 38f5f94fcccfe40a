import { crc32 } from "node:zlib";
import type { StoredEntry } from "../engine.ts";

/*
 * A segment is a preamble and records. A record is its checksum and its length, each in 4 bytes, and the content:
 *
 *     entry    1 | number, 8 | bytes of key, 4 | bytes of kind, 2 | key | kind | body
 *     values   2 | JSON of names and the bytes of their values | line break | values
 *
 * The checksum covers the length, so that a run of zeros, which a loss of power may leave behind, is no record.
 */
export const FORMAT_VERSION = 2;
const MAGIC = "otelvtlj";
export const PREAMBLE_BYTES = 16;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 15;
const ENTRY = 1;
const VALUES = 2;

/** What a sound record contains. */
export type StoredRecord =
  | { readonly type: "entry"; readonly seq: number; readonly key: string; decode(): StoredEntry }
  | { readonly type: "values"; readonly values: Readonly<Record<string, Buffer>> };

export interface Scan {
  /** Offset behind the last sound record. */
  readonly soundEnd: number;
  /** Ranges of bytes that are no sound records. */
  readonly damages: readonly (readonly [from: number, to: number])[];
}

export function preamble(): Buffer {
  const bytes = Buffer.alloc(PREAMBLE_BYTES);
  bytes.write(MAGIC, "latin1");
  bytes.writeUInt32BE(FORMAT_VERSION, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 12)), 12);
  return bytes;
}

/** Whether a file begins as a segment of this version does. */
export const hasPreamble = (bytes: Buffer): boolean => bytes.subarray(0, PREAMBLE_BYTES).equals(preamble());

function encodeRecord(type: number, rest: number, fill: (content: Buffer) => void): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + 1 + rest);
  bytes.writeUInt32BE(1 + rest, 4);
  bytes[HEADER_BYTES] = type;
  fill(bytes.subarray(HEADER_BYTES + 1));
  bytes.writeUInt32BE(checksum(bytes, 0, bytes.length), 0);
  return bytes;
}

/** Of the length and the content of a record between two offsets. */
const checksum = (bytes: Buffer, from: number, to: number): number => crc32(bytes.subarray(from + 4, to));

export function encodeEntry({ seq, key, kind, body }: StoredEntry): Buffer {
  const [keyBytes, kindBytes, bodyBytes] = [Buffer.byteLength(key), Buffer.byteLength(kind), Buffer.byteLength(body)];
  return encodeRecord(ENTRY, ENTRY_BYTES - 1 + keyBytes + kindBytes + bodyBytes, (content) => {
    content.writeDoubleBE(seq, 0);
    content.writeUInt32BE(keyBytes, 8);
    content.writeUInt16BE(kindBytes, 12);
    content.write(key, 14);
    content.write(kind, 14 + keyBytes);
    content.write(body, 14 + keyBytes + kindBytes);
  });
}

export function encodeValues(values: Readonly<Record<string, string>>): Buffer {
  const lengths = Object.entries(values).map(([name, value]) => [name, Buffer.byteLength(value)] as const);
  const text = `${JSON.stringify(Object.fromEntries(lengths))}\n${Object.values(values).join("")}`;
  return encodeRecord(VALUES, Buffer.byteLength(text), (content) => void content.write(text));
}

/** Values as bytes of the record, because most of them are replaced by later ones and never read. */
function decodeValues(content: Buffer): Readonly<Record<string, Buffer>> {
  let from = content.indexOf("\n") + 1;
  const lengths = Object.entries(JSON.parse(content.toString("utf8", 0, from)) as Record<string, number>);
  return Object.fromEntries(lengths.map(([name, bytes]) => [name, content.subarray(from, (from += bytes))]));
}

/** Offset behind the sound record at an offset; undefined if there is none. */
function endOfRecord(bytes: Buffer, at: number): number | undefined {
  if (at + HEADER_BYTES + 1 > bytes.length) return undefined;
  const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
  const type = bytes[at + HEADER_BYTES];
  if (end > bytes.length || (type === ENTRY ? end < at + HEADER_BYTES + ENTRY_BYTES : type !== VALUES)) return undefined;
  return checksum(bytes, at, end) === bytes.readUInt32BE(at) ? end : undefined;
}

function decode(bytes: Buffer, at: number, end: number): StoredRecord {
  const content = bytes.subarray(at + HEADER_BYTES + 1, end);
  if (bytes[at + HEADER_BYTES] === VALUES) return { type: "values", values: decodeValues(content) };
  const [seq, keyEnd] = [content.readDoubleBE(0), 14 + content.readUInt32BE(8)];
  const key = content.toString("utf8", 14, keyEnd);
  const kindEnd = keyEnd + content.readUInt16BE(12);
  const entry = (): StoredEntry => ({ seq, key, kind: content.toString("utf8", keyEnd, kindEnd), body: content.toString("utf8", kindEnd) });
  return { type: "entry", seq, key, decode: entry };
}

/** Whether all bytes of a record at an offset are there, so that it is damaged if it is not sound, and was not cut off. */
export function isWhole(bytes: Buffer, at: number): boolean {
  if (at + HEADER_BYTES > bytes.length) return false;
  return at + HEADER_BYTES + bytes.readUInt32BE(at + 4) <= bytes.length;
}

/** Reads the sound records from an offset on and skips what is damaged. */
export function scan(bytes: Buffer, from: number, onRecord: (record: StoredRecord, from: number, to: number) => void): Scan {
  const damages: (readonly [number, number])[] = [];
  let soundEnd = from;
  for (let at = from; at < bytes.length;) {
    const end = endOfRecord(bytes, at);
    if (end === undefined) {
      at += 1;
      continue;
    }
    if (at > soundEnd) damages.push([soundEnd, at]);
    onRecord(decode(bytes, at, end), at, end);
    at = soundEnd = end;
  }
  if (soundEnd < bytes.length) damages.push([soundEnd, bytes.length]);
  return { soundEnd, damages };
}
