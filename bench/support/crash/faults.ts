import { setTimeout as sleep } from "node:timers/promises";
import type { World } from "./world.ts";

/** A notification that has not arrived after this long is lost. */
const PATIENCE_MS = 45_000;
const ALERT = "Deep";

/**
 * Fills and empties the queue at random, and refuses notifications at random. After each change it waits for the notification, over as
 * many processes as it takes.
 */
export class Faults {
  readonly #world: World;
  #isOver = false;
  changes = 0;
  /** Changes of which no notification came. */
  lost = 0;
  /** From a change to its notification, in milliseconds. */
  readonly latencies: number[] = [];
  readonly ended: Promise<void>;

  constructor(world: World) {
    this.#world = world;
    this.ended = this.#run();
  }

  /** Ends after the next change that leaves the queue empty; `ended` then resolves. */
  stop(): void {
    this.#isOver = true;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      for (const isFull of [true, false]) {
        await sleep(Math.random() * 3_000);
        await this.#change(isFull);
      }
    }
  }

  async #change(isFull: boolean): Promise<void> {
    const world = this.#world;
    const refuses = Math.random() < 0.3;
    if (refuses) void this.#refuse();
    const atMs = Date.now();
    world.isFull = isFull;
    this.changes += 1;
    const status = isFull ? "firing" : "resolved";
    const found = await world.notified(atMs, (posted) => posted.status === status && posted.labels["alertname"] === ALERT, PATIENCE_MS);
    if (found) this.latencies.push(found.atMs - atMs);
    else this.lost += 1;
  }

  async #refuse(): Promise<void> {
    this.#world.isHookUp = false;
    await sleep(500 + Math.random() * 3_000);
    this.#world.isHookUp = true;
  }
}
