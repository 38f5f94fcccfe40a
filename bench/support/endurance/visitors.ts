/** Clients that come and go: event streams of different lengths, one that does not read, and scrapes. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { readEvents } from "../event-reader.ts";

const SCRAPE_MS = 5_000;

export class Visitors {
  readonly #url: string;
  readonly #over: AbortSignal;
  /** Aborted to send all clients away. */
  #present = new AbortController();
  #isOpen = true;
  scrapes = 0;
  streams = 0;
  failedScrapes = 0;

  constructor(url: string, over: AbortSignal) {
    this.#url = url;
    this.#over = over;
    void this.#scrape();
    void this.#stream();
    void this.#stall();
  }

  /** All clients leave, and none comes until `open`. */
  close(): void {
    this.#isOpen = false;
    this.#present.abort();
  }

  open(): void {
    this.#present = new AbortController();
    this.#isOpen = true;
  }

  async #scrape(): Promise<void> {
    for (; !this.#over.aborted; await sleep(SCRAPE_MS)) {
      if (!this.#isOpen) continue;
      try {
        const response = await fetch(`${this.#url}/metrics`, {
          headers: { connection: "close" },
          signal: AbortSignal.any([this.#over, AbortSignal.timeout(5_000)]),
        });
        if (!response.ok || !(await response.text()).includes("vitals_collection_ticks")) throw new Error(`status ${response.status}`);
        this.scrapes += 1;
      } catch {
        if (!this.#over.aborted) this.failedScrapes += 1;
      }
    }
  }

  /** Every three seconds a client that stays for up to twenty. */
  async #stream(): Promise<void> {
    for (; !this.#over.aborted; await sleep(3_000)) {
      if (!this.#isOpen) continue;
      this.streams += 1;
      const signal = AbortSignal.any([this.#over, this.#present.signal, AbortSignal.timeout(Math.round(500 + Math.random() * 20_000))]);
      void readEvents(`${this.#url}/api/v1/events`, "", () => {}, signal);
    }
  }

  /** Every minute a client that requests the stream and reads nothing of it. */
  async #stall(): Promise<void> {
    for (; !this.#over.aborted; await sleep(60_000)) {
      if (!this.#isOpen) continue;
      const { host, hostname, port } = new URL(this.#url);
      const socket = connect(Number(port), hostname, () => socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`));
      socket.pause().on("error", () => {});
      for (const signal of [this.#over, this.#present.signal]) signal.addEventListener("abort", () => socket.destroy(), { once: true });
    }
  }
}
