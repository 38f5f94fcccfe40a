import { detailOf, mediaTypeOf, type RequestDefaults } from "./api.ts";
import { EventParser } from "./event-parser.ts";
import { retryAfterSeconds, SILENT_MS, waitMs, whyOf, type End } from "./reconnection.ts";
import { after, sleep, type Cancel } from "./timer.ts";

/** State of the connection, as the notice shows it. */
export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly why: string; readonly untilMs: number }
  /** The server asked not to connect again. */
  | { readonly kind: "stopped"; readonly why: string }
  | { readonly kind: "signed-out" }
  | { readonly kind: "closed" };

export interface StreamEvents {
  /** An event with parsed data. */
  event(type: string, data: unknown): void;
  connection(connection: Connection): void;
}

const OK = 200;
const NO_CONTENT = 204;
const UNAUTHORIZED = 401;

/**
 * One event stream of a collector: resumed by the last id after a loss, a restart or while it was closed. Read with `fetch`, because an
 * `EventSource` does not distinguish a 401, a 503 and an unreachable collector, and stops after each of them.
 */
export class Stream {
  readonly #path: string;
  readonly #events: StreamEvents;
  readonly #request: RequestDefaults;
  #open: AbortController | undefined;
  /** Ends the connection that is open, or the wait for the next one. */
  #current = new AbortController();
  #isWaiting = false;
  #lastId = "";
  #retryMs: number | undefined;

  /**
   * @param path with the query that filters; in a browser relative to the page
   */
  constructor(path: string, events: StreamEvents, request: RequestDefaults = {}) {
    this.#path = path;
    this.#events = events;
    this.#request = request;
  }

  /** Follows the stream until it is closed. Events missed since the last one arrive first. */
  open(): void {
    if (this.#open) return;
    this.#open = new AbortController();
    void this.#run(this.#open.signal);
  }

  close(): void {
    this.#stop();
    this.#events.connection({ kind: "closed" });
  }

  /** Ends a wait, or connects again to a stream that has stopped. */
  retryNow(): void {
    if (!this.#open) this.open();
    else if (this.#isWaiting) this.#current.abort();
  }

  #stop(): void {
    this.#open?.abort();
    this.#current.abort();
    this.#open = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      this.#isWaiting = false;
      this.#events.connection({ kind: "connecting" });
      const { end, hadEvent } = await this.#follow(signal);
      if (signal.aborted) return;
      const last = lastOf(end);
      if (last) {
        this.#stop();
        return this.#events.connection(last);
      }
      failures = hadEvent ? 0 : failures + 1;
      const ms = waitMs(end, failures, Math.random(), this.#retryMs);
      this.#isWaiting = true;
      this.#current = new AbortController();
      this.#events.connection({ kind: "waiting", why: whyOf(end), untilMs: performance.now() + ms });
      await sleep(ms, this.#current.signal);
    }
  }

  async #follow(signal: AbortSignal): Promise<{ readonly end: End; readonly hadEvent: boolean }> {
    const connection = (this.#current = new AbortController());
    let end: End = { kind: "lost" };
    let hadEvent = false;
    let watch: Cancel = () => {};
    const received = (): void => {
      watch();
      watch = after(SILENT_MS, () => {
        end = { kind: "silent" };
        connection.abort();
      });
    };
    try {
      received();
      const response = await fetch(this.#address(), {
        ...this.#request,
        signal: connection.signal,
        headers: { ...this.#request.headers, accept: "text/event-stream" },
        cache: "no-store",
      });
      const refusal = await refusalOf(response);
      if (refusal) return { end: refusal, hadEvent };
      this.#events.connection({ kind: "open" });
      const parser = new EventParser({
        event: (type, data) => {
          const parsed = parse(type, data);
          this.#events.event(type, parsed);
          if (type === "bye") end = { kind: "bye", retryMs: (parsed as { readonly retryMs: number }).retryMs };
          else hadEvent = true;
        },
        lastId: (id) => (this.#lastId = id),
        retry: (ms) => (this.#retryMs = ms),
      });
      if (!response.body) return { end, hadEvent };
      for (const reader = response.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
        const { done, value } = await reader.read();
        // Closed meanwhile: the next connection replays the rest.
        if (done || signal.aborted) break;
        received();
        const invalid = feed(parser, value);
        if (invalid) return { end: invalid, hadEvent };
      }
    } catch {
      // `end` already says how the connection ended.
    } finally {
      watch();
      // What is no longer read must not stay connected.
      connection.abort();
    }
    return { end, hadEvent };
  }

  #address(): string {
    return this.#lastId === "" ? this.#path : `${this.#path}&last_event_id=${encodeURIComponent(this.#lastId)}`;
  }
}

/** The state after which the stream does not reconnect; undefined for every other end. */
function lastOf(end: End): Connection | undefined {
  if (end.kind !== "refused") return undefined;
  if (end.status === UNAUTHORIZED) return { kind: "signed-out" };
  return end.status === NO_CONTENT ? { kind: "stopped", why: "The server ended the stream with status 204" } : undefined;
}

/** Why a response is not an event stream; undefined if it is. */
async function refusalOf(response: Response): Promise<End | undefined> {
  const { status, headers } = response;
  if (status !== OK) {
    return { kind: "refused", status, detail: await detailOf(response), retryAfterSeconds: retryAfterSeconds(headers, Date.now()) };
  }
  const type = mediaTypeOf(response);
  if (type === "text/event-stream") return undefined;
  return { kind: "foreign", why: `Received ${type} instead of an event stream; a proxy may require you to sign in` };
}

function parse(type: string, data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw new SyntaxError(`the data of "${type}" is not JSON`);
  }
}

/** Parses the next text. @returns what is wrong with it */
function feed(parser: EventParser, text: string): End | undefined {
  try {
    parser.feed(text);
    return undefined;
  } catch (error) {
    return { kind: "foreign", why: `The event stream is invalid: ${error instanceof Error ? error.message : String(error)}` };
  }
}
