import { createParser } from "eventsource-parser";
import { detailOf } from "./api.ts";
import { after, sleep, type Cancel } from "./timer.ts";

/** Where the stream stands, for people. */
export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly why: string; readonly untilMs: number }
  | { readonly kind: "signed-out" }
  | { readonly kind: "closed" };

export interface StreamEvents {
  /** An event with its data parsed. */
  event(type: string, data: unknown): void;
  connection(connection: Connection): void;
}

/** Heartbeats come every 15 s: without three of them the connection is dead, whatever the browser thinks. */
const SILENT_MS = 45_000;

const UNAUTHORIZED = 401;

/**
 * The tab's one event stream: resumed by the last id after a loss, a restart or while the tab was hidden. Read with `fetch`, because an
 * `EventSource` does not tell a 401 from a 503 from a collector that is gone, and gives up on all three.
 */
export class Stream {
  readonly #path: string;
  readonly #events: StreamEvents;
  #open: AbortController | undefined;
  #retry = new AbortController();
  #lastId = "";

  /** @param path relative to the page, with the query that filters */
  constructor(path: string, events: StreamEvents) {
    this.#path = path;
    this.#events = events;
  }

  /** Follows the stream until it is closed. What was missed since the last event comes first. */
  open(): void {
    if (this.#open) return;
    this.#open = new AbortController();
    void this.#run(this.#open.signal);
  }

  close(): void {
    this.#open?.abort();
    this.#open = undefined;
    this.#events.connection({ kind: "closed" });
  }

  /** Ends a wait. */
  retryNow(): void {
    this.#retry.abort();
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted;) {
      this.#events.connection({ kind: "connecting" });
      const { end, wasOpen } = await this.#follow(signal);
      if (signal.aborted) return;
      if (end.kind === "refused" && end.status === UNAUTHORIZED) {
        this.#open = undefined;
        return this.#events.connection({ kind: "signed-out" });
      }
      attempt = wasOpen ? 0 : attempt + 1;
      const ms = waitMs(end, attempt, Math.random());
      this.#events.connection({ kind: "waiting", why: whyOf(end), untilMs: performance.now() + ms });
      this.#retry = new AbortController();
      await sleep(ms, AbortSignal.any([signal, this.#retry.signal]));
    }
  }

  async #follow(signal: AbortSignal): Promise<{ readonly end: End; readonly wasOpen: boolean }> {
    const ended = new AbortController();
    let end: End = { kind: "lost" };
    let wasOpen = false;
    let watch: Cancel = () => {};
    const heard = (): void => {
      watch();
      watch = after(SILENT_MS, () => {
        end = { kind: "silent" };
        ended.abort();
      });
    };
    try {
      heard();
      const response = await fetch(this.#address(), {
        signal: AbortSignal.any([signal, ended.signal]),
        headers: { accept: "text/event-stream" },
        cache: "no-store",
      });
      if (!response.ok || !response.body) {
        const seconds = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
        const retryAfterSeconds = Number.isNaN(seconds) ? undefined : seconds;
        end = { kind: "refused", status: response.status, detail: await detailOf(response), retryAfterSeconds };
        return { end, wasOpen };
      }
      wasOpen = true;
      this.#events.connection({ kind: "open" });
      const parser = createParser({
        onEvent: ({ event = "message", data, id }) => {
          if (id !== undefined) this.#lastId = id;
          const parsed: unknown = JSON.parse(data);
          if (event === "bye") end = { kind: "bye", retryMs: (parsed as { retryMs: number }).retryMs };
          this.#events.event(event, parsed);
        },
      });
      const text = response.body.pipeThrough(new TextDecoderStream());
      for (const reader = text.getReader(); ;) {
        const { done, value } = await reader.read();
        // Closed meanwhile: what still comes will come again.
        if (done || signal.aborted) break;
        heard();
        parser.feed(value);
      }
    } catch {
      // However it broke, what counts is that it did: `end` says how.
    } finally {
      watch();
    }
    return { end, wasOpen };
  }

  #address(): string {
    return this.#lastId === "" ? this.#path : `${this.#path}&last_event_id=${encodeURIComponent(this.#lastId)}`;
  }
}

/** How a stream came to its end. */
export type End =
  | { readonly kind: "bye"; readonly retryMs: number }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string; readonly retryAfterSeconds: number | undefined }
  | { readonly kind: "lost" }
  | { readonly kind: "silent" };

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * How long to wait before the next attempt: as long as the collector asks for, else longer each time. Spread, so that the tabs of a
 * whole office do not come back in one moment.
 *
 * @param attempt how many have failed since the last that did not, from 0
 * @param random in `[0, 1)`
 */
export function waitMs(end: End, attempt: number, random: number): number {
  if (end.kind === "bye") return end.retryMs;
  const told = end.kind === "refused" ? end.retryAfterSeconds : undefined;
  if (told !== undefined) return Math.min(told * 1_000, 60_000) + random * 1_000;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + random / 2);
}

/** The end in words. */
export function whyOf(end: End): string {
  if (end.kind === "bye") return "The collector is stopping";
  if (end.kind === "refused") return `The collector answers ${end.status}: ${end.detail}`;
  return end.kind === "silent" ? "Nothing was heard on the connection for 45 s" : "The collector cannot be reached";
}
