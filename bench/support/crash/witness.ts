/** The independent receiver of a collector that is killed: it notes every event, and what of it the next process still has. */
import { readEvents, type StreamEvent } from "../event-reader.ts";
import { isOfOutage, TickLedger, type ReceivedSample } from "../tick-ledger.ts";

/** Samples as old as this are compared with those of the next process; less than what collections retain. */
const COMPARED_MS = 20_000;

interface Seen {
  readonly atMs: number;
  readonly outcome: string;
}

/** What a kill has cost. */
export interface Loss {
  /** Samples that the receiver has and the next process has not. */
  readonly samples: number;
  /** How long before the kill the oldest of them was taken, in milliseconds. */
  readonly oldestMs: number;
}

export class Witness {
  readonly ledgers: ReadonlyMap<string, TickLedger>;
  readonly #seen: ReadonlyMap<string, Map<string, Seen>>;
  readonly #bodies = new Map<string, string>();
  readonly #journals = new Set<string>();
  #lastId = "";
  #lastNumber = 0;
  events = 0;
  samples = 0;
  /** Ids that were given to two different events. */
  reused = 0;
  /** Events that arrived twice, or after one with a higher number. */
  disordered = 0;
  resets = 0;
  holes = 0;

  constructor(collections: readonly string[], intervalMs: number) {
    this.ledgers = new Map(collections.map((name) => [name, new TickLedger(intervalMs)]));
    this.#seen = new Map(collections.map((name) => [name, new Map()]));
  }

  get journals(): number {
    return this.#journals.size;
  }

  /** Reads the events of one process, behind those of the processes before, until it ends. */
  async follow(url: string, signal: AbortSignal): Promise<void> {
    await readEvents(`${url}/api/v1/events?types=sample,transition,alert`, this.#lastId, (event) => this.#take(event), signal);
  }

  /** A process starts. */
  started(wallMs: number): void {
    for (const ledger of this.ledgers.values()) ledger.started(wallMs);
  }

  /** What of the samples before a kill a later process does not have. */
  async compare(url: string, killedMs: number): Promise<Loss> {
    let [samples, oldestMs] = [0, 0];
    for (const [name, seen] of this.#seen) {
      const from = new Date(killedMs - COMPARED_MS).toISOString();
      const response = await fetch(`${url}/api/v1/collections/${name}/samples?from=${from}`, { headers: { connection: "close" } });
      const { rows } = (await response.json()) as { readonly rows: readonly (readonly [time: string, outcome: string])[] };
      const kept = new Set(rows.map(([time, outcome]) => `${time} ${outcome}`));
      for (const [time, { atMs, outcome }] of seen) {
        if (atMs < killedMs - COMPARED_MS) seen.delete(time);
        if (atMs < killedMs - COMPARED_MS || atMs > killedMs || kept.has(`${time} ${outcome}`)) continue;
        samples += 1;
        oldestMs = Math.max(oldestMs, killedMs - atMs);
        seen.delete(time);
      }
    }
    return { samples, oldestMs };
  }

  #take({ data, id, type }: StreamEvent): void {
    if (type === "reset") this.resets += 1;
    else if (type === "lost") this.holes += 1;
    else if (type === "sample" || type === "transition" || type === "alert") this.#event(type, id, data);
    if (id !== "") this.#lastId = id;
  }

  #event(type: string, id: string, data: string): void {
    this.events += 1;
    const dash = id.lastIndexOf("-");
    const number = Number(id.slice(dash + 1));
    this.#journals.add(id.slice(0, dash));
    if (this.#bodies.has(id) && this.#bodies.get(id) !== data) this.reused += 1;
    this.#bodies.set(id, data);
    if (number <= this.#lastNumber) this.disordered += 1;
    this.#lastNumber = number;
    if (type === "sample") this.#sample(JSON.parse(data) as ReceivedSample);
  }

  #sample(sample: ReceivedSample): void {
    this.samples += 1;
    this.ledgers.get(sample.collection)?.add(sample);
    // A tick of an outage stands for none that was read.
    if (isOfOutage(sample)) return;
    this.#seen.get(sample.collection)?.set(sample.time, { atMs: Date.parse(sample.time), outcome: sample.outcome });
  }
}
