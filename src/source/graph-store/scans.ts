import { Scan, type ScanJob, type ScanResult } from "./scan.ts";

/** The scans of one source: for each sample type at most once every interval, and never two at a time. */
export class Scans implements AsyncDisposable {
  readonly #intervalMs: number;
  readonly #monotonicMs: () => number;
  readonly #start: (job: ScanJob) => Pick<Scan, "result" | "stop">;
  /** By sample type, when the newest scan started. */
  readonly #startedMs = new Map<string, number>();
  /** By sample type, the result that no sample has carried yet. */
  readonly #results = new Map<string, ScanResult>();
  #turn: Promise<unknown> = Promise.resolve();
  #running: Pick<Scan, "result" | "stop"> | undefined;
  #isDisposed = false;

  /** @param start replaces the thread in tests */
  constructor(
    intervalMs: number,
    monotonicMs: () => number,
    start: (job: ScanJob) => Pick<Scan, "result" | "stop"> = (job) => new Scan(job),
  ) {
    this.#intervalMs = intervalMs;
    this.#monotonicMs = monotonicMs;
    this.#start = start;
  }

  /** Whether a scan of a type is due. */
  isDue(type: string): boolean {
    const startedMs = this.#startedMs.get(type);
    return startedMs === undefined || this.#monotonicMs() - startedMs >= this.#intervalMs;
  }

  /** Starts a scan, after those in progress. Its result is taken with `take`. */
  start(type: string, job: ScanJob): Promise<void> {
    this.#startedMs.set(type, this.#monotonicMs());
    const turn = this.#turn.then(() => this.#run(type, job));
    this.#turn = turn;
    return turn;
  }

  async #run(type: string, job: ScanJob): Promise<void> {
    if (this.#isDisposed) return;
    this.#running = this.#start(job);
    this.#results.set(type, await this.#running.result);
    this.#running = undefined;
  }

  /** The result of the newest scan of a type, once. */
  take(type: string): ScanResult | undefined {
    const result = this.#results.get(type);
    this.#results.delete(type);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#running?.stop();
  }
}
