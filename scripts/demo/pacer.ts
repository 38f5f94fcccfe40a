import { setTimeout as sleep } from "node:timers/promises";
import type { MemoryWorkload } from "../../examples/memory-workload/workload.ts";

/** Milliseconds between steps of the workload. */
const PACE_MS = 1_000;

/** Runs a step of the workload every second, one at a time; can be paused, and lets others use the memory between steps. */
export class Pacer implements AsyncDisposable {
  readonly #workload: MemoryWorkload;
  readonly #ending = new AbortController();
  readonly #loop: Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #isPaused = false;

  constructor(workload: MemoryWorkload, failed: (error: unknown) => void) {
    this.#workload = workload;
    this.#loop = this.#run().catch(failed);
  }

  /** Resolves when the current step has ended; none starts until `resume`. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.#last;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Uses the memory after the current step. */
  use(work: (workload: MemoryWorkload) => Promise<void>): Promise<void> {
    const done = this.#last.then(() => work(this.#workload));
    this.#last = done.catch(() => {});
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#loop;
    await this.#workload[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      if (!this.#isPaused) await this.use((workload) => workload.step());
      await sleep(PACE_MS, undefined, { signal }).catch(() => {});
    }
  }
}
