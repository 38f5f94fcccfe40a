const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;

/** Parses numbers and words in the text of `/proc` files, and creates no strings for what it skips. */
export class ByteReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Starts again, at the start of `bytes`. */
  over(bytes: Buffer): this {
    this.#bytes = bytes;
    this.#at = 0;
    return this;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Whether `word` comes next; if so, moves past it. */
  skip(word: Uint8Array): boolean {
    for (let i = 0; i < word.length; i += 1) if (this.#bytes[this.#at + i] !== word[i]) return false;
    this.#at += word.length;
    return true;
  }

  /** The next number of this line, with decimals; NaN if no number comes next. */
  number(): number {
    this.#skipSpaces();
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let value = 0;
    let scale = 0;
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (byte >= ZERO && byte <= NINE) {
        value = value * 10 + (byte - ZERO);
        scale *= 10;
      } else if (byte === DOT && scale === 0 && at > start) scale = 1;
      else break;
    }
    this.#at = at;
    if (at === start) return Number.NaN;
    return scale > 1 ? value / scale : value;
  }

  /** The next word of this line, up to a space or the end of the line. */
  word(): string {
    this.#skipSpaces();
    const start = this.#at;
    this.skipWords(1);
    return this.#bytes.toString("utf8", start, this.#at);
  }

  /** The part of the next word up to its last `stop`, and moves past that; empty, moving nowhere, if the word has none. */
  wordToLast(stop: number): string {
    this.#skipSpaces();
    const start = this.#at;
    this.skipWords(1);
    const last = this.#bytes.subarray(start, this.#at).lastIndexOf(stop);
    this.#at = last === -1 ? start : start + last + 1;
    return last === -1 ? "" : this.#bytes.toString("utf8", start, start + last);
  }

  /** Moves past this many words of the line. */
  skipWords(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      this.#skipSpaces();
      while ((this.#bytes[this.#at] ?? SPACE) > SPACE) this.#at += 1;
    }
  }

  /** Moves to the start of the next line. */
  nextLine(): void {
    const end = this.#bytes.indexOf(NEWLINE, this.#at);
    this.#at = end === -1 ? this.#bytes.length : end + 1;
  }

  /** The numbers after `keys`, each of which starts a line; NaN for a missing key. */
  keyed(keys: readonly Uint8Array[]): readonly number[] {
    const numbers = keys.map(() => Number.NaN);
    for (let missing = keys.length; missing > 0 && !this.atEnd; this.nextLine()) {
      const which = keys.findIndex((key) => this.skip(key));
      if (which === -1) continue;
      numbers[which] = this.number();
      missing -= 1;
    }
    return numbers;
  }

  #skipSpaces(): void {
    while (this.#bytes[this.#at] === SPACE || this.#bytes[this.#at] === TAB) this.#at += 1;
  }
}

/** The bytes of an ASCII word. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
