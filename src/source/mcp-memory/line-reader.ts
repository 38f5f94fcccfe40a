import { TextDecoder } from "node:util";

/**
 * Maximum size of one line. A longer one is skipped: parsed, a line takes many times its size in memory, and a memory of this size is a
 * mistake.
 */
export const MAX_LINE_BYTES = 1024 * 1024;

const [NEWLINE, CARRIAGE_RETURN] = [10, 13];

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/** What the first bytes of a file say about its encoding. */
const BYTE_ORDER_MARKS: readonly (readonly [mark: Buffer, encoding: Encoding])[] = [
  [Buffer.from([0xef, 0xbb, 0xbf]), "utf-8"],
  [Buffer.from([0xff, 0xfe]), "utf-16le"],
  [Buffer.from([0xfe, 0xff]), "utf-16be"],
];

/** The encoding of a file, by its first bytes, and these without the byte-order mark. */
function encodingOf(start: Buffer): { readonly encoding: Encoding; readonly rest: Buffer } {
  for (const [mark, encoding] of BYTE_ORDER_MARKS)
    if (start.subarray(0, mark.length).equals(mark)) return { encoding, rest: start.subarray(mark.length) };
  return { encoding: "utf-8", rest: start };
}

/** The text of a whole file. */
export function textOf(file: Buffer): string {
  const { encoding, rest } = encodingOf(file);
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(rest);
}

/** Where the lines of a file go. Lines are numbered from 1. */
export interface LineTarget {
  /** A line without its end, empty or not. */
  add(line: string, number: number): void;
  /** A line of more than `MAX_LINE_BYTES`. */
  addTooLong(number: number): void;
}

/**
 * Splits the chunks of a file into lines. It understands a byte-order mark, UTF-16 after one, and lines that end in a carriage return
 * alone. It never holds more than a chunk and a line.
 */
export class LineReader {
  readonly #target: LineTarget;
  #rest: Buffer = Buffer.alloc(0);
  #number = 1;
  /** Within a line that is too long: what follows belongs to it, up to its end. */
  #isSkipping = false;
  #isFirst = true;
  #end = NEWLINE;
  #decoder: TextDecoder | undefined;

  constructor(target: LineTarget) {
    this.#target = target;
  }

  /** Takes the next chunk, which the caller may overwrite afterwards. */
  push(bytes: Buffer): void {
    const chunk = this.#isFirst ? this.#begin(bytes) : bytes;
    this.#split(this.#decoder ? Buffer.from(this.#decoder.decode(chunk, { stream: true })) : chunk);
  }

  /** The text after the last end of a line, which may still be empty; undefined if it was too long to keep. */
  end(): { readonly text: string; readonly number: number } | undefined {
    if (this.#isSkipping) {
      this.#target.addTooLong(this.#number);
      return undefined;
    }
    return { text: this.#rest.toString("utf8"), number: this.#number };
  }

  /** Finds out the encoding and the end of a line; the chunk without its byte-order mark. */
  #begin(chunk: Buffer): Buffer {
    this.#isFirst = false;
    const { encoding, rest } = encodingOf(chunk);
    if (encoding !== "utf-8") this.#decoder = new TextDecoder(encoding, { ignoreBOM: true });
    if (!rest.includes(NEWLINE) && rest.includes(CARRIAGE_RETURN)) this.#end = CARRIAGE_RETURN;
    return rest;
  }

  #split(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(this.#end); end !== -1; end = chunk.indexOf(this.#end, start)) {
      this.#line(chunk.subarray(start, end));
      start = end + 1;
    }
    if (!this.#isSkipping) this.#keep(chunk.subarray(start));
  }

  /** The end of a line, whose start may have come with earlier chunks. */
  #line(end: Buffer): void {
    if (this.#isSkipping || this.#rest.length + end.length > MAX_LINE_BYTES) this.#target.addTooLong(this.#number);
    else this.#target.add((this.#rest.length === 0 ? end : Buffer.concat([this.#rest, end])).toString("utf8"), this.#number);
    this.#rest = Buffer.alloc(0);
    this.#isSkipping = false;
    this.#number += 1;
  }

  #keep(start: Buffer): void {
    this.#isSkipping = this.#rest.length + start.length > MAX_LINE_BYTES;
    // A copy, because the chunk is overwritten.
    this.#rest = this.#isSkipping ? Buffer.alloc(0) : Buffer.concat([this.#rest, start]);
  }
}
