/** The independent receiver of one collector's events: it stays connected, resumes by the last id, and keeps accounts. */
import { setTimeout as sleep } from "node:timers/promises";
import { readEvents, type StreamEvent } from "../event-reader.ts";
import { TickLedger, type ReceivedSample } from "../tick-ledger.ts";

const RECONNECT_MS = 250;

export class Receiver {
  readonly ledgers: ReadonlyMap<string, TickLedger>;
  readonly #signal: AbortSignal;
  readonly #url: string;
  readonly #journals = new Set<string>();
  #lastId = "";
  #lastNumber = 0;
  #isConnected = false;
  #boots = new Set<string>();
  events = 0;
  /** Events whose number is not above that of the event before. */
  disordered = 0;
  connections = 0;
  resets = 0;
  /** Events that the collector says were lost at most, in how many holes. */
  holes = 0;
  /** Samples that were left out for this client. */
  skipped = 0;

  /** @param intervals in milliseconds, by collection */
  constructor(url: string, intervals: ReadonlyMap<string, number>, signal: AbortSignal) {
    this.#url = url;
    this.#signal = signal;
    this.ledgers = new Map([...intervals].map(([name, intervalMs]) => [name, new TickLedger(intervalMs)]));
    void this.#run();
  }

  get journals(): number {
    return this.#journals.size;
  }

  get boots(): number {
    return this.#boots.size;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** A process has started. */
  started(wallMs: number): void {
    for (const ledger of this.ledgers.values()) ledger.started(wallMs);
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      await readEvents(`${this.#url}/api/v1/events`, this.#lastId, (event) => this.#take(event), this.#signal);
      this.#isConnected = false;
      await sleep(RECONNECT_MS);
    }
  }

  #take({ data, id, type }: StreamEvent): void {
    if (type === "hello") {
      this.#isConnected = true;
      this.connections += 1;
      this.#boots.add((JSON.parse(data) as { readonly bootId: string }).bootId);
    } else if (type === "reset") this.resets += 1;
    else if (type === "lost") this.holes += 1;
    else if (type === "heartbeat") this.skipped = Math.max(this.skipped, (JSON.parse(data) as { readonly dropped?: number }).dropped ?? 0);
    else if (type === "sample" || type === "transition" || type === "alert") this.#event(type, id, data);
    if (id !== "") this.#lastId = id;
  }

  #event(type: string, id: string, data: string): void {
    this.events += 1;
    const dash = id.lastIndexOf("-");
    const number = Number(id.slice(dash + 1));
    this.#journals.add(id.slice(0, dash));
    if (number <= this.#lastNumber) this.disordered += 1;
    this.#lastNumber = number;
    if (type !== "sample") return;
    const sample = JSON.parse(data) as ReceivedSample;
    this.ledgers.get(sample.collection)?.add(sample);
  }
}
