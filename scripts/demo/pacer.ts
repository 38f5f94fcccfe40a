import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between steps of the workload. */
const PACE_MS = 1_000;

/** What uses a memory, a step at a time. */
interface Workload extends AsyncDisposable {
  step(): Promise<void>;
}

/** Runs a step of the workload every second, one at a time; can be paused, and lets others use the memory between steps. */
export class Pacer<W extends Workload> implements AsyncDisposable {
  readonly #workload: W;
  readonly #ending = new AbortController();
  readonly #loop: Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #isPaused = false;

  constructor(workload: W, failed: (error: unknown) => void) {
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
  use(work: (workload: W) => Promise<void>): Promise<void> {
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
