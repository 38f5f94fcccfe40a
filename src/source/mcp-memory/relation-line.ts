import type { Span } from "./name-table.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const BEFORE_FROM = ascii('{"type":"relation","from":"');
const BEFORE_TO = ascii('","to":"');
const BEFORE_TYPE = ascii('","relationType":"');
const AT_END = ascii('"}');

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

export interface Relation {
  readonly from: Span;
  readonly to: Span;
  readonly type: Span;
}

/**
 * A relation as the memory server writes it, found by its bytes alone: most lines of a large file are such, and parsing them as JSON
 * would take three times as long. Undefined for every other line, also for a relation written in another way or with an escape in it.
 */
export function relationIn(bytes: Uint8Array, start: number, end: number): Relation | undefined {
  const fromStart = after(bytes, start, BEFORE_FROM);
  const fromEnd = endOfText(bytes, fromStart, end);
  const toStart = after(bytes, fromEnd, BEFORE_TO);
  const toEnd = endOfText(bytes, toStart, end);
  const typeStart = after(bytes, toEnd, BEFORE_TYPE);
  const typeEnd = endOfText(bytes, typeStart, end);
  if (after(bytes, typeEnd, AT_END) !== end) return undefined;
  return {
    from: { bytes, start: fromStart, end: fromEnd },
    to: { bytes, start: toStart, end: toEnd },
    type: { bytes, start: typeStart, end: typeEnd },
  };
}

/** Where it goes on after what is expected at a place; -1 where something else is there, or the place is -1. */
function after(bytes: Uint8Array, at: number, expected: Uint8Array): number {
  if (at === -1) return -1;
  for (let i = 0; i < expected.length; i += 1) if (bytes[at + i] !== expected[i]) return -1;
  return at + expected.length;
}

/** Where the quote stands that ends a text; -1 where none does, or JSON would make something else of what is before it. */
function endOfText(bytes: Uint8Array, start: number, end: number): number {
  if (start === -1) return -1;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH || byte < SPACE) return -1;
  }
  return -1;
}
