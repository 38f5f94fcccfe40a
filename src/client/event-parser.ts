/** What a parser finds in an event stream. */
export interface ParserEvents {
  /** A dispatched event. Its type is `message` where the stream names none. */
  event(type: string, data: string): void;
  /** The id from which the stream is to be resumed; empty if it cannot be. */
  lastId(id: string): void;
  /** The reconnection time that the server requests, in milliseconds. */
  retry(ms: number): void;
}

/** Maximum length of one event, in characters. A snapshot of a thousand collections is a tenth of it. */
const MAX_LENGTH = 16 * 1024 * 1024;

/**
 * Parses one event stream as WHATWG HTML, "Server-sent events", requires: lines end in CR, LF or both, an event is dispatched at its blank
 * line and not later, and what the stream's end cuts off is dropped.
 */
export class EventParser {
  readonly #found: ParserEvents;
  /** The start of a line whose end has not arrived. */
  #line = "";
  /** The last text ended in CR: an LF that follows belongs to it. */
  #endedInCr = false;
  #data: string[] = [];
  #length = 0;
  #type = "";
  #id: string | undefined;

  constructor(found: ParserEvents) {
    this.#found = found;
  }

  /** Parses the next text, which may end anywhere. @throws RangeError if an event is longer than 16 Mi characters */
  feed(text: string): void {
    if (text === "") return;
    let start = this.#endedInCr && text.startsWith("\n") ? 1 : 0;
    for (const { index, 0: lineEnd } of text.matchAll(/\r\n?|\n/g)) {
      if (index < start) continue;
      this.#endLine(this.#line + text.slice(start, index));
      this.#line = "";
      start = index + lineEnd.length;
    }
    this.#endedInCr = text.endsWith("\r");
    this.#line += text.slice(start);
    this.#checkLength(this.#line.length);
  }

  #endLine(line: string): void {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") {
      this.#data.push(value);
      this.#length += value.length + 1;
      this.#checkLength(0);
    } else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.#found.retry(Number(value));
  }

  #dispatch(): void {
    const [type, data] = [this.#type === "" ? "message" : this.#type, this.#data];
    this.#type = "";
    this.#data = [];
    this.#length = 0;
    // An id is valid from here on, even if the event has no data and is not dispatched.
    if (this.#id !== undefined) this.#found.lastId(this.#id);
    if (data.length > 0) this.#found.event(type, data.join("\n"));
  }

  #checkLength(more: number): void {
    if (this.#length + more > MAX_LENGTH) throw new RangeError(`an event is longer than ${MAX_LENGTH} characters`);
  }
}
