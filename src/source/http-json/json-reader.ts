import type { Wanted } from "./wanted.ts";

/** Levels of nesting in a document, more than any API answers. */
const NESTING_LIMIT = 64;

/** Wanted values of one document. */
const VALUES_LIMIT = 50_000;

/** A document that is not read to its end, because it would take too much time or memory. */
export class JsonLimitError extends Error {
  override readonly name = "JsonLimitError";
}

/** A map or a list that is being read. */
interface Frame {
  readonly container: Record<string, unknown> | unknown[];
  readonly wanted: Wanted;
  /** Key of the current entry of a map. */
  key: string;
  /** Number of items of a list so far. */
  items: number;
}

/** What the next byte can be, or what it is part of. */
type State = "value" | "first item" | "first key" | "key" | "colon" | "comma" | "end" | "in key" | "in text" | "in scalar" | "skipping";

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d];

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The first byte of a number, `true`, `false` or `null`. */
const startsScalar = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x74 || byte === 0x66 || byte === 0x6e;

const endsScalar = (byte: number): boolean => byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_MAP || isSpace(byte);

/**
 * Reads the wanted parts of a JSON document as its bytes arrive. The rest is passed over and not stored: a document can be large, deep or
 * strange where no field reads it, and costs neither memory nor a long block of the event loop. There, only the structure is checked.
 *
 * The maps of the result inherit nothing. The items of a list that are not wanted are holes.
 */
export class JsonReader {
  readonly #wanted: Wanted;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #frames: Frame[] = [];
  #state: State = "value";
  #root: unknown;
  /** Bytes of the current text or scalar that came in earlier chunks. */
  #token: Uint8Array[] = [];
  #isTokenWanted = false;
  #isEscaped = false;
  /** The maps and lists that are passed over: the byte that closes each. */
  readonly #skipped: number[] = [];
  #isInSkippedText = false;
  #values = 0;
  #bytes = 0;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** Reads the next bytes. @throws SyntaxError for what is not JSON, JsonLimitError for too much nesting or too many wanted values */
  feed(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === "skipping") at = this.#skip(chunk, at);
      else if (this.#state === "in text" || this.#state === "in key") at = this.#text(chunk, at);
      else if (this.#state === "in scalar") at = this.#scalar(chunk, at);
      else at += this.#structure(chunk[at] as number, this.#bytes + at);
    }
    this.#bytes += chunk.length;
  }

  /** The document, after its last byte. @throws SyntaxError if it is not complete */
  end(): unknown {
    if (this.#state === "in scalar") this.#endScalar(new Uint8Array(), 0, 0);
    if (this.#state !== "end") throw new SyntaxError("the document ends early");
    return this.#root;
  }

  /** Reads one byte between texts and scalars. @returns 1, or 0 for a byte that is part of the token that starts there */
  #structure(byte: number, position: number): number {
    if (isSpace(byte) || (position < 3 && byte === BYTE_ORDER_MARK[position])) return 1;
    const state = this.#state;
    if (state === "value" || (state === "first item" && byte !== CLOSE_LIST)) return this.#startValue(byte);
    if ((state === "first key" || state === "key") && byte === QUOTE) this.#startToken("in key", true);
    else if (state === "colon" && byte === COLON) this.#state = "value";
    else if (state === "comma" && byte === COMMA) this.#state = Array.isArray(this.#frames.at(-1)?.container) ? "value" : "key";
    else if ((state === "comma" || state === "first item") && byte === CLOSE_LIST) this.#close(true);
    else if ((state === "comma" || state === "first key") && byte === CLOSE_MAP) this.#close(false);
    else throw new SyntaxError("unexpected character");
    return 1;
  }

  #startValue(byte: number): number {
    const wanted = this.#wantedNow();
    if (byte === QUOTE) {
      this.#startToken("in text", wanted !== undefined);
      return 1;
    }
    if (byte === OPEN_LIST || byte === OPEN_MAP) {
      this.#open(byte === OPEN_LIST, wanted);
      return 1;
    }
    if (!startsScalar(byte)) throw new SyntaxError("unexpected character");
    this.#startToken("in scalar", wanted !== undefined);
    return 0;
  }

  #wantedNow(): Wanted | undefined {
    const frame = this.#frames.at(-1);
    if (!frame) return this.#wanted;
    const { keys, each } = frame.wanted;
    return keys.size === 0 ? each : (keys.get(Array.isArray(frame.container) ? String(frame.items) : frame.key) ?? each);
  }

  #startToken(state: "in key" | "in text" | "in scalar", isWanted: boolean): void {
    this.#state = state;
    this.#isTokenWanted = isWanted;
    this.#token = [];
  }

  #open(isList: boolean, wanted: Wanted | undefined): void {
    this.#limitNesting();
    if (wanted) {
      const container = isList ? [] : (Object.create(null) as Record<string, unknown>);
      this.#store(container);
      // A list is read even if no item is wanted, because its length may be.
      if (isList || wanted.each || wanted.keys.size > 0) {
        this.#frames.push({ container, wanted, key: "", items: 0 });
        this.#state = isList ? "first item" : "first key";
        return;
      }
    }
    this.#skipped.push(isList ? CLOSE_LIST : CLOSE_MAP);
    this.#state = "skipping";
  }

  #limitNesting(): void {
    if (this.#frames.length + this.#skipped.length >= NESTING_LIMIT)
      throw new JsonLimitError(`JSON with more than ${NESTING_LIMIT} levels of nesting`);
  }

  #close(isList: boolean): void {
    const { container, items } = this.#frames.at(-1) as Frame;
    if (Array.isArray(container) !== isList) throw new SyntaxError("unexpected character");
    if (Array.isArray(container)) container.length = items;
    this.#frames.pop();
    this.#endValue();
  }

  #store(value: unknown): void {
    this.#values += 1;
    if (this.#values > VALUES_LIMIT) throw new JsonLimitError(`JSON with more than ${VALUES_LIMIT} values of the configured fields`);
    const frame = this.#frames.at(-1);
    if (!frame) this.#root = value;
    else if (Array.isArray(frame.container)) frame.container[frame.items] = value;
    else frame.container[frame.key] = value;
  }

  #endValue(): void {
    const frame = this.#frames.at(-1);
    if (frame) frame.items += 1;
    this.#state = frame ? "comma" : "end";
  }

  /** Reads a text up to its closing quote. @returns the position after what was read */
  #text(chunk: Uint8Array, start: number): number {
    let isEscaped = this.#isEscaped;
    for (let at = start; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) {
        this.#isEscaped = false;
        this.#endText(chunk, start, at);
        return at + 1;
      }
    }
    this.#isEscaped = isEscaped;
    this.#keep(chunk, start);
    return chunk.length;
  }

  #endText(chunk: Uint8Array, start: number, end: number): void {
    const text = this.#isTokenWanted ? (JSON.parse(`"${this.#tokenText(chunk, start, end)}"`) as string) : "";
    if (this.#state === "in key") {
      (this.#frames.at(-1) as Frame).key = text;
      this.#state = "colon";
      return;
    }
    if (this.#isTokenWanted) this.#store(text);
    this.#endValue();
  }

  /** Reads a number, `true`, `false` or `null` up to the byte after it. @returns the position of that byte */
  #scalar(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      if (!endsScalar(chunk[at] as number)) continue;
      this.#endScalar(chunk, start, at);
      return at;
    }
    this.#keep(chunk, start);
    return chunk.length;
  }

  #endScalar(chunk: Uint8Array, start: number, end: number): void {
    if (this.#isTokenWanted) this.#store(JSON.parse(this.#tokenText(chunk, start, end)));
    this.#endValue();
  }

  #keep(chunk: Uint8Array, start: number): void {
    if (this.#isTokenWanted) this.#token.push(chunk.slice(start));
  }

  #tokenText(chunk: Uint8Array, start: number, end: number): string {
    const last = chunk.subarray(start, end);
    return this.#decoder.decode(this.#token.length === 0 ? last : Buffer.concat([...this.#token, last]));
  }

  /** Passes over what is not wanted. @returns the position after it */
  #skip(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (this.#isInSkippedText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isInSkippedText = false;
      } else if (byte === QUOTE) this.#isInSkippedText = true;
      else if (byte === OPEN_LIST || byte === OPEN_MAP) {
        this.#limitNesting();
        this.#skipped.push(byte === OPEN_LIST ? CLOSE_LIST : CLOSE_MAP);
      } else if (byte === CLOSE_LIST || byte === CLOSE_MAP) {
        if (this.#skipped.pop() !== byte) throw new SyntaxError("unexpected character");
        if (this.#skipped.length > 0) continue;
        this.#endValue();
        return at + 1;
      }
    }
    return chunk.length;
  }
}
