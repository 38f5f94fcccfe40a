import { createParser } from "eventsource-parser";
import { duration } from "../base/quantity.ts";
import { detailOf } from "./api.ts";
import { after, sleep, type Cancel } from "./timer.ts";

/** State of the connection, as the notice shows it. */
export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly why: string; readonly untilMs: number }
  | { readonly kind: "signed-out" }
  | { readonly kind: "closed" };

export interface StreamEvents {
  /** An event with parsed data. */
  event(type: string, data: unknown): void;
  connection(connection: Connection): void;
}

/** Heartbeats arrive every 15 s; after three missing ones the connection is considered lost. */
const SILENT_MS = 45_000;

const UNAUTHORIZED = 401;

/**
 * The tab's one event stream: resumed by the last id after a loss, a restart or while the tab was hidden. Read with `fetch`, because an
 * `EventSource` does not distinguish a 401, a 503 and an unreachable collector, and stops after each of them.
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

  /** Follows the stream until it is closed. Events missed since the last one arrive first. */
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
    const received = (): void => {
      watch();
      watch = after(SILENT_MS, () => {
        end = { kind: "silent" };
        ended.abort();
      });
    };
    try {
      received();
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
        // Closed meanwhile: the next connection replays the rest.
        if (done || signal.aborted) break;
        received();
        parser.feed(value);
      }
    } catch {
      // `end` already says how the connection ended.
    } finally {
      watch();
    }
    return { end, wasOpen };
  }

  #address(): string {
    return this.#lastId === "" ? this.#path : `${this.#path}&last_event_id=${encodeURIComponent(this.#lastId)}`;
  }
}

/** How a connection ended. */
export type End =
  | { readonly kind: "bye"; readonly retryMs: number }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string; readonly retryAfterSeconds: number | undefined }
  | { readonly kind: "lost" }
  | { readonly kind: "silent" };

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * Time until the next attempt: what the collector requests, otherwise longer after each failure. Randomised, so that many tabs do not
 * reconnect at the same time.
 *
 * @param attempt failed attempts since the last success
 * @param random in `[0, 1)`
 */
export function waitMs(end: End, attempt: number, random: number): number {
  if (end.kind === "bye") return end.retryMs;
  const requested = end.kind === "refused" ? end.retryAfterSeconds : undefined;
  if (requested !== undefined) return Math.min(requested * 1_000, 60_000) + random * 1_000;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (0.5 + random / 2);
}

/** Why a connection ended, for the notice. */
export function whyOf(end: End): string {
  if (end.kind === "bye") return "The collector is stopping";
  if (end.kind === "refused") return `The collector returned ${end.status}: ${end.detail}`;
  return end.kind === "silent" ? `No data received for ${duration(SILENT_MS)}` : "The collector is unreachable";
}
