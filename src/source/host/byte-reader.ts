const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const ZERO = 0x30;
const NINE = 0x39;
const DOT = 0x2e;

/** Reads numbers and words out of the ASCII text of `/proc`, without making strings of what is skipped. */
export class ByteReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /** Begins anew at the start of `bytes`. */
  over(bytes: Uint8Array): this {
    this.#bytes = bytes;
    this.#at = 0;
    return this;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Whether the text goes on with `word`; steps over it if so. */
  skip(word: Uint8Array): boolean {
    for (let i = 0; i < word.length; i += 1) if (this.#bytes[this.#at + i] !== word[i]) return false;
    this.#at += word.length;
    return true;
  }

  /** The next number of this line, decimals included; NaN where the line has no further number here. */
  number(): number {
    this.skipSpaces();
    let value = 0;
    let scale = 0;
    const start = this.#at;
    for (; this.#at < this.#bytes.length; this.#at += 1) {
      const byte = this.#bytes[this.#at] as number;
      if (byte >= ZERO && byte <= NINE) {
        value = value * 10 + (byte - ZERO);
        scale *= 10;
      } else if (byte === DOT && scale === 0 && this.#at > start) scale = 1;
      else break;
    }
    if (this.#at === start) return Number.NaN;
    return scale > 1 ? value / scale : value;
  }

  /** The next word of this line, up to a space, the end of the line or `stop`, which is stepped over. */
  word(stop = SPACE): string {
    this.skipSpaces();
    const start = this.#at;
    let byte = this.#bytes[this.#at];
    while (byte !== undefined && byte !== SPACE && byte !== TAB && byte !== NEWLINE && byte !== stop) byte = this.#bytes[(this.#at += 1)];
    const word = String.fromCharCode(...this.#bytes.subarray(start, this.#at));
    if (byte === stop) this.#at += 1;
    return word;
  }

  skipSpaces(): void {
    while (this.#bytes[this.#at] === SPACE || this.#bytes[this.#at] === TAB) this.#at += 1;
  }

  /** To the beginning of the next line. */
  nextLine(): void {
    const end = this.#bytes.indexOf(NEWLINE, this.#at);
    this.#at = end === -1 ? this.#bytes.length : end + 1;
  }
}

/** The bytes of an ASCII word, made once where it is looked for again and again. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
